"""When two words are one slip of the finger apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.services.catalogue.words import is_one_slip

WORDS = st.text("abcdé", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("lmap", "lamp"), ("lam", "lamp"), ("lammp", "lamp"), ("lomp", "lamp"), ("amp", "lamp")],
)
def test_one_slip(typed: str, meant: str):
    assert is_one_slip(typed, meant)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("lamp", "lamp"), ("lap", "pal"), ("palm", "lamp"), ("", ""), ("la", "lamp")],
)
def test_none_or_more_than_one(typed: str, meant: str):
    assert not is_one_slip(typed, meant)


@given(WORDS, WORDS)
def test_it_goes_both_ways(one: str, other: str):
    assert is_one_slip(one, other) == is_one_slip(other, one)


@given(WORDS, st.data())
def test_every_letter_may_be_missing_doubled_wrong_or_swapped(word: str, data: st.DataObject):
    at = data.draw(st.integers(0, len(word) - 1))
    assert is_one_slip(word[:at] + word[at + 1 :], word)
    assert is_one_slip(word[:at] + word[at] + word[at:], word)
    assert is_one_slip(word[:at] + "z" + word[at + 1 :], word)
    if at and word[at] != word[at - 1]:
        swapped = word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
        assert is_one_slip(swapped, word)
