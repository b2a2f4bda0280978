"""What screens show: frozen values with their texts ready, made from the services' views.

ProductCard (cents, stock) --card--> Card ("$899.00", "Only 3 left")
"""

from dataclasses import dataclass

from cloudscale import routes
from cloudscale.money import dollars
from cloudscale.services.cart import CartLineView
from cloudscale.services.catalogue import LOW_STOCK, ProductCard, stock_label


def stock_tone(stock: int) -> str:
    """The tone that goes with the words: "bad", "warn" or "good"."""
    if stock <= 0:
        return "bad"
    return "warn" if stock <= LOW_STOCK else "good"


@dataclass(frozen=True)
class Card:
    """A product in a grid. `price` is empty until the database has said it."""

    id: int
    name: str
    tagline: str
    href: str
    picture: str
    alt: str
    tint: str
    price: str
    stock: str
    tone: str
    can_buy: bool


def card(product: ProductCard) -> Card:
    """A product as its card shows it."""
    return Card(
        id=product.id,
        name=product.name,
        tagline=product.tagline,
        href=routes.product(product.id),
        picture=routes.picture(product.picture),
        alt=product.picture_alt,
        tint=f"tint-{product.category_slug}",
        price=dollars(product.price_cents),
        stock=stock_label(product.stock),
        tone=stock_tone(product.stock),
        can_buy=product.stock > 0,
    )


@dataclass(frozen=True)
class CartRow:
    """A cart line with its texts."""

    id: int
    product_id: int
    name: str
    href: str
    picture: str
    alt: str
    quantity: int
    price: str
    line_total: str
    notice: str
    can_order: bool
    can_increase: bool


def cart_row(line: CartLineView) -> CartRow:
    """A cart line as the dialog shows it."""
    return CartRow(
        id=line.id,
        product_id=line.product_id,
        name=line.name,
        href=routes.product(line.product_id),
        picture=routes.picture(line.picture),
        alt=line.picture_alt,
        quantity=line.quantity,
        price=dollars(line.price_cents),
        line_total=dollars(line.line_total_cents),
        notice=line.notice,
        can_order=line.can_order,
        can_increase=line.quantity < line.available,
    )
