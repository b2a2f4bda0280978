"""What a page follows while it is open, and what it does with what is new.

watch, in the background --news(topics)--> Feed --News--> the page's vars
"""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import replace

import reflex as rx

from cloudscale.errors import SessionEnded
from cloudscale.live.feed import Feed, News
from cloudscale.services import changes
from cloudscale.services.identity import Shopper
from cloudscale.state.auth import ask
from cloudscale.state.views import Card, card

PAGE, CART = "page", "cart"
"""The names of watches: what is in the page itself, and the cart that slides over it."""

_feeds: list[Feed] = []


def connect(feed: Feed) -> None:
    """Say which feed the pages of this process watch; the composition root calls it."""
    _feeds[:] = [feed]


async def news(
    state: rx.State, name: str, topics: Iterable[str], always: Iterable[str] = ()
) -> AsyncGenerator[News, None]:
    """Yield what is new of some topics while the page is open.

    Args:
        state: Of the page that looks.
        name: What looks; a page has one watch of a name.
        topics: What it follows until `follow` says otherwise.
        always: What it follows besides.
    """
    key = (state.router.session.client_token, name)
    async with aclosing(_feeds[0].watch(key, topics, always)) as watching:
        async for new in watching:
            yield new


def follow(state: rx.State, name: str, topics: Iterable[str]) -> None:
    """Have a watch of this page, if there is one, follow these topics from now on."""
    for feed in _feeds:
        feed.follow((state.router.session.client_token, name), topics)


def of_products(product_ids: Iterable[int]) -> list[str]:
    """The topics of products; what has no id yet is left out."""
    return [changes.product(product_id) for product_id in product_ids if product_id > 0]


async def of_shopper(state: rx.State) -> list[str]:
    """The topic of the cart of this page's shopper, and of a member's orders.

    Asked once, as the page is loaded, which is an activity; and a guest's first question at that.
    """

    def topics(_session: object, shopper: Shopper) -> list[str]:
        user = shopper.user
        return [changes.member(user.id) if user else changes.visit(shopper.visit_id)]

    try:
        return await ask(state, topics)
    except SessionEnded:  # the page is loaded again
        return []


def renewed(cards: list[Card], new: News) -> list[Card]:
    """The cards as they are now; one that is no longer sold says so and keeps its place."""
    return [_renewed(old, new) for old in cards]


def _renewed(old: Card, new: News) -> Card:
    topic = changes.product(old.id)
    if topic not in new:
        return old
    if new[topic] is None:
        return replace(old, stock="No longer sold", tone="bad", can_buy=False)
    return card(new[topic])
