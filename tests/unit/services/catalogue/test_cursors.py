"""Cursors: text that only fits the query it came from."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.errors import InvalidInput
from cloudscale.services.catalogue import Query, cursors
from cloudscale.services.catalogue.keyset import Position

KEYS = st.lists(st.integers(-(10**9), 10**9) | st.text(max_size=20) | st.booleans(), min_size=1)


@given(KEYS, st.booleans())
def test_a_position_comes_back_as_it_was(key: list[Any], is_backward: bool):
    position = Position(tuple(key), is_backward)
    text = cursors.encode(position, Query())
    assert cursors.decode(text, Query()) == position
    assert text.isascii()
    assert not set(text) & set("+/=&?# ")


def test_no_cursor_is_the_start():
    assert cursors.decode("", Query()) == Position()


def test_the_length_of_a_page_may_change_on_the_way():
    text = cursors.encode(Position((1, 2)), Query(limit=5))
    assert cursors.decode(text, Query(limit=50)) == Position((1, 2))


@given(st.text())
def test_any_other_text_is_refused_in_words(text: str):
    if text == "":
        return
    with pytest.raises(InvalidInput) as refusal:
        cursors.decode(text, Query())
    assert refusal.value.errors[0].field == "cursor"
