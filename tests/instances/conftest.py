"""Two instances of the shop behind a load balancer, on one PostgreSQL and one Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import (
    allowed_errors,
    built,
    new_page,
    pytest_runtest_makereport,
)
from tests.instances.pair import Pair, in_service

__all__ = [
    "allowed_errors",
    "built",
    "new_page",
    "pytest_runtest_makereport",
]


@pytest.fixture
def pair(built: None, tmp_path: Path) -> Iterator[Pair]:
    """Two instances, both in service."""
    with in_service(tmp_path) as made:
        yield made
