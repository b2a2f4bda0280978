"""One module a URL."""

import reflex as rx

from cloudscale.pages import (
    checkout,
    login,
    not_found,
    ops,
    order,
    orders,
    product,
    profile,
    register,
    store,
)

ALL = (store, product, login, register, checkout, orders, order, profile, ops, not_found)


def add_all(app: rx.App) -> None:
    """Register every page."""
    for page in ALL:
        page.add(app)
