"""Writing a synthetic catalogue at the speed of COPY: one transaction, or nothing.

lock -> clear the earlier one -> drop indexes -> COPY -> build indexes -> counts -> VACUUM
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Engine, text

from cloudscale.data import demo
from cloudscale.data.demo import DemoCategory
from cloudscale.data.synthetic import COLUMNS, SLUG_PREFIX, Writer, bases_of

MAX_SYNTHETIC = 1_000_000
# Up to here rows go into the indexes one by one; past it building them anew is faster.
FEW = 20_000
COUNTING_TRIGGERS = ("products_came", "products_went")


class SeedRefused(Exception):
    """The synthetic catalogue was not made; the message says why."""


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What seeding wrote and how long it took, indexes and statistics included."""

    products: int
    seconds: float

    @property
    def products_per_second(self) -> float:
        """Products a second, all in all."""
        return self.products / self.seconds


def seed_synthetic(engine: Engine, products: int) -> SeedReport:
    """Make a synthetic catalogue in place of an earlier one.

    The demo's products, the staff's, and whatever was ever ordered stay. Products are locked
    meanwhile, so a running store waits.

    Args:
        engine: The database to fill.
        products: How many, 0 (only clears an earlier one) to 1,000,000.

    Returns:
        How many were written, and in what time.

    Raises:
        SeedRefused: `products` is out of range; nothing was changed.
        DemoCatalogueError: A file of the demo catalogue cannot be used; nothing was changed.
    """
    if not 0 <= products <= MAX_SYNTHETIC:
        raise SeedRefused(f"Ask for 0 to {MAX_SYNTHETIC:,} synthetic products, not {products:,}.")
    started = perf_counter()
    shelves = demo.load()
    with engine.begin() as connection:
        _prepare(connection)
        kept = _clear(connection)
        written = _write(connection, shelves, products, kept)
        _count_shelves(connection)
    _tidy(engine)
    return SeedReport(written, perf_counter() - started)


def category_ids(connection: Connection, shelves: Sequence[DemoCategory]) -> dict[str, int]:
    """The id of each shelf by its slug; shelves that are missing are added."""
    add = text(
        "INSERT INTO category (slug, name, position) VALUES (:slug, :name, :position) "
        "ON CONFLICT (slug) DO NOTHING"
    )
    rows = [
        {"slug": shelf.slug, "name": shelf.name, "position": shelf.position} for shelf in shelves
    ]
    connection.execute(add, rows)
    found = connection.execute(text("SELECT slug, id FROM category"))
    return {row.slug: row.id for row in found}


def _take_time(connection: Connection) -> None:
    """Let statements take minutes, which a connection of the store would give up on."""
    connection.connection.driver_connection.patience_seconds = None  # type: ignore[union-attr]


def _prepare(connection: Connection) -> None:
    _take_time(connection)
    for setting in (
        "statement_timeout = 0",
        "synchronous_commit = off",
        "maintenance_work_mem = '512MB'",
    ):
        connection.execute(text(f"SET LOCAL {setting}"))
    connection.execute(text("LOCK TABLE product IN ACCESS EXCLUSIVE MODE"))


def _clear(connection: Connection) -> set[str]:
    """Delete the earlier synthetic products; the slugs of those that stay because of an order."""
    is_synthetic = "starts_with(slug, :prefix)"
    prefix = {"prefix": SLUG_PREFIX}
    with _without_counting(connection):
        connection.execute(
            text(
                f"DELETE FROM product WHERE {is_synthetic} AND NOT EXISTS "  # noqa: S608
                "(SELECT FROM order_line WHERE product_id = product.id)"
            ),
            prefix,
        )
    connection.execute(text("TRUNCATE search_word"))
    connection.execute(
        text(
            "SELECT count_words(name, tagline || ' ' || description, 1) "
            "FROM product WHERE is_published"
        )
    )
    kept = connection.execute(text(f"SELECT slug FROM product WHERE {is_synthetic}"), prefix)  # noqa: S608
    return set(kept.scalars())


def _write(
    connection: Connection, shelves: Sequence[DemoCategory], products: int, kept: set[str]
) -> int:
    writer = Writer(
        bases_of(shelves),
        category_ids(connection, shelves),
        _words_of(connection, shelves),
        max(product.added_at for shelf in shelves for product in shelf.products),
    )
    rebuilt = ("product",) if products > FEW else ()
    with _without_counting(connection), _without_indexes(connection, *rebuilt):
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY product ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for lines in writer.lines(products):
                copy.write(_without(lines, kept) if kept else lines)
        written = cursor.rowcount
    with _without_indexes(connection, "search_word"):
        _add_words(connection, writer)
    return written


def _without(lines: str, slugs: set[str]) -> str:
    return "".join(
        line for line in lines.splitlines(keepends=True) if line.split("\t", 1)[0] not in slugs
    )


def _words_of(connection: Connection, shelves: Sequence[DemoCategory]) -> list[str]:
    """The words of the demo catalogue that a search looks for, the most common first."""
    found = Counter(
        word
        for shelf in shelves
        for product in shelf.products
        for word in re.findall(r"[a-z]{3,}", f"{product.tagline} {product.description}".lower())
    )
    telling = text(
        "SELECT word FROM unnest(CAST(:words AS text[])) WITH ORDINALITY AS given (word, rank) "
        "WHERE to_tsvector('english', word) <> '' ORDER BY rank"
    )
    words = sorted(found, key=lambda word: (-found[word], word))
    return list(connection.execute(telling, {"words": words}).scalars())


def _add_words(connection: Connection, writer: Writer) -> None:
    words = sorted(writer.documents.keys() | writer.titles.keys())
    connection.execute(
        text(
            """INSERT INTO search_word (word, documents, titles)
            SELECT word, sum(d + t), sum(t)
            FROM unnest(CAST(:words AS text[]), CAST(:documents AS int[]), CAST(:titles AS int[]))
                AS given (words, d, t), words_of(words) AS word
            GROUP BY word ORDER BY word
            ON CONFLICT (word) DO UPDATE SET
                documents = search_word.documents + excluded.documents,
                titles = search_word.titles + excluded.titles"""
        ),
        {
            "words": words,
            "documents": [writer.documents[word] for word in words],
            "titles": [writer.titles[word] for word in words],
        },
    )


@contextmanager
def _without_counting(connection: Connection) -> Iterator[None]:
    """Leave out the triggers that count; they would keep a million rows in memory to do it."""
    for trigger in COUNTING_TRIGGERS:
        connection.execute(text(f"ALTER TABLE product DISABLE TRIGGER {trigger}"))
    yield
    for trigger in COUNTING_TRIGGERS:
        connection.execute(text(f"ALTER TABLE product ENABLE TRIGGER {trigger}"))


@contextmanager
def _without_indexes(connection: Connection, *tables: str) -> Iterator[None]:
    """Drop the indexes that no constraint needs, and build them again afterwards."""
    found = connection.execute(
        text(
            """SELECT CAST(CAST(indexrelid AS regclass) AS text), pg_get_indexdef(indexrelid)
            FROM pg_index WHERE NOT indisunique
            AND indrelid = ANY (CAST(CAST(:tables AS text[]) AS regclass[]))"""
        ),
        {"tables": list(tables)},
    ).all()
    for name, _ in found:
        connection.execute(text(f"DROP INDEX {name}"))
    yield
    for _, definition in found:
        connection.execute(text(definition))


def _count_shelves(connection: Connection) -> None:
    connection.execute(
        text(
            """UPDATE category SET product_count = coalesce(number, 0)
            FROM category AS shelf LEFT JOIN (
                SELECT category_id, count(*) AS number FROM product
                WHERE is_published GROUP BY category_id
            ) AS counted ON category_id = shelf.id
            WHERE category.id = shelf.id"""
        )
    )


def _tidy(engine: Engine) -> None:
    """Statistics and the visibility map, for what is planned and read next."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _take_time(connection)
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM (ANALYZE) product, search_word, category"))
        connection.execute(text("RESET statement_timeout"))
