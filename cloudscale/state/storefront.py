"""What the store shows for a URL, as values: for the page, and for its first HTML.

parameters --Listing--> catalogue --> Storefront; of what cannot be asked: why, and the whole store
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from cloudscale.db import in_reading
from cloudscale.errors import StoreError
from cloudscale.services import catalogue
from cloudscale.services.catalogue import CategoryView, Page
from cloudscale.state.listing import SORT_NAMES, Listing
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
    widen_href: str = ""
    clear_href: str = "/"


def chips(listing: Listing, categories: list[CategoryView]) -> list[Chip]:
    """The category filters of a listing, "All" first."""
    everything = sum(category.count for category in categories)
    return [
        Chip("All", everything, listing.href(category=""), listing.category == ""),
        *(
            Chip(c.name, c.count, listing.href(category=c.slug), listing.category == c.slug)
            for c in categories
        ),
    ]


@dataclass(frozen=True)
class Storefront:
    """All that the store shows; `error` says why it is not what the URL asks for."""

    listing: Listing
    products: list[Card]
    chips: list[Chip]
    around: Surroundings
    error: str = ""


async def storefront(params: Mapping[str, str]) -> Storefront:
    """What a URL asks for; if it cannot be, why, and the whole store."""
    listing, error = Listing.from_params(params), ""
    try:
        found = await in_reading(_read, listing)
    except StoreError as refusal:
        listing, error = Listing(), refusal.message
        found = await in_reading(_read, listing)
    return _stand(listing, *found, error)


async def first_storefront(params: Mapping[str, str]) -> dict[str, Any] | None:
    """The same for the first HTML; None where the build's snapshot is what the URL asks for."""
    if Listing.from_params(params) == Listing():
        return None
    return {**vars(await storefront(params)), "sort_names": SORT_NAMES}


def _read(session: Session, listing: Listing) -> tuple[Page, list[CategoryView]]:
    return catalogue.browse(session, listing.query()), catalogue.categories(session)


def _stand(listing: Listing, page: Page, categories: list[CategoryView], error: str) -> Storefront:
    return Storefront(
        listing=listing,
        products=[card(product) for product in page.products],
        chips=chips(listing, categories),
        around=_surroundings(listing, page, categories),
        error=error,
    )


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
