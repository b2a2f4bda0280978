"""Orders a second through `checkout.place_order`, beside pgbench with the same statements.

Both run on one server of their own, 8 at once, each order a cart of two of 1,000 products. The
statements are taken from a real order as SQLAlchemy sends them; pgbench then runs them, prepared,
with other members' numbers in the same places. Rounds alternate, so that what else the machine
does falls on both.

Measured twice: as a shop runs (each commit waits for the disk, which may be all that both do), and
on a server that does not wait, where the ratio tells what our own code costs.
"""

import re
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from psycopg.adapt import PyFormat, Transformer
from sqlalchemy import event, text
from sqlmodel import Session

from cloudscale import db, schema
from cloudscale.embedded_postgres import EmbeddedPostgres, binaries
from cloudscale.settings import get_settings
from tests import shop
from tests.bench._row import Row
from tests.buyers import Job, Process, keep_pace, orders_in_time, outcomes, ready
from tests.shop import Buyer

AT_ONCE = 8
ROUNDS = 4
ROUND_SECONDS = 2
PRODUCTS = 1_000
LINES = 2
PGBENCH_BUYERS = 16_000  # a round; enough for 8,000 orders a second
OUR_BUYERS = 8_000  # a round; enough for 4,000
GOAL = 0.30


class Round(NamedTuple):
    """What one round measured: orders a second, and milliseconds of CPU an order."""

    pgbench: float
    threads: float
    processes: float
    thread_cpu_ms: float


def run() -> list[Row]:
    """Measure; about 80 seconds."""
    with _server() as url, database(url):
        durable = [*_rows(_rounds(url), f">= {GOAL}"), _hot_product(url)]
    with _server(is_durable=False) as url, database(url):
        memory = [row._replace(name=f"{row.name} (no fsync)") for row in _rows(_rounds(url))]
    return [*durable, *memory]


def _rounds(url: str) -> list[Round]:
    """pgbench, threads and processes in turn, on one server."""
    products = _stocked_shop()
    script = _script(products)
    crowds = [_crowd(products, OUR_BUYERS * ROUNDS // AT_ONCE) for _ in range(AT_ONCE)]
    rounds = []
    with ready(keep_pace, url, *crowds) as workers:
        for _ in range(ROUNDS):
            pgbench = _pgbench(url, script, _crowd(products, PGBENCH_BUYERS))
            threads, cpu = _threads(_crowd(products, OUR_BUYERS))
            rounds.append(Round(pgbench, threads, _processes(workers), cpu))
    return rounds


def _rows(rounds: list[Round], goal: str = "") -> list[Row]:
    pgbench, threads, several, cpu = (
        statistics.median(found) for found in zip(*rounds, strict=True)
    )
    # Each round's own ratio: its parts ran side by side on the same machine.
    by_threads = statistics.median(done.threads / done.pgbench for done in rounds)
    by_several = statistics.median(done.processes / done.pgbench for done in rounds)
    return [
        Row("orders: pgbench, same statements, 8 clients", pgbench, "orders/s"),
        Row("orders: place_order, 8 threads of one process (`make run`)", threads, "orders/s"),
        Row("orders: ... as a ratio of pgbench", by_threads, "ratio", goal),
        Row("orders: ... CPU of that process, without PostgreSQL's", cpu, "ms/order"),
        Row("orders: place_order, 8 processes", several, "orders/s"),
        Row("orders: ... as a ratio of pgbench", by_several, "ratio"),
    ]


@contextmanager
def _server(*, is_durable: bool = True) -> Iterator[str]:
    """A PostgreSQL of our own with the real schema."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", is_durable=is_durable)
        url = server.start()
        try:
            yield url
        finally:
            server.stop()


@contextmanager
def database(url: str) -> Iterator[None]:
    """Let `unit_of_work()` use the database, migrated."""
    patch = pytest.MonkeyPatch()
    patch.setenv("DATABASE_URL", url)
    get_settings.cache_clear()
    db.get_engine.cache_clear()
    schema.migrate(db.get_engine())
    try:
        yield
    finally:
        db.get_engine().dispose()
        patch.undo()
        get_settings.cache_clear()
        db.get_engine.cache_clear()


def _stocked_shop() -> list[int]:
    with db.unit_of_work() as session:
        return [shop.product(session, stock=1_000_000) for _ in range(PRODUCTS)]


def _crowd(products: list[int], buyers: int) -> list[Buyer]:
    """Buyers with full carts, and statistics that know of them, as autovacuum keeps a shop's."""
    with db.unit_of_work() as session:
        crowd = shop.crowd(session, buyers, products, LINES)
    with db.get_engine().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    return crowd


def _threads(buyers: list[Buyer]) -> tuple[float, float]:
    """Orders a second of 8 threads in this process, and its milliseconds of CPU an order."""
    shares = [iter(buyers[part::AT_ONCE]) for part in range(AT_ONCE)]
    before = time.process_time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        placed = sum(pool.map(partial(orders_in_time, ROUND_SECONDS), shares))
    spent = time.process_time() - before
    return placed / ROUND_SECONDS, spent * 1000 / max(placed, 1)


def _processes(workers: list[Process]) -> float:
    """Orders a second of 8 processes."""
    for worker in workers:
        worker.send(ROUND_SECONDS)
    return sum(worker.next() for worker in workers) / ROUND_SECONDS


def _hot_product(url: str) -> Row:
    """500 buyers in 8 processes, one product with 50 in stock."""
    with db.unit_of_work() as session:
        hot = shop.product(session, stock=50)
        buyers = shop.crowd(session, 500, [hot])
    jobs = [Job(buyers[part::AT_ONCE]) for part in range(AT_ONCE)]
    placed = Counter(seen.refused for seen in outcomes(url, *jobs))[""]
    return Row("orders: of 500 buyers of 50 units, who got one", placed, "orders", "= 50")


def _statements(buyer: Buyer) -> list[tuple[str, dict[str, Any]]]:
    """What one real order sends to the server, between BEGIN and COMMIT."""
    sent: list[tuple[str, dict[str, Any]]] = []

    def note(_: Any, __: Any, statement: str, parameters: dict[str, Any], *rest: Any) -> None:
        sent.append((statement, dict(parameters)))

    event.listen(db.get_engine(), "before_cursor_execute", note)
    with db.unit_of_work() as session:
        buyer.place_order(session, f"key-{buyer.user_id}")
    event.remove(db.get_engine(), "before_cursor_execute", note)
    return sent


VARYING = {
    "user_id": ":user_id",
    "owner_id": ":user_id",
    "cart_id": ":cart_id",
    "shipping_address_id": ":address_id",
    "billing_address_id": ":address_id",
    "key": "('key-' || :user_id)",
    "idempotency_key": "('key-' || :user_id)",
    "number": "('B' || :user_id)",
    "recipient": "('user_' || :user_id || '@example.com')",
    "payment_reference": "('cart-' || :cart_id || '-2000')",
}
"""What differs from order to order, as pgbench says it."""


class Script(NamedTuple):
    """A pgbench script, and the variables that are the same in each order."""

    text: str
    constants: dict[str, str]


def _script(products: list[int]) -> Script:
    """One order's transaction for pgbench."""
    with db.unit_of_work() as session:
        (buyer,) = shop.crowd(session, 1, products, LINES)
    constants: dict[str, str] = {}
    lines = [
        "\\set n :n + 1",
        f"\\set i :client_id * {PGBENCH_BUYERS // AT_ONCE} + :n",
        *(f"\\set {name} :first_{name} + :i" for name in ("user_id", "cart_id", "address_id")),
        "BEGIN;",
    ]
    for position, (statement, parameters) in enumerate(_statements(buyer)):
        for name, value in parameters.items():
            place = VARYING.get(name, f":s{position}_{name}")
            statement = statement.replace(f"%({name})s", place)
            constants[f"s{position}_{name}"] = _as_text(value)
        lines.append(re.sub(r"\s+", " ", statement).strip() + ";")
    return Script("\n".join([*lines, "COMMIT;", ""]), constants)


def _as_text(value: Any) -> str:
    """A parameter in PostgreSQL's text format, as psycopg would send it."""
    dumper = Transformer().get_dumper(value, PyFormat.TEXT)
    return bytes(dumper.dump(value) or b"").decode()


def _first_ids(session: Session, buyers: list[Buyer]) -> dict[str, int]:
    """The lowest ids of a crowd, whose rows must be numbered alike."""
    carts = session.connection().execute(
        text("SELECT id FROM cart WHERE user_id = ANY (:users) ORDER BY user_id"),
        {"users": [buyer.user_id for buyer in buyers]},
    )
    first = {
        "user_id": [buyer.user_id for buyer in buyers],
        "cart_id": list(carts.scalars()),
        "address_id": [buyer.address_id for buyer in buyers],
    }
    for ids in first.values():
        assert ids == list(range(ids[0], ids[0] + len(buyers)))
    return {f"first_{name}": ids[0] for name, ids in first.items()}


def _pgbench(url: str, script: Script, buyers: list[Buyer]) -> float:
    """Transactions a second of pgbench, each of which must have made an order."""
    with db.unit_of_work() as session:
        variables = {"n": -1, **script.constants, **_first_ids(session, buyers)}
        before = _count_orders(session)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script.text)
        file.flush()
        options = ["-n", "-M", "prepared", "-c", str(AT_ONCE), "-j", "2"]
        told = subprocess.run(
            [
                binaries() / "pgbench",
                *options,
                *("-T", str(ROUND_SECONDS)),
                *(f"-D{name}={value}" for name, value in variables.items()),
                *("-f", file.name),
                url,
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    with db.unit_of_work() as session:
        made = _count_orders(session) - before
    done = re.search(r"actually processed: (\d+)", told)
    rate = re.search(r"tps = ([\d.]+)", told)
    assert done and rate
    assert made == int(done[1]), "pgbench did not order as often as it said"
    return float(rate[1])


def _count_orders(session: Session) -> int:
    return session.connection().scalar(text("SELECT count(*) FROM customer_order")) or 0
