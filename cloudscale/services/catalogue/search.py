"""Search: candidates from the full-text index, ranked; bounded, however common the words are.

Rare words: every product that holds them is ranked. Common ones: PostgreSQL would have to visit
each of, say, 300,000 products to rank them, so the candidates are some hundreds of a fixed sample
of the catalogue, those with the words in their names before others. Names that begin with what was
typed are always among them. Where a sample holds too few, the next larger one is asked.

    Wanted, Filters --by_relevance--> rows, best first     --in_order--> rows in any other order
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Subquery, cast, column, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlmodel import Session

from cloudscale.models.catalogue import SAMPLE_STEP, SMALLEST_SAMPLE
from cloudscale.services.catalogue.filters import Filters
from cloudscale.services.catalogue.keyset import Order, Position, cards_at
from cloudscale.services.catalogue.tables import PRODUCT
from cloudscale.services.catalogue.words import Wanted

CANDIDATES = 200
"""The most products that a search ranks from each source; its pages end where they do."""
ENOUGH = 50
"""With fewer candidates than this a larger sample is asked."""
NAMES = 50
"""The most products whose names begin with what was typed."""
# In other orders: how many products are looked at in that order for matches, before all matches
# are gathered and sorted instead.
LOOKED_AT = 3_000
MANY = 1_000
"""From this many matches on an order by price goes from one price band to the next."""
LAST_CHARACTER = "\U0010ffff"

# A whole number, so that a cursor names it exactly. What is sold out counts for less; a name that
# is what was typed comes first of all, then names that begin with it. The weights are of marks,
# description, tagline and name.
_SCORE = """CAST(1000000 * (
    2 * CAST(name_key = :typed AS integer)
    + CASE WHEN is_in_stock THEN 1 ELSE 0.6 END * (
        CAST(starts_with(name_key, :typed) AS integer)
        + ts_rank(CAST(ARRAY[0, 0.1, 0.4, 1] AS real[]), search, CAST(:stems AS tsquery))
    )
) AS integer)"""
_NAMED = f"""
    SELECT id, {_SCORE} AS score FROM product JOIN (
        SELECT id FROM product
        WHERE {{condition}} AND name_key >= :typed AND name_key < :typed_end
        ORDER BY name_key, id LIMIT {NAMES}
    ) AS named USING (id)"""  # noqa: S608  (numbers and column names)
# The query stands in a subselect to hide it from the planner, who would take to reading the table
# from its start on seeing how common a word is.
_HOLDING = f"""(
    SELECT id, {_SCORE} AS score FROM product
    WHERE {{condition}} AND sample >= {{sample}} AND search @@ (SELECT CAST(:{{query}} AS tsquery))
    LIMIT {CANDIDATES})"""  # noqa: S608
_BEST = """
    SELECT id, max(score) AS score, count(*) OVER () AS found
    FROM ({sources}) AS candidate GROUP BY id"""


def by_relevance(
    session: Session, wanted: Wanted, filters: Filters, position: Position, count: int
) -> Sequence[Any]:
    """The rows beside a position among the ranked candidates, as `cards_at` gives them."""
    rows: Sequence[Any] = ()
    for sources in _attempts(wanted, filters):
        rows = _ranked(session, wanted, filters, sources, position, count)
        if rows and rows[0].found >= ENOUGH:
            break
    return rows


def _attempts(wanted: Wanted, filters: Filters) -> Iterator[tuple[str, ...]]:
    """Where to look for candidates: by names alone where that should do, and in growing samples."""
    condition, beside_marks = _conditions(filters)
    named = _NAMED.format(condition=condition)
    if not wanted.groups:
        yield (named,)
        return

    def holding(query: str, sample: int) -> str:
        return _HOLDING.format(condition=beside_marks, query=query, sample=sample)

    share = filters.share(wanted.products)
    names, texts = _sample_for(wanted.titles * share), _sample_for(wanted.documents * share)
    if wanted.titles * share >= 2 * ENOUGH:
        yield named, holding("titles", names)
    if wanted.documents_at_most <= CANDIDATES:  # one source holds them all
        yield named, holding("anywhere", 0)
        return
    for larger in range(texts, -1, -1):
        yield named, holding("titles", names), holding("anywhere", larger)


def _sample_for(expected: float) -> int:
    """The smallest sample that should hold enough of so many products."""
    sample = 0
    while sample < SMALLEST_SAMPLE and expected >= 2 * ENOUGH * SAMPLE_STEP ** (sample + 1):
        sample += 1
    return sample


def _ranked(
    session: Session,
    wanted: Wanted,
    filters: Filters,
    sources: Sequence[str],
    position: Position,
    count: int,
) -> Sequence[Any]:
    columns = (column("id", Integer), column("score", Integer), column("found", Integer))
    statement = text(_BEST.format(sources=" UNION ALL ".join(sources)))
    best = statement.columns(*columns).subquery("best")
    order = Order((best.c.score, best.c.id), is_descending=True)
    near = order.page(select(best.c.found, *order.labelled()), position, count).subquery("near")
    stems = [group.stems for group in wanted.groups]
    titles = [[f"name/{stem}" for stem in group] for group in stems]
    given = {
        "typed": wanted.text,
        "typed_end": wanted.text + LAST_CHARACTER,
        "stems": _query(stems),
        "anywhere": _query(stems + filters.marks()),
        "titles": _query(titles + filters.marks()),
    }
    return session.connection().execute(cards_at(near, order, position), given).all()


@lru_cache(maxsize=256)
def _conditions(filters: Filters) -> tuple[str, str]:
    """What rows must fulfil, without and with marks; numbers and column names, written out."""
    condition, beside_marks = (
        str(clause.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
        for clause in (filters.condition(), filters.beside_marks())
    )
    return condition, beside_marks


def _query(groups: Sequence[Sequence[str]]) -> str:
    """A full-text query for one stem of each group, in PostgreSQL's syntax."""
    return " & ".join(f"({' | '.join(_quoted(stem) for stem in group)})" for group in groups)


def _quoted(stem: str) -> str:
    escaped = stem.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def in_order(
    session: Session,
    wanted: Wanted,
    filters: Filters,
    order: Order,
    position: Position,
    count: int,
) -> Sequence[Any]:
    """The rows beside a position among all matches, in an order other than relevance.

    Where the words are so common that a few thousand products in that order should hold enough of
    them, those are looked at first. Otherwise, and if they do not, the matches are sorted.
    """
    connection = session.connection()
    if wanted.groups and wanted.documents * LOOKED_AT > 2 * count * wanted.products:
        near = _looked_at(wanted, filters, order, position, count)
        rows = connection.execute(cards_at(near, order, position)).all()
        if len(rows) == count:
            return rows
    rows = []
    for part in _parts(wanted, filters, order, position):
        matches = _matches(wanted, part, order).cte("matches").prefix_with("MATERIALIZED")
        near = order.of(matches).page(select(matches), position, count - len(rows)).subquery("near")
        rows += connection.execute(cards_at(near, order, position)).all()
        if len(rows) == count:
            break
    return rows


def _parts(wanted: Wanted, filters: Filters, order: Order, position: Position) -> Sequence[Filters]:
    """The filters in parts that follow each other in the order: price bands, for common words."""
    by_price = order.columns[0] is PRODUCT.c.price_cents
    if not by_price or not wanted.groups or wanted.documents < MANY:
        return [filters]
    is_downward = order.goes_down(position)
    if position.key:
        price, _ = order.values_of(position)
        filters = filters.up_to(price) if is_downward else filters.at_least(price)
    parts = [filters.within(band) for band in filters.price_bands()]
    return parts[::-1] if is_downward else parts


def _matches(wanted: Wanted, filters: Filters, order: Order) -> Select:
    rows = select(*order.labelled())
    if wanted.groups:
        stems = [group.stems for group in wanted.groups]
        holds = _holds(PRODUCT.c.search, stems + filters.marks())
        return rows.where(filters.beside_marks(), holds)
    key = PRODUCT.c.name_key
    named = (
        select(PRODUCT.c.id)
        .where(filters.condition(), key >= wanted.text, key < wanted.text + LAST_CHARACTER)
        .order_by(key, PRODUCT.c.id)
        .limit(NAMES)
    )
    return rows.where(PRODUCT.c.id.in_(named))


def _looked_at(
    wanted: Wanted, filters: Filters, order: Order, position: Position, count: int
) -> Subquery:
    rows = select(*order.labelled(), PRODUCT.c.search).where(filters.condition())
    seen = order.page(rows, position, LOOKED_AT).subquery("seen")
    keyed = order.of(seen)
    found = select(*keyed.labelled()).where(
        _holds(seen.c.search, [group.stems for group in wanted.groups])
    )
    return keyed.page(found, Position(is_backward=position.is_backward), count).subquery("near")


def _holds(search: ColumnElement, groups: Sequence[Sequence[str]]) -> ColumnElement[bool]:
    """Whether a search vector holds a stem of each group; hidden from the planner as above."""
    return search.op("@@")(select(cast(_query(groups), TSQUERY)).scalar_subquery())
