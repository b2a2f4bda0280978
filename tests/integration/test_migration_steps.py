"""Each migration goes forth and back on a shop that is in use, and leaves what the others made."""

import re
import subprocess

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from cloudscale import schema
from cloudscale.data.seed import seed_demo
from cloudscale.db import get_engine, unit_of_work
from cloudscale.embedded_postgres import binaries
from cloudscale.models import (
    AccessToken,
    AuditEntry,
    LoadRun,
    OpsEvent,
    ServerProcess,
    SignInFailure,
    SlowTrace,
    TelemetryInbox,
    TelemetrySample,
)
from cloudscale.services import cart, virtual
from tests import shop

NEWEST_FIRST = [
    script.revision for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()
]


@pytest.fixture
def used_shop(database: str) -> str:
    """A database with the demo catalogue, an order, a cart, and rows of what else there is."""
    with unit_of_work() as session:
        seed_demo(session)
        shop.crowd(session, 1, [2])[0].place_order(session, "a key")
        guest, member = shop.guest(session), shop.member(session)
        cart.add(session, guest, 1, 1)
        shop.address(session, member)
        digest, user = b"x" * 32, member.require_user().id
        session.add(AccessToken(user_id=user, name="t", token_hash=digest, hint="x", scopes=[]))
        session.add(SignInFailure(subject="ip:x"))
        session.add(ServerProcess(id="p", instance="i", host="h", zone="z", version="v", pid=1))
        session.add(TelemetryInbox(instance="i", document={}))
        session.add(TelemetrySample(series="fleet", step_seconds=1, document={}))
        told = {"kind": "system", "tone": "good", "source": "measured", "title": "started"}
        session.add(OpsEvent(key="k", details={}, **told))
        session.add(LoadRun(shoppers=1, seconds=60, started_by="ada", figures={}))
        virtual.make(session, members=1, guests=0)
        session.add(SlowTrace(id="t", kind="api", name="n", seconds=1, instance="i", document={}))
        about = {"actor": "ada", "via": "session", "action": "ship", "subject_kind": "order"}
        session.add(AuditEntry(**about, subject_id=1, before={}, after={}))
    return database.replace("+psycopg", "")


def go(direction, revision: str) -> None:
    with get_engine().begin() as connection:
        direction(schema._config(connection), revision)


def count(table: str) -> int:
    with get_engine().connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def described(url: str) -> str:
    """The whole schema, functions too, as PostgreSQL would write it down."""
    dump = [binaries() / "pg_dump", "--schema-only", "--schema=public", url]
    said = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
    return re.sub(r"(?m)^\\(un)?restrict .*$", "", said)  # these have a random key


def test_every_step_goes_back_and_forth_and_the_way_down_and_up_again_too(used_shop: str):
    at_head = described(used_shop)
    products = count("product")
    for revision in NEWEST_FIRST:
        before = described(used_shop)
        assert (count("product"), count("customer_order"), count("cart")) == (products, 1, 2)
        go(command.downgrade, "-1")
        go(command.upgrade, "+1")
        assert described(used_shop) == before, f"{revision} does not come back as it was"
        go(command.downgrade, "-1")
    left = re.findall(r"CREATE (?!SCHEMA)(.+?)[( ;]*$", described(used_shop), re.MULTILINE)
    assert left == ["TABLE public.alembic_version"]
    schema.migrate(get_engine())
    assert described(used_shop) == at_head
    assert schema.differences(get_engine()) == []
