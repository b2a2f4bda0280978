"""A real Redis for what processes share."""

from collections.abc import Iterator

import pytest

from tests.instances.outages import SharedRedis


@pytest.fixture
def shared() -> Iterator[SharedRedis]:
    """A Redis that a test may stop, freeze and start again."""
    redis = SharedRedis()
    yield redis
    redis.end()
