"""The product page: one product whole, its pictures, and how many to buy."""

from contextlib import aclosing
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

import reflex as rx

from cloudscale import routes
from cloudscale.db import in_reading
from cloudscale.errors import StoreError
from cloudscale.live.feed import News
from cloudscale.services import catalogue, changes
from cloudscale.services.cart import MAX_QUANTITY
from cloudscale.services.catalogue import ProductCard, ProductDetail
from cloudscale.state import live
from cloudscale.state.listing import Listing
from cloudscale.state.toast import refuse
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
        description=detail.card.description,
        category=detail.card.category_name,
        category_href=Listing(category=detail.card.category_slug).href(),
        most=most(detail.card),
        pictures=[
            Picture(routes.picture(file), alt, position)
            for position, (file, alt) in enumerate(detail.shown_pictures)
        ],
        specifications=[Specification(name, value) for name, value in detail.specifications],
    )


def with_card(shown: ProductScreen, product: ProductCard) -> ProductScreen:
    """The screen with the price, stock and words of now."""
    return replace(shown, card=card(product), description=product.description, most=most(product))


def most(product: ProductCard) -> int:
    """How many can be put into the cart at once; 1 where there are none."""
    return max(1, min(product.stock, MAX_QUANTITY))


class ProductState(rx.State):
    """The product of a URL. `status` is ready or missing, and holds for the URL ending in `asked`.

    The page compares `asked` with its own URL, so that it never shows one product under the
    address of another.
    """

    asked: str = ""
    status: str = ""
    title: str = "Product | CloudScale"
    product: ProductScreen = NOTHING_YET
    related: list[Card] = []
    picture: int = 0
    quantity: int = 1

    @rx.event
    async def load(self):
        """Show the product of the URL."""
        asked = unquote(self.router.url.path.rstrip("/").rpartition("/")[2])
        try:
            detail = await in_reading(catalogue.product, int(asked))
        except (ValueError, StoreError):
            self.status, self.product, self.related = "missing", NOTHING_YET, []
            self.title = "Not found | CloudScale"
        else:
            self.status, self.product = "ready", screen(detail)
            self.title = f"{detail.card.name} | CloudScale"
            self.related = [card(product) for product in detail.related]
        if asked != self.asked:  # the same one again is a reload, or a new connection
            self.asked, self.picture, self.quantity = asked, 0, 1
        self.picture = min(self.picture, max(len(self.product.pictures) - 1, 0))
        self.quantity = min(self.quantity, self.product.most)
        live.follow(self, live.PAGE, self._topics())

    @rx.event(background=True)
    async def watch(self):
        """Keep price and stock as they are now, until the page is left."""
        async with aclosing(live.news(self, live.PAGE, self._topics())) as watching:
            async for new in watching:
                async with self:
                    await self._renew(new)

    def _topics(self) -> list[str]:
        return live.of_products(card.id for card in [self.product.card, *self.related])

    async def _renew(self, new: News) -> None:
        self.related = live.renewed(self.related, new)
        topic = changes.product(self.product.card.id)
        if topic not in new:
            return
        if (found := new[topic]) is None:
            await self.load()  # it says that it is no longer there
        else:
            self.product = with_card(self.product, found)
            self.quantity = min(self.quantity, self.product.most)

    @rx.event
    async def look_at(self, position: int):
        """Show another picture."""
        if type(position) is not int or not 0 <= position < len(self.product.pictures):
            return await refuse(self, "There is no such picture.")
        self.picture = position
        return None

    @rx.event
    def more(self):
        """One more to buy."""
        self.quantity = min(self.quantity + 1, self.product.most)

    @rx.event
    def fewer(self):
        """One less to buy."""
        self.quantity = max(self.quantity - 1, 1)
