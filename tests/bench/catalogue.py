"""Catalogue pages, product views and searches at 1,000, 100,000 and 1,000,000 products.

One server of its own with the settings that the store runs it with. Every call goes through the
service on a pooled connection, in turns over the three sizes, so that what else the machine does
falls on all alike. A ratio is taken within each of several blocks of rounds; the table shows the
median of the blocks and, as noise, the lowest and the highest.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, func, select, text
from sqlmodel import Session

from cloudscale import db, schema
from cloudscale.data.seed import seed_demo, seed_synthetic
from cloudscale.embedded_postgres import EmbeddedPostgres
from cloudscale.services import catalogue
from cloudscale.services.catalogue import Query, cursors, listing
from cloudscale.services.catalogue.filters import Filters
from cloudscale.services.catalogue.keyset import Position
from tests.bench._row import Row

SIZES = (1_000, 100_000, 1_000_000)
GOAL = 1.5
BLOCKS = 5
ROUNDS = 8  # in a block
WARM_UP = 3
CONNECTION = "-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s"

Call = Callable[[Session], Any]


@dataclass(frozen=True)
class Words:
    """Words of one catalogue: in at most three products, and in over a third of them."""

    rare: list[str]
    common: list[str]


def run() -> Iterator[Row]:
    """Measure: filling the databases takes most of it."""
    with _server() as url:
        engines = {}
        for size in SIZES:
            engine, report = _filled(url, size)
            engines[size] = engine
            if size == max(SIZES):
                yield Row(f"catalogue: filling with {size:,} products", report.seconds, "s", "< 90")
                rate = report.products_per_second
                yield Row("catalogue: ... with indexes and statistics", rate, "products/s")
        yield from measured(engines)
        for engine in engines.values():
            engine.dispose()


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="cloudscale-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        yield server.start()
        server.stop()


def _filled(url: str, size: int) -> tuple[Engine, Any]:
    with create_engine(db.sqlalchemy_url(url), isolation_level="AUTOCOMMIT").connect() as server:
        server.execute(text(f"CREATE DATABASE store_{size}"))
    engine = connected(url.replace("/postgres?", f"/store_{size}?"))
    schema.migrate(engine)
    with Session(engine) as session:
        seed_demo(session)
        session.commit()
    return engine, seed_synthetic(engine, size)


def connected(url: str) -> Engine:
    """An engine as the store has it, with one connection."""
    return create_engine(db.sqlalchemy_url(url), pool_size=1, connect_args={"options": CONNECTION})


def measured(engines: Mapping[int, Engine]) -> Iterator[Row]:
    """The rows for databases that are filled."""
    words = {size: _words(engine) for size, engine in engines.items()}
    groups: dict[str, dict[int, list[Call]]] = {
        "page": {size: _pages(engine) for size, engine in engines.items()},
        "product view": {size: _views(engine) for size, engine in engines.items()},
        "search": {size: _searches(words[size]) for size in engines},
        "search, with a typo": {size: _typos() for size in engines},
        "search, filtered or ordered": {size: _narrowed(words[size]) for size in engines},
    }
    for name, calls in groups.items():
        yield from _rows(name, _timed(engines, calls), name == "search, filtered or ordered")


def _words(engine: Engine) -> Words:
    rare = "SELECT word FROM search_word WHERE documents BETWEEN 1 AND 3 ORDER BY md5(word) LIMIT 5"
    common = (
        "SELECT word FROM search_word, (SELECT sum(product_count) AS n FROM category) AS products "
        "WHERE documents > n / 3.0 AND to_tsvector('english', word) <> '' ORDER BY word"
    )
    with engine.connect() as connection:
        return Words(
            list(connection.execute(text(rare)).scalars()),
            list(connection.execute(text(common)).scalars()),
        )


def _browsing(*queries: Query) -> list[Call]:
    return [lambda session, query=query: catalogue.browse(session, query) for query in queries]


def _pages(engine: Engine) -> list[Call]:
    first = [
        Query(),
        Query(category="electronics"),
        Query(in_stock=True),
        Query(sort="price"),
        Query(sort="-price", category="home"),
        Query(sort="newest", category="fashion", in_stock=True),
        Query(sort="name"),
        Query(sort="name", category="books", in_stock=True),
        Query(sort="price", min_price_cents=50_00, max_price_cents=200_00),
        Query(sort="newest", min_price_cents=50_00, max_price_cents=200_00),
    ]
    with Session(engine) as session:
        deep = [_in_the_middle(session, query) for query in first[:8]]
    return _browsing(*first, *deep)


def _in_the_middle(session: Session, query: Query) -> Query:
    """The same query on a page half-way down."""
    filters = Filters.of(session, query)
    order = listing.ORDERS[listing.order_of(query)]
    count = select(func.count()).where(filters.condition()).scalar_subquery()
    middle = select(*order.columns).where(filters.condition())
    middle = middle.order_by(*order.away_from(Position())).offset(count / 2).limit(1)
    row = session.connection().execute(middle).one()
    key = tuple(value.isoformat() if hasattr(value, "isoformat") else value for value in row)
    return replace(query, cursor=cursors.encode(Position(key), query))


def _views(engine: Engine) -> list[Call]:
    with engine.connect() as connection:
        ids = connection.execute(
            text("SELECT id FROM product ORDER BY md5(slug) LIMIT 20")
        ).scalars()
        return [lambda session, id=id: catalogue.product(session, id) for id in ids]


def _searches(words: Words) -> list[Call]:
    """The mix: rare words, common ones, both together, and words that are still being typed."""
    common, other = words.common[0], words.common[-1]
    mix = [
        *words.rare,
        *words.common[:3],
        f"{common} {other}",
        f"{common} {words.rare[0]}",
        f"{words.rare[1]} {other}",
        "premium smartphone",
        "classic headphones",
        "wireless",
        "w",
        "wi",
        "wire",
        "head",
        "smart sp",
    ]
    return _browsing(*(Query(text=typed) for typed in mix))


def _typos() -> list[Call]:
    typed = ["headphnes", "smartphnoe", "wirless mouse", "jaccket", "lmap", "headfones"]
    return _browsing(*(Query(text=text) for text in typed))


def _narrowed(words: Words) -> list[Call]:
    """What is exact at a price: every match is considered."""
    common = words.common[0]
    return _browsing(
        Query(text=common, category="books"),
        Query(text="wireless", category="electronics", in_stock=True),
        Query(text=common, min_price_cents=50_00, max_price_cents=60_00),
        Query(text=common, sort="price"),
        Query(text="headphones", sort="price"),
        Query(text="laptop", sort="-price"),
        Query(text="camera", sort="newest"),
    )


Times = dict[int, list[list[float]]]


def _timed(engines: Mapping[int, Engine], calls: Mapping[int, list[Call]]) -> Times:
    """Milliseconds of each call by size and block; sizes and calls take turns."""
    times: Times = {size: [[] for _ in range(BLOCKS)] for size in engines}
    order = random.Random(5)
    for round_ in range(-WARM_UP, BLOCKS * ROUNDS):
        turns = list(range(len(next(iter(calls.values())))))
        order.shuffle(turns)
        for turn in turns:
            for size in order.sample(list(engines), len(engines)):
                taken = _milliseconds(engines[size], calls[size][turn])
                if round_ >= 0:
                    times[size][round_ // ROUNDS].append(taken)
    return times


def _milliseconds(engine: Engine, call: Call) -> float:
    with Session(engine) as session:
        session.connection()  # from the pool
        start = time.perf_counter()
        call(session)
        return (time.perf_counter() - start) * 1_000


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _rows(name: str, times: Times, is_exact: bool) -> Iterator[Row]:
    for size, blocks in times.items():
        together = [taken for block in blocks for taken in block]
        label = f"catalogue: {name}, {size:,} products"
        yield Row(f"{label}, p50", statistics.median(together), "ms")
        yield Row(f"{label}, p95", _p95(together), "ms")
    ratios = sorted(
        _p95(large) / _p95(small)
        for small, large in zip(times[min(times)], times[max(times)], strict=True)
    )
    goal = "" if is_exact else f"<= {GOAL}"
    yield Row(
        f"catalogue: {name}, p95 at {max(times):,} to p95 at {min(times):,}",
        statistics.median(ratios),
        "ratio",
        goal,
    )
    yield Row("catalogue: ... lowest of the blocks", ratios[0], "ratio")
    yield Row("catalogue: ... highest of the blocks", ratios[-1], "ratio")
