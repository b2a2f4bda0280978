"""The tokens, and the style sheet printed from them."""

from pathlib import Path

import pytest

from cloudscale import theme

SHEET = Path(__file__).parents[2] / "assets" / "css" / "tokens.css"
TEXT_ON_GROUND = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink-2", "paper"),
    ("ink-2", "surface"),
    ("ink-2", "sunken"),
    ("accent", "paper"),
    ("good", "good-bg"),
    ("warn", "warn-bg"),
    ("bad", "bad-bg"),
    ("bad", "surface"),
    ("sim", "sim-bg"),
    ("on-brand", "brand"),
    ("on-brand", "brand-press"),
]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb. Source: WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21. Source: WCAG 2.2."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_style_sheet_is_what_the_theme_prints():
    printed = theme.tokens_css()
    assert SHEET.read_text() == printed, "run: python -m cloudscale.theme > assets/css/tokens.css"


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_stands_out_from_its_ground(text: str, ground: str, name: theme.ThemeName):
    assert contrast(theme.colour(text, name), theme.colour(ground, name)) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_edges_of_fields_stand_out_from_their_ground(name: theme.ThemeName):
    edge = theme.colour("line-strong", name)
    assert contrast(edge, theme.colour("surface", name)) >= 3
    assert contrast(edge, theme.colour("paper", name)) >= 3


def test_the_dark_theme_names_no_token_that_the_light_one_lacks():
    assert theme.DARK.keys() <= theme.LIGHT.keys()
