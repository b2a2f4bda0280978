"""Price bands: each price is in one, and a range names all that it touches."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cloudscale.models.catalogue import PRICE_BAND_EDGES_CENTS
from cloudscale.money import MAX_CENTS
from cloudscale.services.catalogue.filters import Filters

CENTS = st.integers(0, MAX_CENTS) | st.sampled_from(PRICE_BAND_EDGES_CENTS)


def band_of(cents: int) -> int:
    return sum(edge <= cents for edge in PRICE_BAND_EDGES_CENTS)


@given(CENTS, CENTS, CENTS)
def test_a_range_names_the_bands_of_all_its_prices(one: int, other: int, inside: int):
    low, high = sorted((one, other))
    bands = Filters(min_price_cents=low, max_price_cents=high).price_bands()
    assert band_of(low) == bands[0]
    assert band_of(high) == bands[-1]
    assert (band_of(inside) in bands) or not low <= inside <= high


@given(CENTS, CENTS)
def test_the_parts_of_a_range_cover_it_once(one: int, other: int):
    low, high = sorted((one, other))
    whole = Filters(min_price_cents=low, max_price_cents=high)
    parts = [whole.within(band) for band in whole.price_bands()]
    edges = [(part.min_price_cents, part.max_price_cents) for part in parts]
    assert edges[0][0] == low
    assert edges[-1][1] == high
    for (_, last), (first, _) in pairwise(edges):
        assert last is not None
        assert first == last + 1


def test_without_limits_every_band_is_let_through():
    assert list(Filters().price_bands()) == list(range(len(PRICE_BAND_EDGES_CENTS) + 1))
    assert Filters().marks() == []
    assert Filters(category_id=7).marks() == [["category/7"]]
    assert Filters(max_price_cents=0).marks() == [["price/0"]]


def test_the_share_that_is_let_through_is_estimated():
    assert Filters().share(100) == 1
    assert Filters(category_id=1, category_size=25).share(100) == 0.25
    assert Filters(category_id=1, category_size=0).share(0) == 0
    assert 0 < Filters(min_price_cents=0, max_price_cents=1).share(100) < 0.1
