"""One module a URL."""

import reflex as rx

from cloudscale.pages import (
    checkout,
    healing,
    login,
    not_found,
    ops,
    order,
    orders,
    product,
    profile,
    register,
    scaling,
    slow,
    store,
)

ALL = (
    store,
    product,
    login,
    register,
    checkout,
    orders,
    order,
    profile,
    ops,
    slow,
    scaling,
    healing,
    not_found,
)


def add_all(app: rx.App) -> None:
    """Register every page."""
    for page in ALL:
        page.add(app)
