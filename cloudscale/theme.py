"""Design tokens as the rest of the code names them; `assets/tokens.css` holds their values.

Imports nothing of ours. Styles that need more than a utility class live in `assets/store.css`.
"""

COLOURS = (
    "paper", "surface", "sunken", "line", "ink", "ink-2", "brand", "brand-press", "accent",
    "good", "good-bg", "warn", "warn-bg", "bad", "bad-bg", "sim", "sim-bg",
)  # fmt: skip


def tailwind_theme() -> dict[str, dict[str, str]]:
    """The tokens as Tailwind utilities: `bg-surface`, `text-ink-2`, `rounded-l` …"""
    return {
        "colors": {name: f"var(--{name})" for name in COLOURS},
        "borderRadius": {size: f"var(--radius-{size})" for size in ("s", "m", "l")},
    }


def stylesheets() -> list[str]:
    """Style sheets of our own, in the order they apply."""
    return ["/tokens.css"]
