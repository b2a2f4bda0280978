"""Two instances of the shop, started, replaced and ended: for tests and benches."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cloudscale.embedded_postgres import EmbeddedPostgres
from cloudscale.settings import ROOT
from tests import external_store
from tests.e2e.store_process import StoreProcess, free_port
from tests.instances.balancer import NOTICED_SECONDS, Balancer
from tests.instances.outages import AS_ON_AWS, SharedRedis

SECRET = "a secret that both of them share in this test, and nobody else"
DRAIN_SECONDS = NOTICED_SECONDS + 1


@dataclass
class Pair:
    """What shoppers see as one shop."""

    url: str
    instances: list[StoreProcess]
    settings: dict[str, str]
    spare_ports: list[int]
    redis: SharedRedis
    postgres: EmbeddedPostgres

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


@contextmanager
def closing_redis() -> Iterator[SharedRedis]:
    """A Redis as AWS has it, that is gone after the block, whatever a test did with it."""
    redis = SharedRedis(**AS_ON_AWS)
    try:
        yield redis
    finally:
        redis.end()


@contextmanager
def in_service(folder: Path, **more: str) -> Iterator[Pair]:
    """Two instances that serve while the block runs, with further settings."""
    balancer = Balancer(folder)
    with external_store.database() as (postgres, url), closing_redis() as redis:
        settings = {
            "DATABASE_URL": url,
            "REDIS_URL": redis.url,
            "SECRET_KEY": SECRET,
            "PUBLIC_URL": balancer.url,
            "TRUSTED_PROXY_HOPS": "1",
            "DRAIN_SECONDS": str(DRAIN_SECONDS),
            "API_CALLS_PER_MINUTE": "0",  # all shoppers come from one address
            **more,
        }
        spare = [free_port(), free_port()]
        made = Pair(balancer.url, [], settings, spare, redis, postgres)
        try:
            made.instances += [StoreProcess(**settings) for _ in range(2)]
            with ThreadPoolExecutor() as pool:
                list(pool.map(StoreProcess.start, made.instances))
            ports = [one.port for one in made.instances]
            with balancer.before([*ports, *spare]):
                yield made
        finally:
            for one in made.instances:
                one.stop()
