"""Checks at the door of a service."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.errors import InvalidInput, NotFound
from cloudscale.services import checks

anything = st.one_of(
    st.integers(), st.floats(), st.booleans(), st.text(), st.none(), st.lists(st.integers())
)


@given(anything)
def test_a_whole_number_is_taken_only_in_its_range(value: Any):
    is_good = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 99
    if is_good:
        assert checks.whole_number("quantity", value, 1, 99) == value
    else:
        with pytest.raises(InvalidInput) as refusal:
            checks.whole_number("quantity", value, 1, 99)
        assert refusal.value.errors[0].field == "quantity"


@given(anything)
def test_what_cannot_be_an_id_is_not_found(value: Any):
    is_good = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
    if is_good:
        assert checks.row_id(value, "order") == value
    else:
        with pytest.raises(NotFound, match="could not find that order"):
            checks.row_id(value, "order")
