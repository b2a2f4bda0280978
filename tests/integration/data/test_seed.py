"""Seeding: the demo into an empty store, and a synthetic catalogue that replaces itself."""

import pytest
from sqlalchemy import text
from sqlmodel import Session

from cloudscale.data import bulk, seed
from cloudscale.data.seed import SeedRefused, seed_demo, seed_synthetic
from cloudscale.db import get_engine, unit_of_work
from cloudscale.services import catalogue
from cloudscale.services.catalogue import Query
from tests import shop

COUNTS_AGREE = """
    SELECT bool_and(product_count = (
        SELECT count(*) FROM product WHERE category_id = category.id AND is_published
    )) FROM category
"""


def asked(statement: str) -> object:
    with Session(get_engine()) as session:
        return session.connection().execute(text(statement)).scalar()


def synthetic() -> object:
    return asked("SELECT count(*) FROM product WHERE slug LIKE 'synthetic-%'")


def test_the_demo_goes_into_an_empty_store_once(session: Session):
    added = seed_demo(session)
    assert added >= 60
    assert seed_demo(session) == 0
    assert sum(shelf.count for shelf in catalogue.categories(session)) == added


def test_a_store_with_products_is_left_as_it_is(session: Session):
    shop.product(session, name="Lamp")
    assert seed_demo(session) == 0


def test_a_synthetic_catalogue_stands_beside_the_demo(database: str):
    with unit_of_work() as session:
        demo_products = seed_demo(session)
    report = seed_synthetic(get_engine(), 300)
    assert report.products == synthetic() == 300
    assert report.products_per_second > 0
    assert asked("SELECT count(*) FROM product") == demo_products + 300
    assert asked(COUNTS_AGREE) is True
    with Session(get_engine()) as session:
        assert catalogue.browse(session, Query(text="wireless headphones")).products
        assert catalogue.browse(session, Query(text="headphnes")).did_you_mean == "headphones"
        assert all(card.picture for card in catalogue.browse(session, Query()).products)


def test_it_goes_into_a_store_without_the_demo_too(database: str):
    seed_synthetic(get_engine(), 50)
    assert synthetic() == 50
    assert asked(COUNTS_AGREE) is True


def test_seeding_again_replaces_it_and_none_clears_it(database: str):
    seed_synthetic(get_engine(), 120)
    first = asked("SELECT string_agg(name, ',' ORDER BY slug) FROM product")
    seed_synthetic(get_engine(), 120)
    assert asked("SELECT string_agg(name, ',' ORDER BY slug) FROM product") == first
    seed_synthetic(get_engine(), 40)
    assert synthetic() == 40
    assert asked(COUNTS_AGREE) is True
    seed_synthetic(get_engine(), 0)
    assert synthetic() == 0
    assert asked("SELECT count(*) FROM search_word") == 0


def test_what_was_ordered_stays_and_keeps_its_name(database: str):
    seed_synthetic(get_engine(), 30)
    with unit_of_work() as session:
        row = session.connection().execute(text("SELECT id, name FROM product WHERE stock > 0"))
        product_id, name = row.first() or (0, "")
        (buyer,) = shop.crowd(session, 1, [product_id])
        buyer.place_order(session)
    seed_synthetic(get_engine(), 30)
    assert synthetic() == 30
    assert asked(f"SELECT name FROM product WHERE id = {product_id}") == name
    seed_synthetic(get_engine(), 0)
    assert synthetic() == 1
    assert asked(COUNTS_AGREE) is True


@pytest.mark.parametrize("products", [-1, seed.MAX_SYNTHETIC + 1, 10**12])
def test_a_number_out_of_range_is_refused_in_words(database: str, products: int):
    with pytest.raises(SeedRefused, match="0 to 1,000,000"):
        seed_synthetic(get_engine(), products)
    assert asked("SELECT count(*) FROM product") == 0


def test_many_products_leave_every_index_and_trigger_in_place(
    database: str, monkeypatch: pytest.MonkeyPatch
):
    """From a number on indexes are dropped meanwhile."""
    definitions = """
        SELECT string_agg(indexdef, ';' ORDER BY indexname) FROM pg_indexes
        WHERE tablename IN ('product', 'search_word')
    """
    enabled = (
        "SELECT string_agg(tgname || CAST(tgenabled AS text), ',' ORDER BY tgname) FROM pg_trigger "
        "WHERE tgrelid = 'product'::regclass AND NOT tgisinternal"
    )
    before = asked(definitions), asked(enabled)
    monkeypatch.setattr(bulk, "FEW", 10)
    seed_synthetic(get_engine(), 50)
    assert (asked(definitions), asked(enabled)) == before
    with Session(get_engine()) as session:
        assert len(catalogue.browse(session, Query(sort="price")).products) == 24


def test_a_seed_that_fails_changes_nothing(database: str, monkeypatch: pytest.MonkeyPatch):
    seed_synthetic(get_engine(), 20)

    def fail(*_args: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(bulk, "_add_words", fail)
    with pytest.raises(OSError, match="disk"):
        seed_synthetic(get_engine(), 90)
    assert synthetic() == 20
    assert asked(COUNTS_AGREE) is True
