"""The store page: the grid that the URL asks for, and the controls that change the URL."""

from contextlib import aclosing
from typing import Any

import reflex as rx

from cloudscale.data.snapshot import category_snapshot, storefront_snapshot
from cloudscale.errors import InvalidInput
from cloudscale.state import live
from cloudscale.state.browser_text import literal
from cloudscale.state.listing import Listing, search_text
from cloudscale.state.storefront import Chip, Storefront, Surroundings, storefront
from cloudscale.state.storefront import chips as chips_of
from cloudscale.state.toast import refuse
from cloudscale.state.views import Card

PRICES = "prices"
"""The id of the price filter's menu."""


def _snapshot() -> list[Card]:
    """The first products as the build knows them, so that the first HTML has a shop in it.

    Names and pictures only: prices, stock and links follow from the database.
    """
    return [
        Card(
            id=-position,
            name=product.name,
            tagline=product.tagline,
            href="",
            picture=f"/products/{product.picture}",
            alt=product.picture_alt,
            tint=f"tint-{product.category_slug}",
            price="",
            stock="",
            tone="good",
            can_buy=False,
        )
        for position, product in enumerate(storefront_snapshot(), start=1)
    ]


class StoreState(rx.State):
    """What the grid shows for the URL of this page."""

    products: list[Card] = _snapshot()
    chips: list[Chip] = chips_of(Listing(), category_snapshot())
    listing: Listing = Listing()
    around: Surroundings = Surroundings()
    error: str = ""
    is_live: bool = False
    _asked: str = ""  # the words that the URL has, or will have when the page has followed

    @rx.event
    async def load(self):
        """Show what the URL asks for; if it cannot be, say why and show the whole store."""
        self._show(found := await storefront(self.router.url.query_parameters))
        return rx.run_script(f"csSearchText({literal(found.listing.q)})")

    @rx.event(background=True)
    async def watch(self):
        """Keep prices and stock as they are now, until the page is left."""
        topics = live.of_products(card.id for card in self.products)
        async with aclosing(live.news(self, live.PAGE, topics)) as watching:
            async for new in watching:
                async with self:
                    self.products = live.renewed(self.products, new)

    @rx.event
    async def search(self, text: str):
        """Results as one types: the URL follows, and the page follows the URL."""
        try:
            wanted = search_text(text)
        except InvalidInput as refusal:
            return await refuse(self, refusal.message)
        if wanted == self._asked:
            return None
        # One step of the history a search: Back leads to where it began.
        goes_on, self._asked = self._asked != "", wanted
        return rx.redirect(self.listing.href(q=wanted), replace=goes_on)

    @rx.event
    async def submit_search(self, form: dict[str, Any]):
        """The same on Enter, without waiting for a pause."""
        text: Any = form.get("q") if isinstance(form, dict) else None
        return await self.search(text)

    @rx.event
    async def choose_sort(self, sort: str):
        """Order the grid otherwise."""
        try:
            return rx.redirect(self.listing.with_sort(sort))
        except InvalidInput as refusal:
            return await refuse(self, refusal.message)

    @rx.event
    async def choose_prices(self, form: dict[str, Any]):
        """Keep to a price range; the form stays open where it is none."""
        try:
            href = self.listing.with_prices(form)
        except InvalidInput as refusal:
            return await refuse(self, refusal.message)
        return [rx.redirect(href), rx.call_script(f"csCloseMenu('{PRICES}')")]

    def _show(self, found: Storefront) -> None:
        self.listing, self._asked, self.error = found.listing, found.listing.q, found.error
        self.products, self.chips, self.around = found.products, found.chips, found.around
        self.is_live = True
        live.follow(self, live.PAGE, live.of_products(card.id for card in self.products))
