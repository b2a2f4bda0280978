"""The store page: the grid that the URL asks for, and the controls that change the URL."""

from dataclasses import dataclass

import reflex as rx
from sqlmodel import Session

from cloudscale.data.snapshot import category_snapshot, storefront_snapshot
from cloudscale.db import in_transaction
from cloudscale.errors import StoreError
from cloudscale.services import catalogue
from cloudscale.services.catalogue import CategoryView, Page
from cloudscale.state.listing import Listing
from cloudscale.state.views import Card, card


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

    @rx.event
    async def load(self):
        """Show what the URL asks for."""
        self.listing = Listing.from_params(self.router.url.query_parameters)
        try:
            page, categories = await in_transaction(_read, self.listing)
        except StoreError as refusal:
            self.error = refusal.message
            page, categories = await in_transaction(_read, Listing())
        else:
            self.error = ""
        self._show(page, categories)
        return rx.run_script(f"csSearchText({rx.vars.LiteralVar.create(self.listing.q)!s})")

    @rx.event
    def search(self, text: str):
        """Results as one types: the URL follows, and the page follows the URL."""
        if text.strip() == self.listing.q:
            return None
        return rx.redirect(self.listing.href(q=text.strip()[:200], category=""), replace=True)

    @rx.event
    def choose_sort(self, sort: str):
        """Order the grid otherwise."""
        return rx.redirect(self.listing.href(sort=sort))

    @rx.event
    def choose_prices(self, form: dict[str, str]):
        """Keep to a price range."""
        low, high = str(form.get("min", ""))[:12], str(form.get("max", ""))[:12]
        return rx.redirect(self.listing.href(min=low.strip(), max=high.strip()))

    def _show(self, page: Page, categories: list[CategoryView]) -> None:
        listing = self.listing
        self.products = [card(product) for product in page.products]
        self.chips = _chips(listing, categories)
        self.around = Surroundings(
            heading=_heading(listing, page, categories),
            price_label=_price_label(listing),
            is_front=not (listing.is_narrowed or listing.cursor),
            stock_href=listing.href(stock="" if listing.stock else "1"),
            next_href=listing.href(cursor=page.next_cursor) if page.next_cursor else "",
            previous_href=listing.href(cursor=page.previous_cursor) if page.previous_cursor else "",
            clear_href=Listing(sort=listing.sort).href(),
        )
        self.is_live = True


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
    if listing.min and listing.max:
        return f"Price: ${listing.min} to ${listing.max}"
    if listing.min:
        return f"Price: from ${listing.min}"
    return f"Price: up to ${listing.max}" if listing.max else "Price"
