"""Design tokens: the one place where colour, type, space and motion are named, light and dark.

The style sheet `assets/tokens.css` is printed from here (`python -m cloudscale.theme`), and
charts read the same values, so that neither can drift. Imports nothing of ours.
"""

from typing import Literal

ThemeName = Literal["light", "dark"]

LIGHT: dict[str, str] = {
    # grounds and lines
    "paper": "#faf8f4",
    "surface": "#ffffff",
    "sunken": "#f1eee7",
    "line": "#e5e0d6",
    "line-strong": "#8a8474",  # edges of fields: 3:1 on surface
    # text
    "ink": "#151a2d",
    "ink-2": "#545b70",
    # the one loud colour, always under ink
    "brand": "#ffb020",
    "brand-press": "#f09c00",
    "on-brand": "#151a2d",
    "accent": "#2f3fd6",
    # meaning
    "good": "#0b7a4b",
    "good-bg": "#e2f5ea",
    "warn": "#8a5300",
    "warn-bg": "#fff0d1",
    "bad": "#b3261e",
    "bad-bg": "#fde7e4",
    "sim": "#6b3fb5",  # anything simulated wears this
    "sim-bg": "#f0e8fc",
    # grounds behind product pictures: one for small ones, and one a category
    "tint": "#f1eee7",
    "tint-electronics": "#e3e9ff",
    "tint-gadgets": "#dff4ef",
    "tint-fashion": "#ffe6dc",
    "tint-home": "#fdf0cf",
    "tint-sports": "#e4f3d9",
    "tint-books": "#efe3f7",
    # chart series, colour-blind safe, in order of use
    "s1": "#2f3fd6",
    "s2": "#e8710a",
    "s3": "#0a8f6a",
    "s4": "#a435b8",
    "s5": "#0c87b8",
    "s6": "#b3261e",
    "shadow-1": "0 1px 2px rgb(21 26 45 / .06)",
    "shadow-2": "0 10px 30px -12px rgb(21 26 45 / .22)",
}

DARK: dict[str, str] = {
    "paper": "#0d1120",
    "surface": "#161b2e",
    "sunken": "#0a0d19",
    "line": "#2a3149",
    "line-strong": "#6f7896",
    "ink": "#eef0f7",
    "ink-2": "#a3abc2",
    "accent": "#96a2ff",
    "good": "#57d59a",
    "good-bg": "#0f2f23",
    "warn": "#ffc459",
    "warn-bg": "#33270b",
    "bad": "#ff8f85",
    "bad-bg": "#3a1714",
    "sim": "#c5a5ff",
    "sim-bg": "#271a40",
    # pictures keep light grounds in the dark, a little dimmed, so that ink lines stay visible
    "tint": "#d8d4ca",
    "tint-electronics": "#c3cbf0",
    "tint-gadgets": "#b9ddd5",
    "tint-fashion": "#f0cbbd",
    "tint-home": "#ecd9a6",
    "tint-sports": "#c7dfb8",
    "tint-books": "#d9c8e6",
    "s1": "#8f9bff",
    "s2": "#ff9f45",
    "s3": "#3fd0a4",
    "s4": "#d983ea",
    "s5": "#4fbfe8",
    "s6": "#ff8f85",
    "shadow-1": "none",
    "shadow-2": "0 14px 40px -12px rgb(0 0 0 / .6)",
}

SCALES: dict[str, str] = {
    "font": '"Inter var", Inter, system-ui, -apple-system, "Segoe UI", Roboto, '
    '"Helvetica Neue", sans-serif',
    "mono": 'ui-monospace, "SF Mono", "JetBrains Mono", Menlo, Consolas, monospace',
    "text-xs": "12px",
    "text-sm": "14px",
    "text-md": "16px",
    "text-lg": "20px",
    "text-xl": "28px",
    "text-2xl": "clamp(32px, 5vw, 52px)",
    "space-1": "4px",
    "space-2": "8px",
    "space-3": "12px",
    "space-4": "16px",
    "space-5": "24px",
    "space-6": "32px",
    "space-7": "48px",
    "radius-s": "8px",
    "radius-m": "14px",
    "radius-l": "22px",
    "radius-full": "999px",
    "ease": "cubic-bezier(.2, .7, .2, 1)",
    "fast": "140ms",
    "calm": "260ms",
}


def colour(token: str, theme: ThemeName = "light") -> str:
    """The value of one token in one theme; a token that the dark theme leaves alone is shared."""
    return DARK.get(token, LIGHT[token]) if theme == "dark" else LIGHT[token]


def _block(selector: str, tokens: dict[str, str]) -> str:
    lines = "\n".join(f"  --{name}: {value};" for name, value in tokens.items())
    return f"{selector} {{\n{lines}\n}}\n"


def tokens_css() -> str:
    """The tokens as custom properties, in the form of `assets/tokens.css`."""
    return (
        "/* Printed by `python -m cloudscale.theme`; change cloudscale/theme.py instead. */\n"
        + _block(":root", {**LIGHT, **SCALES, "color-scheme": "light"}).replace(
            "--color-scheme", "color-scheme"
        )
        + _block(".dark", {**DARK, "color-scheme": "dark"}).replace(
            "--color-scheme", "color-scheme"
        )
    )


def stylesheets() -> list[str]:
    """Style sheets of our own, in the order in which they apply."""
    names = ("tokens", "base", "store", "sidebar", "account")
    return [f"/css/{name}.css" for name in names]


if __name__ == "__main__":
    print(tokens_css(), end="")  # noqa: T201
