"""What screens show: frozen values with their texts ready, made from the services' views.

ProductCard (cents, stock) --card--> Card ("$899.00", "Only 3 left")
"""

from dataclasses import dataclass

from cloudscale import routes
from cloudscale.money import dollars
from cloudscale.services.cart import CartLineView, CartView
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
    seen_price_cents: int
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
        seen_price_cents=line.seen_price_cents,
        can_order=line.can_order,
        can_increase=line.quantity < line.available,
    )


def obstacle(cart: CartView) -> str:
    """What stands between the cart and the checkout, in words; empty where nothing does."""
    stuck = [line.name for line in cart.lines if not line.can_order]
    if not stuck:
        return ""
    if len(stuck) == len(cart.lines):
        return "Nothing in your cart can be ordered as it is; see the notes above."
    if len(stuck) == 1:
        return f"{stuck[0]} cannot be ordered as it is. Change or remove it to check out."
    return (
        f"{len(stuck)} of the {len(cart.lines)} products in your cart cannot be ordered as they "
        "are. Change or remove them to check out."
    )


def put_back_words(removed: CartRow, cart: CartView) -> str:
    """What came of putting a removed line back into the cart."""
    line = next(line for line in cart.lines if line.product_id == removed.product_id)
    if not line.can_order:
        return f"{line.name} is back in your cart, but cannot be ordered now. {line.notice}"
    if line.quantity < removed.quantity:
        return f"{line.name} is back in your cart, but only {line.quantity}: no more are left."
    return f"{line.name} is back in your cart."
