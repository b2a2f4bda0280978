"""What triggers keep: the count of each shelf, and the vocabulary that words are completed from."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import delete, text, update
from sqlmodel import Session

from cloudscale.db import get_engine, unit_of_work
from cloudscale.models import Product
from cloudscale.models.base import table_of
from cloudscale.services import catalogue

from .conftest import Store

PRODUCT = table_of(Product)
WRITERS = 4


def counts(session: Session) -> dict[str, int]:
    return {shelf.slug: shelf.count for shelf in catalogue.categories(session)}


def truth(session: Session) -> dict[str, int]:
    """The same counts by counting."""
    counted = text(
        "SELECT category.slug, count(product.id) AS number FROM category LEFT JOIN product "
        "ON category_id = category.id AND is_published GROUP BY category.slug"
    )
    return {row.slug: row.number for row in session.connection().execute(counted)}


def words(session: Session) -> dict[str, tuple[int, int]]:
    rows = session.connection().execute(text("SELECT word, documents, titles FROM search_word"))
    return {row.word: (row.documents, row.titles) for row in rows}


def change(store: Store, *ids: int, **values: Any) -> None:
    rows = PRODUCT.c.id.in_(ids)
    store.session.connection().execute(update(PRODUCT).where(rows).values(**values))


def test_a_shelf_counts_what_is_published_whatever_happens_to_it(store: Store):
    lamp, mat, hidden = (
        store.add("Lamp", "home"),
        store.add("Mat", "home"),
        store.add("Hidden", "home", is_published=False),
    )
    store.category_id("sports")
    assert counts(store.session) == {"home": 2, "sports": 0}
    change(store, mat, category_id=store.category_id("sports"))
    assert counts(store.session) == {"home": 1, "sports": 1}
    change(store, lamp, hidden, is_published=True)
    assert counts(store.session) == {"home": 2, "sports": 1}
    change(store, lamp, is_published=False, category_id=store.category_id("sports"))
    assert counts(store.session) == {"home": 1, "sports": 1}
    change(store, lamp, mat, hidden, stock=0, price_cents=1)
    store.session.connection().execute(delete(PRODUCT).where(PRODUCT.c.id.in_([lamp, mat])))
    assert counts(store.session) == truth(store.session) == {"home": 1, "sports": 0}


def test_counts_are_exact_after_writers_at_once(database: str):
    with unit_of_work() as session:
        store = Store(session)
        shelves = [store.category_id(slug) for slug in ("home", "sports")]
        start = [store.add(f"Lamp {number}", "home") for number in range(WRITERS * 10)]
    barrier = Barrier(WRITERS)

    def write(writer: int) -> None:
        mine = start[writer * 10 : (writer + 1) * 10]
        barrier.wait()
        for number, product_id in enumerate(mine):
            with Session(get_engine()) as session:
                row = PRODUCT.c.id == product_id
                change: dict[str, Any] = {"category_id": shelves[number % 2]}
                if number % 3 == 0:
                    change["is_published"] = False
                session.connection().execute(update(PRODUCT).where(row).values(**change))
                fresh = {"slug": f"new-{writer}-{number}", "category_id": shelves[1], "name": "Mat"}
                session.add(Product(**fresh, price_cents=1, pictures=[], specifications=[]))
                session.flush()
                if number % 4 == 3:
                    session.rollback()  # what did not happen is not counted
                else:
                    session.commit()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    with Session(get_engine()) as session:
        assert counts(session) == truth(session)
        assert sum(counts(session).values()) > WRITERS * 10


def test_words_are_counted_once_a_product_and_those_of_names_beside(store: Store):
    store.add("Brass lamp", tagline="A lamp", description="Lamp of brass.")
    store.add("Shade", description="For a lamp.")
    found = words(store.session)
    assert found["lamp"] == (2, 1)
    assert found["brass"] == (1, 1)
    assert found["shade"] == (1, 1)


def test_words_follow_when_a_product_changes_or_goes(store: Store):
    lamp = store.add("Brass lamp")
    change(store, lamp, name="Steel lantern")
    assert words(store.session)["brass"] == (0, 0)
    assert words(store.session)["lantern"] == (1, 1)
    assert store.names(text="lanern") == ["Steel lantern"]
    change(store, lamp, is_published=False)
    assert words(store.session)["lantern"] == (0, 0)
    assert store.browse(text="lanern").did_you_mean == ""


def test_selling_a_unit_counts_nothing_anew(store: Store):
    lamp = store.add("Brass lamp")
    store.session.connection().execute(text("TRUNCATE search_word"))
    change(store, lamp, stock=1)
    assert words(store.session) == {}


def test_a_writer_does_not_wait_for_another_that_counts_the_same_words(database: str):
    with unit_of_work() as session:
        store = Store(session)
        for slug in ("home", "sports"):
            store.add("Brass lamp", slug)
        home, sports = store.categories["home"], store.categories["sports"]

    def add(session: Session, category_id: int, slug: str) -> None:
        given = {"slug": slug, "category_id": category_id, "name": "Brass lamp", "price_cents": 1}
        session.add(Product(**given, pictures=[], specifications=[]))
        session.flush()

    with Session(get_engine()) as first, Session(get_engine()) as second:
        second.connection().execute(text("SET LOCAL lock_timeout = '2s'"))
        add(first, home, "one")
        add(second, sports, "two")  # would time out
        first.commit()
        second.commit()
    with Session(get_engine()) as session:
        assert words(session)["brass"][0] in {3, 4}  # an estimate
        assert counts(session) == truth(session)


@pytest.mark.parametrize("stock", [0, 1])
def test_a_sale_moves_a_row_within_its_page_unless_it_sells_out(store: Store, stock: int):
    """What indexes hold stays the same while units are left, so none of them is written."""
    lamp = store.add("Lamp", stock=2)
    seen = text("SELECT is_in_stock, name_key, sample, search::text FROM product WHERE id = :id")
    before = store.session.connection().execute(seen, {"id": lamp}).one()
    change(store, lamp, stock=stock)
    after = store.session.connection().execute(seen, {"id": lamp}).one()
    assert after.is_in_stock == (stock > 0)
    assert tuple(after)[1:] == tuple(before)[1:]
