"""Virtual shoppers against a real server and a real PostgreSQL: bounded, one run a shop, ended."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import text

from cloudscale.data.seed import seed_demo
from cloudscale.db import unit_of_work
from cloudscale.models import Role
from cloudscale.ops.telemetry.window import Window
from cloudscale.services import access_tokens
from tests import shop
from tests.buyers import Job, outcomes
from tests.e2e.store_process import wait_until
from tests.integration.api.test_live_server import Server
from tests.virtual_shoppers import is_gone, shoppers_of

LAB = "/api/load-lab"
PATIENCE = 60


class Operator:
    """Somebody with a role, who asks one server process."""

    def __init__(self, server: Server, role: Role = Role.OPS) -> None:
        with unit_of_work() as session:
            member = shop.member(session, role)
            scopes = ["read", "staff"] if role is not Role.MEMBER else ["read"]
            token, _ = access_tokens.create(session, member, "lab", scopes)
            self.name = member.require_user().username
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{server.port}",
            headers={"authorization": f"Bearer {token}"},
            timeout=PATIENCE,
            trust_env=False,
        )

    def start(self, shoppers: Any = 5, minutes: Any = 3) -> httpx.Response:
        return self._client.post(LAB, json={"shoppers": shoppers, "minutes": minutes})

    def stop(self) -> httpx.Response:
        return self._client.delete(LAB)

    def get(self, path: str) -> Any:
        return self._client.get(path).json()

    @property
    def run(self) -> dict[str, Any]:
        return self.get(LAB)["run"]

    def wait(self, condition: Callable[[dict[str, Any]], object], what: str) -> dict[str, Any]:
        """The run, once a condition holds of it."""
        return wait_until(lambda: (run := self.run) and condition(run) and run, what, PATIENCE)

    def events(self) -> list[dict[str, Any]]:
        return self.get("/api/events?q=load+lab")

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def operator() -> Iterator[Callable[..., Operator]]:
    """Makes operators: `operator(server, Role.OWNER)`."""
    made: list[Operator] = []

    def make(*args: Any) -> Operator:
        made.append(Operator(*args))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def start(database: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on one fresh database with the demo catalogue."""
    with unit_of_work() as session:
        seed_demo(session)
    started: list[Server] = []

    def start_(**settings: str) -> Server:
        started.append(Server(tmp_path / f"{len(started)}.log", **settings))
        return started[-1].wait_until_up()

    yield start_
    for server in started:
        server.stop()


def number(query: str) -> int:
    with unit_of_work() as session:
        return session.connection().scalar(text(query)) or 0


def books() -> tuple[int, int, int]:
    """Units on the shelves, units that were really sold, and test orders; of one moment."""
    with unit_of_work() as session:
        row = session.connection().execute(
            text(
                "SELECT (SELECT sum(stock) FROM product),"
                " (SELECT coalesce(sum(quantity), 0) FROM order_line JOIN customer_order AS o"
                "  ON o.id = order_id WHERE o.status <> 'cancelled' AND NOT o.is_test),"
                " (SELECT count(*) FROM customer_order WHERE is_test)"
            )
        )
        shelf, sold, tests = row.one()
        return shelf, sold, tests


def test_shoppers_come_are_counted_apart_order_for_nothing_and_stop(start, operator):
    server = start()
    ops, before = operator(server), books()
    answer = ops.start(5)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["startedBy"], answer.json()["isRunning"]) == (ops.name, True)
    run = ops.wait(lambda run: run["figures"]["orders"] >= 2, "two orders are placed")
    assert run["figures"]["errors"] == 0, run["figures"]["fault"]
    assert run["figures"]["p95Ms"] > 0
    assert 1 <= run["figures"]["shoppers"] <= 5
    assert number("SELECT count(*) FROM visit WHERE is_virtual AND NOT is_robot") >= 2
    [event] = ops.events()
    assert event["title"] == f"Load lab: 5 virtual shoppers for 3 minutes, started by {ops.name}"
    assert event["endedAt"] is None

    stopped_at = time.monotonic()
    assert ops.stop().status_code == 200
    ended = ops.wait(lambda run: not run["isRunning"], "the run has ended")
    assert time.monotonic() - stopped_at < 20
    assert ended["outcome"] == f"Stopped by {ops.name}."
    wait_until(lambda: not shoppers_of(server.process.pid), "no process is left")
    [event] = ops.events()
    assert event["endedAt"] is not None
    assert "test orders" in event["effect"]

    shelf, sold, tests = books()
    assert (shelf, sold) == (before[0], 0)
    assert tests >= 2
    assert number("SELECT count(*) FROM outbox_message") == 0
    owner = operator(server, Role.OWNER)
    assert owner.get("/api/orders?everyone=true") == []
    found = owner.get("/api/orders?everyone=true&test=true")
    assert found
    assert all(order["isTest"] for order in found)
    actions = [entry["action"] for entry in owner.get("/api/audit?subjectKind=load_lab")]
    assert actions == ["load_lab_stopped", "load_lab_started"]
    prometheus = httpx.get(f"http://127.0.0.1:{server.port}/metrics", trust_env=False).text
    assert not [line for line in prometheus.splitlines() if line.startswith("cloudscale_orders_to")]
    assert server.is_quiet, server.log


def test_the_leader_counts_virtual_users_and_no_revenue(start, operator):
    ops = operator(start())
    ops.start(3)
    ops.wait(lambda run: run["figures"]["orders"] >= 1, "an order is placed")

    def newest() -> dict[str, Any]:
        with unit_of_work() as session:
            newest = (
                "SELECT document FROM telemetry_sample WHERE series = 'fleet' AND step_seconds = 1"
                " ORDER BY at DESC LIMIT 1"
            )
            return session.connection().scalar(text(newest)) or {}

    def gauge(slug: str) -> float:
        found = Window.of_json(newest()).gauges.get(slug)
        return found.mean if found else 0

    wait_until(lambda: gauge("virtual_users") >= 1, "virtual users are counted", PATIENCE)
    assert gauge("active_users") >= gauge("virtual_users")
    counted = "SELECT count(*) FROM telemetry_sample WHERE document::text LIKE '%revenue_cents%'"
    assert number(counted) == 0


def test_in_production_it_is_off_unless_it_is_set_and_says_how(start, operator):
    production = {"ENVIRONMENT": "production", "PUBLIC_URL": "http://shop.example.com"}
    server = start(**production)
    refused = operator(server).start()
    assert (refused.status_code, "LOAD_LAB=on" in refused.json()["message"]) == (409, True)
    ops = operator(start(**production, LOAD_LAB="on"))
    assert ops.start(2).status_code == 201
    run = ops.wait(lambda run: run["figures"]["requests"] >= 5, "they shop")
    assert run["figures"]["errors"] == 0, run["figures"]["fault"]


def test_one_run_a_shop_whichever_process_is_asked_and_any_can_stop_it(start, operator):
    first, second = start(), start()
    asked = [operator(server) for server in (first, second) * 4]
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda ops: ops.start(3), asked))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    refusal = next(answer for answer in answers if answer.status_code == 409)
    assert "already: 3 virtual shoppers for 3 minutes" in refusal.json()["message"]
    running = wait_until(
        lambda: shoppers_of(first.process.pid) + shoppers_of(second.process.pid), "they have come"
    )
    assert len(running) == 1
    assert number("SELECT count(*) FROM user_account WHERE is_virtual") == 1
    other = asked[1] if shoppers_of(first.process.pid) else asked[0]
    other.stop()
    wait_until(lambda: is_gone(running[0]), "the other process's shoppers are gone")
    other.wait(lambda run: not run["isRunning"], "the run has ended")
    assert other.stop().status_code == 409
    assert asked[2].start(1).status_code == 201


def test_a_process_that_is_killed_leaves_no_shopper_and_the_next_one_may_begin(start, operator):
    doomed, other = start(), start()
    ops = operator(doomed)
    ops.start(5)
    [shopping] = wait_until(lambda: shoppers_of(doomed.process.pid), "they have come")
    worker = psutil.Process(doomed.process.pid).children()
    for process in (doomed.process.pid, *(child.pid for child in worker if child != shopping)):
        os.kill(process, signal.SIGKILL)
    wait_until(lambda: is_gone(shopping), "they are gone")
    left = operator(other)
    run = left.wait(lambda run: not run["isRunning"], "the run is taken for lost")
    assert run["outcome"] == "The server process that ran it is gone."
    [event] = left.events()
    assert (event["tone"], event["endedAt"] is not None) == ("warn", True)
    assert left.start(1).status_code == 201


def test_a_server_that_stops_takes_its_shoppers_along_and_says_so(start, operator):
    stopping, other = start(), start()
    ops = operator(stopping)
    ops.start(5)
    ops.wait(lambda run: run["figures"]["requests"] >= 5, "they shop")
    [shopping] = shoppers_of(stopping.process.pid)
    began = time.monotonic()
    assert stopping.stop() == 0
    assert time.monotonic() - began < 15
    assert is_gone(shopping)
    ended = operator(other).wait(lambda run: not run["isRunning"], "the run has ended")
    assert ended["outcome"] == "The server was stopped."


def test_units_are_conserved_while_people_and_virtual_shoppers_buy_at_once(
    start, operator, database: str
):
    ops = operator(start())
    with unit_of_work() as session:
        products = session.connection().scalars(text("SELECT id FROM product ORDER BY id")).all()
        session.connection().execute(text("UPDATE product SET stock = 400"))
        buyers = shop.crowd(session, 600, list(products), lines=3)
    initial = books()[0]
    ops.start(40)
    ops.wait(lambda run: run["figures"]["orders"] >= 2, "virtual shoppers order")
    jobs = [Job(buyers[part::3], cancel_every=4) for part in range(3)]
    placed = [one for one in outcomes(database, *jobs) if one.order_id]
    assert len(placed) == 600
    ops.wait(lambda run: run["figures"]["orders"] >= 4, "virtual shoppers go on ordering")
    ops.stop()
    ops.wait(lambda run: not run["isRunning"], "the run has ended")
    shelf, sold, tests = books()
    assert shelf + sold == initial
    assert sold > 0
    assert tests >= 4
    for_tests = (
        "SELECT count(*) FROM outbox_message JOIN customer_order AS o"
        " ON o.number = payload->>'number' WHERE o.is_test"
    )
    assert number(for_tests) == 0
    assert (
        number(
            "SELECT count(*) FROM customer_order WHERE is_test AND user_id NOT IN"
            " (SELECT id FROM user_account WHERE is_virtual)"
        )
        == 0
    )
