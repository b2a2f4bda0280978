"""A product in a grid."""

import reflex as rx

from cloudscale.state.cart import CartState
from cloudscale.state.views import Card


def _name(card: Card) -> rx.Component:
    """The name; a link once the database has said where to."""
    return rx.el.h3(rx.cond(card.href != "", rx.el.a(card.name, href=card.href), card.name))


def _price(card: Card) -> rx.Component:
    return rx.el.span(
        rx.cond(card.price != "", card.price, rx.el.span(class_name="skeleton")),
        class_name="price num",
    )


FIRST_ROWS = 8
"""Pictures that are fetched at once; the rest wait until they are near the screen."""


def product_card(card: Card, position: int) -> rx.Component:
    """Picture, name, price, stock state and the button; the whole card leads to the page."""
    return rx.el.article(
        rx.el.div(
            rx.el.img(
                src=card.picture,
                alt=card.alt,
                loading=rx.cond(position < FIRST_ROWS, "eager", "lazy"),
            ),
            class_name=f"pic {card.tint}",
        ),
        rx.el.div(
            _name(card),
            rx.el.p(card.tagline),
            rx.el.div(
                _price(card),
                rx.el.button(
                    rx.cond((card.price == "") | card.can_buy, "Add to cart", "Sold out"),
                    type="button",
                    class_name="btn",
                    disabled=~card.can_buy,
                    on_click=CartState.add(card.id, 1),
                ),
                class_name="card-foot",
            ),
            class_name="card-body",
        ),
        rx.cond(
            card.tone == "good",
            rx.el.span(card.stock, class_name="visually-hidden"),
            rx.el.span(card.stock, class_name=f"tag {card.tone}"),
        ),
        class_name="card",
        aria_label=card.name,
    )


def product_grid(cards: list[Card]) -> rx.Component:
    """A grid of products, two to six in a row by the width there is."""
    return rx.el.div(rx.foreach(cards, product_card), class_name="grid")
