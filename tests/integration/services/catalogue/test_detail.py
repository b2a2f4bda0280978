"""One product whole, what is like it, the shelves, and the sitemap's list."""

from typing import Any

import pytest

from cloudscale.errors import NotFound
from cloudscale.services import catalogue

from .conftest import NEWEST, Store


def test_a_product_is_shown_whole(store: Store):
    pictures = [{"file": "a.svg", "alt": "A lamp"}, {"file": "b.svg", "alt": "From behind"}]
    product_id = store.add(
        "Lamp",
        description="It shines.",
        pictures=pictures,
        specifications=[["Weight", "2 kg"], ["Cable", "1 m"]],
    )
    seen = catalogue.product(store.session, product_id)
    assert seen.card == store.browse().products[0]
    assert seen.card.description == "It shines."
    assert seen.pictures == [("a.svg", "A lamp"), ("b.svg", "From behind")]
    assert seen.specifications == [("Weight", "2 kg"), ("Cable", "1 m")]
    assert seen.added_at == NEWEST
    assert seen.updated_at > NEWEST


@pytest.mark.parametrize(
    "product_id",
    [0, -1, 999_999_999, 2**31 - 1, 2**31, 2**63, 10**40, 1.0, "1", None, True, [1]],
    ids=repr,
)
def test_an_id_that_is_none_is_not_found(demo: Store, product_id: Any):
    with pytest.raises(NotFound):
        catalogue.product(demo.session, product_id)


def test_what_is_not_published_is_not_found(store: Store):
    with pytest.raises(NotFound):
        catalogue.product(store.session, store.add("Lamp", is_published=False))


def test_related_are_the_nearest_in_price_in_stock_on_the_same_shelf(store: Store):
    lamp = store.add("Lamp", price_cents=100_00)
    for cents in (1_00, 90_00, 99_00, 100_00, 103_00, 110_00, 500_00):
        store.add(f"At {cents}", price_cents=cents)
    store.add("Sold out", price_cents=100_00, stock=0)
    store.add("Hidden", price_cents=100_00, is_published=False)
    store.add("Elsewhere", "other", price_cents=100_00)
    related = catalogue.product(store.session, lamp).related
    assert [card.price_cents for card in related] == [100_00, 99_00, 103_00, 90_00]


def test_of_many_at_one_price_four_are_related_and_never_the_product_itself(store: Store):
    ids = [store.add("Lamp") for _ in range(9)]
    for product_id in ids:
        related = [card.id for card in catalogue.product(store.session, product_id).related]
        assert len(set(related)) == 4
        assert product_id not in related


def test_a_product_alone_on_its_shelf_has_nothing_related(store: Store):
    assert catalogue.product(store.session, store.add("Lamp")).related == []


def test_categories_come_in_shop_order_with_their_counts(demo: Store):
    found = catalogue.categories(demo.session)
    assert [shelf.name for shelf in found[:3]] == ["Electronics", "Gadgets", "Fashion"]
    for shelf in found:
        page = demo.browse(category=shelf.slug, limit=100)
        assert shelf.count == len(page.products) > 0


def test_the_sitemap_lists_each_published_product_once(mixed: Store):
    found, after = [], 0
    while page := catalogue.published_ids_for_sitemap(mixed.session, after, 7):
        found += page
        after = page[-1].id
    shown = {card.id for card in mixed.browse(limit=100).products}
    assert [entry.id for entry in found] == sorted(shown)
    assert all(entry.updated_at.tzinfo for entry in found)
