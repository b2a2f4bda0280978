"""The texts on cards."""

import pytest

from cloudscale.state.views import stock_label, stock_tone


@pytest.mark.parametrize(
    ("stock", "label", "tone"),
    [
        (0, "Sold out", "bad"),
        (1, "Only 1 left", "warn"),
        (5, "Only 5 left", "warn"),
        (6, "In stock", "good"),
    ],
)
def test_the_stock_state_is_said_in_words(stock: int, label: str, tone: str):
    assert (stock_label(stock), stock_tone(stock)) == (label, tone)
