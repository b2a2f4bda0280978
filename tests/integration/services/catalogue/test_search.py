"""Search: what is found, in which order, and what a slip of the finger costs."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudscale.services.catalogue import SORTS, Query
from cloudscale.services.catalogue.search import CANDIDATES, NAMES

from .conftest import Store


def test_a_name_counts_more_than_a_tagline_and_that_more_than_a_description(store: Store):
    store.add("Box", description="Holds a lantern.")
    store.add("Hook", tagline="For a lantern")
    store.add("Brass lantern")
    assert store.names(text="lantern") == ["Brass lantern", "Hook", "Box"]


def test_the_very_name_comes_first_then_names_that_begin_with_it(store: Store):
    store.add("Desk lamp lamp", tagline="lamp lamp", description="lamp " * 20)
    store.add("Lamp shade")
    store.add("Lamp", stock=0)
    assert store.names(text="lamp") == ["Lamp", "Lamp shade", "Desk lamp lamp"]


def test_of_two_alike_the_one_in_stock_comes_first(store: Store):
    store.add("Brass lantern", stock=5)
    store.add("Steel lantern", stock=0)
    assert store.names(text="lantern") == ["Brass lantern", "Steel lantern"]


def test_every_word_must_be_held_wherever_it_stands(store: Store):
    store.add("Lantern", tagline="For camping", description="Made of brass.")
    store.add("Lantern", tagline="For the table")
    assert len(store.names(text="brass camping lantern")) == 1


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("headphnes", "Wireless Headphones"),  # one letter less
        ("smartphnoe", "Premium Smartphone"),  # two swapped
        ("jaccket", "Designer Jacket"),  # one more
        ("sneekers", "Premium Sneakers"),  # one other
        ("lmap", "Desk Lamp"),  # in a short word
        ("headfones", "Wireless Headphones"),  # spelt by ear
        ("wirless hedphones", "Wireless Headphones"),  # in two words
    ],
)
def test_a_slip_finds_what_was_meant_and_says_so(demo: Store, typed: str, slug: str):
    page = demo.browse(text=typed)
    assert page.products[0].name == slug
    assert page.did_you_mean
    assert demo.browse(text=page.did_you_mean).products == page.products


@pytest.mark.parametrize("typed", ["wireless headphones", "headphone", "chefs knife", "lap", "the"])
def test_what_is_found_as_typed_is_not_corrected(demo: Store, typed: str):
    page = demo.browse(text=typed)
    assert page.products
    assert page.did_you_mean == ""


def test_what_resembles_nothing_is_not_corrected(demo: Store):
    page = demo.browse(text="qqqqzzzz")
    assert (page.products, page.did_you_mean) == ([], "")


@pytest.mark.parametrize("length", range(1, len("headphones") + 1))
def test_results_come_as_one_types(demo: Store, length: int):
    typed = "headphones"[:length]
    names = demo.names(text=f"wireless {typed}")
    assert "Wireless Headphones" in names


@pytest.mark.parametrize("length", range(1, len("premium sm") + 1))
def test_the_beginning_of_a_name_finds_it(demo: Store, length: int):
    assert "Premium Smartphone" in demo.names(text="premium sm"[:length], limit=100)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("cafe", "Café press"),
        ("CAFÉ PRESS", "Café press"),
        ("smorrebrod", "Smørrebrød board"),
        ("usb c", "USB-C cable"),
        ("usb-c", "USB-C cable"),
        ("coffee/tea", "Coffee and/or tea"),
        ("12.4", "Tablet 12.4 in"),
        ("chef\u2019s", "Chef's knife"),
        ("smart phone", "Smartphone"),
        ("lanterns", "Lantern"),
        ("Чай", "Чай зелёный"),
    ],
)
def test_spelling_punctuation_and_case_do_not_matter(store: Store, typed: str, name: str):
    store.add(name)
    store.add("Something else")
    assert store.names(text=typed) == [name]


def test_the_name_of_a_category_finds_what_is_in_it(demo: Store):
    found = demo.browse(text="electronics", limit=100).products
    shelf = demo.browse(category="electronics", limit=100).products
    assert {card.id for card in found} == {card.id for card in shelf}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("typed", ["🎧", "\"(&|!:*'", "<>", "...", "\u200b"])
def test_text_without_a_word_finds_nothing(demo: Store, sort: Any, typed: str):
    assert demo.names(text=typed, sort=sort) == []


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(
    "typed",
    [
        "'; DROP TABLE product; --",
        "lamp' | 'lamp",
        "lamp & !lamp <-> (lamp",
        "a:* & b:ABCD | \\",
        "%_%",
        "<script>alert(1)</script>",
        "lamp\x00lamp",
        "\ud800 lamp",
        "name/lamp category/1 price/3",
        "\ufb03 \ufdfa \uff2c\uff21\uff2d\uff30",
        "w" * 200,
        "a " * 100,
        "-1e309 1.5e5 0x1F",
        "http://user:pw@lamp.example/a?b=c#d",
    ],
)
def test_no_text_is_an_error(demo: Store, sort: Any, typed: str):
    page = demo.browse(text=typed, sort=sort, limit=2)
    if page.next_cursor:
        demo.browse(text=typed, sort=sort, limit=2, cursor=page.next_cursor)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(max_size=40), sort=st.sampled_from(SORTS))
def test_no_text_whatever_is_an_error(demo: Store, text: str, sort: Any):
    for page in demo.forwards(Query(limit=10, text=text, sort=sort)):
        assert len(page.products) <= 10


@pytest.mark.parametrize("sort", ["price", "-price", "newest", "name"])
def test_other_orders_show_all_that_is_found(demo: Store, sort: Any):
    by_relevance = {card.id for card in demo.browse(text="battery", limit=100).products}
    pages = demo.forwards(Query(limit=3, text="battery", sort=sort))
    cards = [card for page in pages for card in page.products]
    assert {card.id for card in cards} == by_relevance
    assert len(cards) == len(by_relevance) > 4


def test_a_common_word_is_ranked_among_a_bounded_number(store: Store):
    for number in range(CANDIDATES + 60):
        store.add(f"Lantern {number}")
    store.session.connection().exec_driver_sql("ANALYZE product")
    pages = store.forwards(Query(limit=10, text="lantern"))
    found = [card.id for page in pages for card in page.products]
    assert CANDIDATES <= len(found) == len(set(found)) <= CANDIDATES + NAMES
    everything = store.forwards(Query(limit=10, text="lantern", sort="price"))
    assert sum(len(page.products) for page in everything) == CANDIDATES + 60
