"""DATABASE_URL: what cannot be used is refused in words, without the password, by every command."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from cloudscale import db
from cloudscale.cli import app
from cloudscale.embedded_postgres import EmbeddedPostgres
from cloudscale.serving import preparation
from cloudscale.settings import get_settings

PASSWORD = "hidden"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that asks for passwords, with an owner, a guest and two databases."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-test-") as folder:
        running = EmbeddedPostgres(Path(folder) / "postgres", is_durable=False)
        url = running.start()
        rules = running.folder / "pg_hba.conf"
        rules.write_text(f"local all keeper,guest scram-sha-256\n{rules.read_text()}")
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("SELECT pg_reload_conf()")
            for role, right in (("keeper", "CREATEDB"), ("guest", "")):
                admin.execute(f"CREATE ROLE {role} LOGIN {right} PASSWORD '{PASSWORD}'")
            admin.execute("CREATE DATABASE shop OWNER keeper")
            admin.execute("CREATE DATABASE plain")
        yield url
        running.stop()


def address(server: str, user: str = "keeper", password: str = PASSWORD, database: str = "shop"):
    url = make_url(server).set(username=user, password=password, database=database)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command on a database; port and front end are not what it is about."""

    def run_command(url: str, command: str):
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
        monkeypatch.setenv("DATABASE_URL", url)
        get_settings.cache_clear()
        db.get_engine.cache_clear()
        return CliRunner().invoke(app, [command])

    yield run_command
    db.get_engine.cache_clear()
    get_settings.cache_clear()


def assert_refused(ran, words: str) -> None:
    assert ran.exit_code == 1, ran.output
    assert words in ran.stderr
    assert PASSWORD not in ran.output
    assert "Traceback" not in ran.output
    assert isinstance(ran.exception, SystemExit)
    assert ran.stdout == ""


COMMANDS = ("migrate", "seed", "doctor")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:hidden@localhost/x", "DATABASE_URL: "),
        ("sqlite:///hidden.db", "DATABASE_URL: "),
        ("u:hidden@localhost", "DATABASE_URL: "),
        ("postgresql://u:hidden@localhost:port/x", "DATABASE_URL: "),
        ("postgresql://u:hidden@127.0.0.1:9/x", "onnection refused"),
        ("postgresql://u:hidden@no-such-host.invalid/x", "no-such-host.invalid"),
    ],
)
def test_a_url_that_leads_nowhere(run, command, url, words):
    assert_refused(run(url, command), words)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password": "hidden too"}, "password authentication failed"),
        ({"user": "nobody_here"}, 'role "nobody_here" does not exist'),
        ({"database": "elsewhere"}, 'database "elsewhere" does not exist'),
    ],
)
def test_a_server_that_lets_nobody_in(run, server, command, given, words):
    assert_refused(run(address(server, **given), command), words)


def test_an_older_postgresql(run, server, monkeypatch):
    monkeypatch.setattr(preparation, "OLDEST_POSTGRESQL", 99)
    for command in COMMANDS:
        assert_refused(run(address(server), command), "is too old: 99 or newer is needed")


def test_a_user_who_may_add_no_extension(run, server):
    with psycopg.connect(address(server, "postgres", database="plain")) as admin:
        admin.execute("GRANT CREATE ON SCHEMA public TO guest")
    assert_refused(run(address(server, "guest", database="plain"), "migrate"), "CREATE EXTENSION")


def test_a_user_who_may_make_no_table(run, server):
    with psycopg.connect(address(server, "postgres", database="plain")) as admin:
        admin.execute("REVOKE CREATE ON SCHEMA public FROM guest")
    refused = run(address(server, "guest", database="plain"), "migrate")
    assert_refused(refused, "permission denied for schema public")


def test_a_user_who_may_not_read_the_tables_of_another(run, server):
    migrated = run(address(server), "migrate")
    assert migrated.exit_code == 0, migrated.output
    assert_refused(run(address(server, "guest"), "seed"), "permission denied")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_database_that_is_read_only(run, server, command):
    assert run(address(server), "migrate").exit_code == 0
    with psycopg.connect(address(server, "postgres"), autocommit=True) as admin:
        admin.execute("ALTER DATABASE shop SET default_transaction_read_only = on")
    refused = run(address(server), command)
    with psycopg.connect(address(server, "postgres", database="plain"), autocommit=True) as admin:
        admin.execute("ALTER DATABASE shop RESET default_transaction_read_only")
    assert_refused(refused, "read-only")
