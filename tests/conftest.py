"""What every test may ask for: a real PostgreSQL with the real migrations.

`session` is one transaction that is rolled back. `database` is a fresh database of its own, for
tests that commit, use several connections or start other processes.
"""

import os
import secrets
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlmodel import Session

from cloudscale import db, schema
from cloudscale.data.seed import seed_demo
from cloudscale.embedded_postgres import EmbeddedPostgres
from cloudscale.ops.policy import in_force
from cloudscale.settings import get_settings
from tests import ending, marks

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Before anything reads the settings: cookies are signed, and a hash costs 1 ms instead of 270.
os.environ.update(SECRET_KEY=secrets.token_urlsafe(48), BCRYPT_ROUNDS="4", **ending.STACKS)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # What a script starts with `&` ignores Ctrl-C, and whatever that starts would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

TEMPLATE = "store_template"


def _run_sql(url: str, statement: str) -> None:
    engine = create_engine(db.sqlalchemy_url(url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _named(url: str, database: str) -> str:
    renamed = make_url(url).set(database=database)
    return renamed.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the test run."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-test-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", is_durable=False)
        url = server.start()
        yield url
        server.stop()


@pytest.fixture(scope="session")
def template_url(postgres_url: str) -> str:
    """A database with the real migrations applied, to be copied."""
    _run_sql(postgres_url, f"CREATE DATABASE {TEMPLATE}")
    url = _named(postgres_url, TEMPLATE)
    engine = create_engine(db.sqlalchemy_url(url))
    schema.migrate(engine)
    engine.dispose()
    return url


@pytest.fixture(scope="session")
def demo_template(postgres_url: str, template_url: str) -> str:
    """The name of a database with the demo catalogue, to be copied: quicker than to sow again."""
    _run_sql(postgres_url, f"CREATE DATABASE store_demo TEMPLATE {TEMPLATE}")
    engine = create_engine(db.sqlalchemy_url(_named(postgres_url, "store_demo")))
    with Session(engine) as session:
        seed_demo(session)
        session.commit()
    engine.dispose()
    return "store_demo"


@pytest.fixture(scope="session")
def shared_engine(postgres_url: str, template_url: str) -> Iterator[Engine]:
    """One database for all the tests that roll back."""
    _run_sql(postgres_url, f"CREATE DATABASE store_shared TEMPLATE {TEMPLATE}")
    engine = create_engine(db.sqlalchemy_url(_named(postgres_url, "store_shared")))
    yield engine
    engine.dispose()


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A session in a transaction that is rolled back after the test."""
    with shared_engine.connect() as connection:
        transaction = connection.begin()
        with Session(
            bind=connection,
            join_transaction_mode="create_savepoint",
            expire_on_commit=False,
        ) as opened:
            yield opened
        transaction.rollback()


@pytest.fixture(autouse=True)
def declared_policy() -> Iterator[None]:
    """Each test starts under the shop's own scaling policy."""
    in_force.hold(in_force.DECLARED)
    yield


@pytest.fixture(autouse=True)
def forgotten_marks() -> Iterator[None]:
    """Each test's databases have visits of their own."""
    yield
    marks.forget()


def close_connections(timeout_seconds: float = 20) -> None:
    """Close this process's connections, once the threads that were given up on are done too."""
    engine, deadline = db.get_engine(), time.monotonic() + timeout_seconds
    while engine.pool.checkedout() and time.monotonic() < deadline:
        time.sleep(0.01)
    engine.dispose()


@contextmanager
def fresh_database(postgres_url: str, template: str = TEMPLATE) -> Iterator[str]:
    """A migrated database of its own, which this process uses meanwhile."""
    name = f"store_{secrets.token_hex(6)}"
    _run_sql(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = _named(postgres_url, name)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", url.replace("postgresql+psycopg", "postgresql"))
        get_settings.cache_clear()
        db.get_engine.cache_clear()
        yield url
        close_connections()
    db.get_engine.cache_clear()
    get_settings.cache_clear()
    _run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(postgres_url: str, template_url: str) -> Iterator[str]:
    """The URL of a fresh, migrated database; `unit_of_work()` and child processes use it."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
def module_database(postgres_url: str, template_url: str) -> Iterator[str]:
    """Like `database`, shared by a module whose tests bear what the others left."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def set_settings() -> Iterator[Callable[..., None]]:
    """Sets environment variables and has the settings read anew, now and after the test."""
    with pytest.MonkeyPatch.context() as environment:

        def set_(**variables: str) -> None:
            for name, value in variables.items():
                environment.setenv(name, value)
            get_settings.cache_clear()

        yield set_
    get_settings.cache_clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last: Playwright keeps the event loop of the thread once it has it."""
    items.sort(key=lambda item: "e2e" in item.path.parts)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A headless Chromium; here, for Playwright's sync API runs once in a process."""
    from playwright.sync_api import sync_playwright

    from tests.e2e import browser as chromium

    path = chromium.find()
    assert path, "no Chromium: run `python -m tests.e2e.browser`, which installs it"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=chromium.launch_options())
        yield running
        running.close()
