"""Money in and out of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale import money


@given(st.integers(min_value=0, max_value=money.MAX_CENTS))
def test_what_is_printed_reads_back_as_the_same_amount(cents: int):
    assert money.to_cents(money.decimal_text(cents)) == cents
    assert money.to_cents(money.dollars(cents)) == cents


def test_thousands_are_grouped_for_people_and_not_for_programs():
    assert money.dollars(129900) == "$1,299.00"
    assert money.decimal_text(129900) == "1299.00"


NO_AMOUNTS = ["", "abc", "-1", "1.234", "NaN", "sNaN", "Infinity", "1e99", "1e999999", "1000000"]


@pytest.mark.parametrize("text", [*NO_AMOUNTS, "9" * 5000])
def test_what_is_not_an_amount_is_refused(text: str):
    with pytest.raises(ValueError, match="must be"):
        money.to_cents(text)
