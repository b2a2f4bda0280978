"""One module a URL."""

import reflex as rx

from cloudscale.pages import store


def add_all(app: rx.App) -> None:
    """Register every page."""
    store.add(app)
