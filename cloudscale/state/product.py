"""The product page: one product whole, its pictures, and how many to buy."""

from dataclasses import dataclass, field

import reflex as rx

from cloudscale import routes
from cloudscale.db import in_transaction
from cloudscale.errors import StoreError
from cloudscale.services import catalogue
from cloudscale.services.cart import MAX_QUANTITY
from cloudscale.services.catalogue import ProductDetail
from cloudscale.state.listing import Listing
from cloudscale.state.views import Card, card


@dataclass(frozen=True)
class Picture:
    """One picture of the gallery."""

    src: str
    alt: str
    position: int


@dataclass(frozen=True)
class Specification:
    """One row of the specification."""

    name: str
    value: str


@dataclass(frozen=True)
class ProductScreen:
    """All that the page says of one product."""

    card: Card
    description: str = ""
    category: str = ""
    category_href: str = routes.STORE
    most: int = 1
    pictures: list[Picture] = field(default_factory=list)
    specifications: list[Specification] = field(default_factory=list)


NOTHING_YET = ProductScreen(Card(0, "", "", "", "", "", "", "", "", "good", False))


def screen(detail: ProductDetail) -> ProductScreen:
    """A product as its page shows it."""
    return ProductScreen(
        card=card(detail.card),
        description=detail.description,
        category=detail.card.category_name,
        category_href=Listing(category=detail.card.category_slug).href(),
        most=max(1, min(detail.card.stock, MAX_QUANTITY)),
        pictures=[
            Picture(routes.picture(file), alt, position)
            for position, (file, alt) in enumerate(detail.pictures)
        ],
        specifications=[Specification(name, value) for name, value in detail.specifications],
    )


class ProductState(rx.State):
    """The product that this page's URL names. `status` is loading, ready or missing."""

    status: str = "loading"
    title: str = "Product | CloudScale"
    product: ProductScreen = NOTHING_YET
    related: list[Card] = []
    picture: int = 0
    quantity: int = 1

    @rx.event
    async def load(self):
        """Show the product of the URL."""
        self.picture, self.quantity = 0, 1
        try:
            product_id = int(self.router.url.path.rstrip("/").rpartition("/")[2])
            detail = await in_transaction(catalogue.product, product_id)
        except (ValueError, StoreError):
            self.status, self.product, self.related = "missing", NOTHING_YET, []
            self.title = "Not found | CloudScale"
            return
        self.status, self.product = "ready", screen(detail)
        self.title = f"{detail.card.name} | CloudScale"
        self.related = [card(product) for product in detail.related]

    @rx.event
    def look_at(self, position: int):
        """Show another picture."""
        self.picture = position if 0 <= position < len(self.product.pictures) else 0

    @rx.event
    def more(self):
        """One more to buy."""
        self.quantity = min(self.quantity + 1, self.product.most)

    @rx.event
    def fewer(self):
        """One less to buy."""
        self.quantity = max(self.quantity - 1, 1)
