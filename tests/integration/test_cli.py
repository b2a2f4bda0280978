"""Every command explains itself, and refuses in words with the right exit code."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cloudscale import db, schema
from cloudscale.cli import app
from cloudscale.models import CartLine, Category, Role
from cloudscale.models.base import table_of
from cloudscale.services import audit
from cloudscale.serving import policy_file
from cloudscale.settings import get_settings
from tests import shop

COMMANDS = [
    *("build", "chaos", "createadmin", "dev", "doctor", "migrate", "policy", "release"),
    *("revision", "rollout", "smoke", "seed", "serve", "setrole", "simulate"),
]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run a command in this process, with settings of its own."""

    def run_command(*arguments: str, typed: str = "", **settings: str):
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        get_settings.cache_clear()
        db.get_engine.cache_clear()
        return CliRunner().invoke(app, arguments, input=typed)

    yield run_command
    get_settings.cache_clear()
    db.get_engine.cache_clear()


def test_help_names_every_command(run):
    explained = run("--help")
    assert explained.exit_code == 0
    for command in COMMANDS:
        assert command in explained.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    explained = run(command, "--help")
    assert explained.exit_code == 0
    assert f" {command} " in explained.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        *((), ("no-such-command",), ("--no-such-option",)),
        *(("seed", "--products", "many"), ("seed", "--products", "-1"), ("seed", "--products")),
        *(("revision",), ("migrate", "0003"), ("serve", "--port", "80")),
    ],
    ids=" ".join,
)
def test_bad_usage_is_told_from_a_refusal(run, arguments):
    told = run(*arguments)
    assert told.exit_code == 2
    assert told.output


@pytest.mark.parametrize(
    ("command", "settings", "words"),
    [
        ("serve", {"ENVIRONMENT": "production", "SECRET_KEY": ""}, "needs SECRET_KEY"),
        ("serve", {"ENVIRONMENT": "production", "SECRET_KEY": "short"}, "32 characters"),
        ("serve", {"ENVIRONMENT": "production", "SECRET_KEY": "s" * 32}, "needs PUBLIC_URL"),
        ("serve", {"ENVIRONMENT": "staging"}, "ENVIRONMENT: "),
        ("serve", {"PORT": "70000"}, "PORT: "),
        ("migrate", {"DATABASE_URL": "mysql://u:hidden@x"}, "DATABASE_URL: "),
        ("migrate", {"DATABASE_URL": "postgresql://u:hidden@127.0.0.1:9/x"}, "cannot be used"),
        ("migrate", {"DATA_DIR": "/dev/null/x"}, "Set DATA_DIR"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(run, command, settings, words):
    refused = run(command, **settings)
    assert refused.exit_code == 1
    assert words in refused.stderr
    assert "hidden" not in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize("bucket", ["", "a", "No Bucket", "s3://shop", "x" * 64])
def test_a_release_is_not_made_for_what_is_no_bucket(run, bucket):
    refused = run("release", "--upload", bucket)
    assert refused.exit_code == 1
    assert "is no bucket's name" in refused.stderr


def test_a_rollout_is_not_begun_where_nobody_could_look_at_the_store(run):
    refused = run("rollout", "--group", "shop-fleet", "--smoke", "ftp://shop.example.com")
    assert refused.exit_code == 1
    assert "is no URL of a store" in refused.stderr


def test_migrate_is_done_on_any_database(run, database):
    done = run("migrate", DATABASE_URL=database.replace("+psycopg", ""))
    assert done.exit_code == 0, done.output
    assert "up to date" in done.stderr


def test_seed_fills_an_empty_store_once(run, database):
    assert "products added" in run("seed").stderr
    assert "none was added" in run("seed").stderr


def test_an_owner_is_made_and_not_twice(run, database):
    command = ("createadmin", "--email", "boss@example.com", "--username", "boss.of.all")
    made = run(*command, typed="a long enough passphrase\n")
    assert made.exit_code == 0, made.output
    again = run(*command, typed="a long enough passphrase\n")
    assert again.exit_code == 1
    assert "email: " in again.stderr


def test_a_weak_password_makes_no_owner(run, database):
    command = ("createadmin", "--email", "boss@example.com", "--username", "boss.of.all")
    refused = run(*command, typed="short\n")
    assert refused.exit_code == 1
    assert "password: " in refused.stderr


@pytest.fixture
def own_migrations(monkeypatch, tmp_path) -> Path:
    """A copy of the migrations, for a command that writes one."""
    copy = shutil.copytree(schema.MIGRATIONS, tmp_path / "migrations")
    monkeypatch.setattr(schema, "MIGRATIONS", copy)
    return copy / "versions"


def test_a_revision_is_written_and_says_what_it_must_see_to(
    run, database, monkeypatch, own_migrations
):
    monkeypatch.setattr(table_of(Category).c.product_count.server_default, "arg", text("1"))
    constraint = next(c for c in table_of(CartLine).constraints if "positive" in str(c.name))
    monkeypatch.setattr(constraint, "sqltext", text("quantity >= 2"))
    written = run("revision", "count from one")
    assert written.exit_code == 0, written.output
    assert written.stdout == ""
    assert "must see to the following" in written.stderr
    assert "constraint cart_line.ck_cart_line_quantity_positive is" in written.stderr
    newest = sorted(own_migrations.glob("0*.py"))[-1]
    assert newest.name.endswith("_count_from_one.py")
    assert "server_default=sa.text('1')" in newest.read_text()


def test_a_revision_that_the_models_do_not_need_is_told_so(run, database, own_migrations):
    written = run("revision", "tidy the data")
    assert written.exit_code == 0, written.output
    assert "the models need none" in written.stderr
    assert "must see to" not in written.stderr


def stored(service, *args):
    """What a service answers; each command closes the engine's connections, and so does this."""
    with db.unit_of_work() as session:
        answer = service(session, *args)
    db.get_engine().dispose()
    return answer


def test_a_role_is_given_and_noted_but_the_last_owner_stays(run, database):
    command = ("createadmin", "--email", "boss@example.com", "--username", "boss.of.all")
    run(*command, typed="a long enough passphrase\n")
    clerk = stored(shop.member).require_user()
    given = run("setrole", clerk.email.upper(), "staff")
    assert given.exit_code == 0, given.output
    assert f"{clerk.email} is staff now." in given.stderr
    for wrong, words in (
        ((clerk.email, "king"), "role: Role must be one of member, ops, staff, owner."),
        (("nobody@example.com", "staff"), "could not find that account"),
        (("no e-mail", "staff"), "email: "),
        (("boss@example.com", "member"), "last owner"),
    ):
        refused = run("setrole", *wrong)
        assert (refused.exit_code, words in refused.stderr) == (1, True), refused.stderr
    set_, made = stored(audit.page, stored(shop.member, Role.STAFF), "user")
    assert (set_.action, set_.via, set_.after) == ("role_set", "command line", {"role": "staff"})
    assert (made.action, made.via, made.after["role"]) == ("account_made", "command line", "owner")


def test_the_policy_is_shown_as_a_table_and_as_the_document_that_terraform_reads(run):
    shown = run("policy")
    assert shown.exit_code == 0
    assert "out at 70 %, in below 30 %" in shown.stdout
    assert "when cpu_percent < 30 and active_users < 4 for 10 of 10 x 60 s" in shown.stdout
    printed = run("policy", "--json")
    assert (printed.exit_code, printed.stdout) == (0, policy_file.FILE.read_text())


def test_another_policy_is_shown_and_written_as_terraforms_variables(run, tmp_path):
    assert "sizes for the offered load at 70 %" in run("policy", "foresight").stdout
    file = tmp_path / "scaling.auto.tfvars.json"
    written = run("policy", "foresight", "--variables", str(file))
    assert (written.exit_code, written.stdout) == (0, "")
    policy = json.loads(json.loads(file.read_text())["scaling_policy"])
    assert (policy["name"], policy["bounds"]["min_instances"]) == ("foresight", 5)
    mine = tmp_path / "mine.json"
    mine.write_text(run("policy", "thrift", "--json").stdout.replace("thrift", "mine"))
    assert run("policy", str(mine), "--variables", str(file)).exit_code == 0
    assert '\\"name\\": \\"mine\\"' in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no-such",), "no-such: cannot be read"),
        (("foresight", "--write"), "leave the name out"),
        (("foresight", "--check"), "leave the name out"),
        (("--variables", "/proc/no/such"), "/proc/no/such cannot be written"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_what_cannot_be_done_with_a_policy_is_refused(run, arguments, words):
    told = run("policy", *arguments)
    assert told.exit_code == 1
    assert words in told.stderr


def test_a_current_policy_file_passes_and_a_stale_one_is_refused(run, monkeypatch, tmp_path):
    assert run("policy", "--check").exit_code == 0
    file = tmp_path / "terraform" / "policy.json"
    monkeypatch.setattr(policy_file, "FILE", file)
    stale = run("policy", "--check")
    assert stale.exit_code == 1
    assert "Run: python -m cloudscale policy --write" in stale.stderr
    assert run("policy", "--write", "--check").exit_code == 0
    assert "Nothing to change" in run("policy", "--write").stderr
