"""The store page: the grid that the URL asks for, and the controls that change the URL."""

from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import reflex as rx
from sqlmodel import Session

from cloudscale.data.snapshot import category_snapshot, storefront_snapshot
from cloudscale.db import in_reading
from cloudscale.errors import InvalidInput, StoreError
from cloudscale.services import catalogue
from cloudscale.services.catalogue import CategoryView, Page
from cloudscale.state import live
from cloudscale.state.browser_text import literal
from cloudscale.state.listing import Listing, search_text
from cloudscale.state.toast import refuse
from cloudscale.state.views import Card, card

PRICES = "prices"
"""The id of the price filter's menu."""


@dataclass(frozen=True)
class Chip:
    """A category filter."""

    name: str
    count: int
    href: str
    is_on: bool


@dataclass(frozen=True)
class Surroundings:
    """What stands around the grid: its heading, and the URLs one step away."""

    heading: str = "Everything in the store"
    price_label: str = "Price"
    is_front: bool = True
    stock_href: str = ""
    next_href: str = ""
    previous_href: str = ""
    widen_href: str = ""
    clear_href: str = "/"


def _chips(listing: Listing, categories: list[CategoryView]) -> list[Chip]:
    everything = sum(category.count for category in categories)
    return [
        Chip("All", everything, listing.href(category=""), listing.category == ""),
        *(
            Chip(c.name, c.count, listing.href(category=c.slug), listing.category == c.slug)
            for c in categories
        ),
    ]


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


def _read(session: Session, listing: Listing) -> tuple[Page, list[CategoryView]]:
    return catalogue.browse(session, listing.query()), catalogue.categories(session)


class StoreState(rx.State):
    """What the grid shows for the URL of this page."""

    products: list[Card] = _snapshot()
    chips: list[Chip] = _chips(Listing(), category_snapshot())
    listing: Listing = Listing()
    around: Surroundings = Surroundings()
    error: str = ""
    is_live: bool = False
    _asked: str = ""  # the words that the URL has, or will have when the page has followed

    @rx.event
    async def load(self):
        """Show what the URL asks for; if it cannot be, say why and show the whole store."""
        listing, self.error = Listing.from_params(self.router.url.query_parameters), ""
        try:
            page, categories = await in_reading(_read, listing)
        except StoreError as refusal:
            listing, self.error = Listing(), refusal.message
            page, categories = await in_reading(_read, listing)
        self._show(listing, page, categories)
        return rx.run_script(f"csSearchText({literal(listing.q)})")

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

    def _show(self, listing: Listing, page: Page, categories: list[CategoryView]) -> None:
        self.listing, self._asked = listing, listing.q
        self.products = [card(product) for product in page.products]
        self.chips = _chips(listing, categories)
        self.around = _surroundings(listing, page, categories)
        self.is_live = True
        live.follow(self, live.PAGE, live.of_products(card.id for card in self.products))


def _surroundings(listing: Listing, page: Page, categories: list[CategoryView]) -> Surroundings:
    elsewhere = Listing(q=listing.q, sort=listing.sort)
    return Surroundings(
        heading=_heading(listing, page, categories),
        price_label=_price_label(listing),
        is_front=not (listing.is_narrowed or listing.cursor),
        stock_href=listing.href(stock="" if listing.stock else "1"),
        next_href=listing.href(cursor=page.next_cursor) if page.next_cursor else "",
        previous_href=listing.href(cursor=page.previous_cursor) if page.previous_cursor else "",
        widen_href=elsewhere.href() if listing.q and elsewhere.href() != listing.href() else "",
        clear_href=Listing(sort=listing.sort).href(),
    )


def _heading(listing: Listing, page: Page, categories: list[CategoryView]) -> str:
    """What the grid shows, in words; announced to assistive technology when it changes."""
    shelf = next((c.name for c in categories if c.slug == listing.category), "")
    if page.did_you_mean:
        return f"Nothing matches “{listing.q}”. Showing “{page.did_you_mean}” instead"
    if listing.q:
        return f"Results for “{listing.q}”" + (f" in {shelf}" if shelf else "")
    return shelf or "Everything in the store"


def _price_label(listing: Listing) -> str:
    """What the price filter is called while it is set."""
    low, high = listing.min.removeprefix("$"), listing.max.removeprefix("$")
    if low and high:
        return f"Price: ${low} to ${high}"
    if low:
        return f"Price: from ${low}"
    return f"Price: up to ${high}" if high else "Price"
