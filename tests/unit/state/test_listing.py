"""The store's URL as a value."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.errors import InvalidInput
from cloudscale.state.listing import SORT_NAMES, Listing

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), max_size=20)


@given(category=TEXT, q=TEXT, sort=st.sampled_from(sorted(SORT_NAMES)), stock=TEXT)
def test_a_url_reads_back_as_what_it_was_made_from(category: str, q: str, sort: str, stock: str):
    listing = Listing(category=category, q=q, sort=sort, stock=stock)
    params = dict(parse_qsl(urlsplit(listing.href()).query))
    assert Listing.from_params(params) == listing


def test_the_whole_store_is_the_bare_url():
    assert Listing().href() == "/"


def test_any_change_starts_at_the_first_page():
    listing = Listing(category="home", cursor="abc")
    assert "cursor" not in listing.href(sort="price")
    assert listing.href(cursor="def") == "/?category=home&cursor=def"


def test_unknown_parameters_are_left_alone():
    assert Listing.from_params({"utm_source": "x", "q": " lamp "}) == Listing(q="lamp")


def test_prices_become_cents():
    query = Listing(min="10", max="$1,299.99").query()
    assert (query.min_price_cents, query.max_price_cents) == (1000, 129999)


@pytest.mark.parametrize(
    ("listing", "field"),
    [
        (Listing(min="cheap"), "min"),
        (Listing(max="-1"), "max"),
        (Listing(sort="random()"), "sort"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_refused_by_name(listing: Listing, field: str):
    with pytest.raises(InvalidInput) as refusal:
        listing.query()
    assert [error.field for error in refusal.value.errors] == [field]
