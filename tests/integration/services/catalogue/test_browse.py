"""Browsing: each order, each filter and each page, forwards and backwards."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from cloudscale.models import Product
from cloudscale.services import catalogue
from cloudscale.services.catalogue import SORTS, Query

from .conftest import Store

FILTERS: list[dict[str, Any]] = [
    {},
    {"category": "home"},
    {"in_stock": True},
    {"min_price_cents": 10_00, "max_price_cents": 10_01},
    {"category": "sports", "in_stock": True, "max_price_cents": 10_00},
    {"text": "lamp"},
    {"text": "light", "category": "home", "in_stock": True, "min_price_cents": 10_00},
]


def let_through(store: Store, asked: dict[str, Any]) -> set[int]:
    """The ids that the filters let through, by reading every product."""
    words = {"lamp": ("lamp", "lámp"), "light": ("light",)}.get(asked.get("text", ""), ("",))
    tests: list[Callable[[Product], bool]] = [
        lambda p: p.is_published,
        lambda p: asked.get("category") in (None, *_slugs(store, p)),
        lambda p: p.stock > 0 or not asked.get("in_stock"),
        lambda p: p.price_cents >= asked.get("min_price_cents", 0),
        lambda p: p.price_cents <= asked.get("max_price_cents", 10**9),
        lambda p: any(word in f"{p.name} {p.tagline}".lower() for word in words),
    ]
    products = store.session.exec(select(Product)).all()
    return {p.id for p in products if p.id and all(test(p) for test in tests)}


def _slugs(store: Store, product: Product) -> list[str]:
    return [slug for slug, id in store.categories.items() if id == product.category_id]


@pytest.mark.parametrize("asked", FILTERS, ids=str)
@pytest.mark.parametrize("sort", SORTS)
def test_every_product_is_on_exactly_one_page_in_both_directions(
    mixed: Store, sort: Any, asked: dict[str, Any]
):
    query = Query(sort=sort, limit=7, **asked)
    pages = mixed.forwards(query)
    forwards = [card for page in pages for card in page.products]
    assert len({card.id for card in forwards}) == len(forwards)
    assert {card.id for card in forwards} == let_through(mixed, asked)
    assert mixed.backwards(query, pages[-1]) == forwards
    assert pages[0].previous_cursor == pages[-1].next_cursor == ""


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("price", lambda card: card.price_cents),
        ("-price", lambda card: -card.price_cents),
        ("name", lambda card: card.name.lower().replace("á", "a")),
    ],
)
def test_an_order_is_kept(mixed: Store, sort: Any, key: Callable[[Any], Any]):
    cards = [card for page in mixed.forwards(Query(sort=sort, limit=9)) for card in page.products]
    assert [key(card) for card in cards] == sorted(key(card) for card in cards)


def test_newest_first_and_by_default_what_can_be_bought_first(mixed: Store):
    added = {p.id: p.added_at for p in mixed.session.exec(select(Product))}
    newest = [added[card.id] for card in mixed.browse(sort="newest", limit=100).products]
    assert newest == sorted(newest, reverse=True)
    default = mixed.browse(limit=100).products
    keys = [(card.stock > 0, added[card.id]) for card in default]
    assert keys == sorted(keys, reverse=True)


def test_a_page_holds_what_was_asked_for_and_no_more(mixed: Store):
    assert len(mixed.browse(limit=1).products) == 1
    whole = mixed.browse(limit=100)
    assert len(whole.products) < 100
    assert (whole.next_cursor, whole.previous_cursor) == ("", "")


def test_a_page_that_fits_exactly_says_that_nothing_follows(store: Store):
    for number in range(4):
        store.add(f"Lamp {number}")
    first = store.browse(limit=2)
    second = store.browse(limit=2, cursor=first.next_cursor)
    assert (len(second.products), second.next_cursor) == (2, "")


def test_what_is_added_meanwhile_moves_no_product_between_pages(mixed: Store):
    query = Query(sort="price", limit=10)
    first = mixed.browse(sort="price", limit=10)
    mixed.add("Cheapest", price_cents=1)
    rest = mixed.forwards(Query(sort="price", limit=10, cursor=first.next_cursor))
    ids = [card.id for page in rest for card in page.products]
    assert not {card.id for card in first.products} & set(ids)
    assert query.cursor == ""


def test_pages_may_differ_in_length(mixed: Store):
    first = mixed.browse(sort="name", limit=10)
    rest = mixed.browse(sort="name", limit=100, cursor=first.next_cursor)
    back = mixed.browse(sort="name", limit=3, cursor=rest.previous_cursor)
    assert back.products == first.products[-3:]
    assert len(first.products) + len(rest.products) == len(let_through(mixed, {}))


def test_a_card_shows_what_a_grid_needs(store: Store):
    pictures = [{"file": "a.svg", "alt": "A lamp"}, {"file": "b.svg", "alt": "From behind"}]
    product_id = store.add("Lamp", "home", tagline="Warm", stock=3, pictures=pictures)
    (card,) = store.browse().products
    assert card == catalogue.ProductCard(
        product_id, "Lamp", "Warm", "", "home", "Home", 10_00, 3, "a.svg", "A lamp"
    )


def test_a_product_without_pictures_has_an_empty_one(store: Store):
    store.add("Lamp", pictures=[])
    (card,) = store.browse().products
    assert (card.picture, card.picture_alt) == ("", "")


def test_an_empty_store_has_an_empty_page(store: Store):
    assert store.browse() == catalogue.Page()
    assert store.browse(text="lamp") == catalogue.Page()


@pytest.mark.parametrize("sort", SORTS)
def test_what_is_not_published_is_nowhere(store: Store, sort: Any):
    store.add("Secret lamp", is_published=False)
    assert store.names(sort=sort) == []
    assert store.names(sort=sort, text="secret") == []
    assert store.names(sort=sort, text="secret lamp", category="things") == []
