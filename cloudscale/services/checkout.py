"""Checkout: what it will cost, and placing the order in one transaction.

    cart --quote--> full cost on the screen --place_order--> OrderView

Prices: an order is placed at the shop's prices of that moment, and only if the shopper was shown
them. Each cart line keeps the price that was shown last: when it was put in, or when `quote` put
the full cost on the screen. Where it differs from the price of now, the order is refused with
`PriceShown`, which tells the new price, or the next `quote` does; then the order can be placed. A
price that a client sends is never used. A page that knows the total on its own screen passes it as
`expected_total_cents`, which covers a second tab as well: it can only refuse, never set a price.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from cloudscale.errors import (
    InvalidInput,
    NotFound,
    OutOfStock,
    PriceChanged,
    PriceShown,
    RuleRefused,
)
from cloudscale.models import utc_now
from cloudscale.money import dollars
from cloudscale.services import cart, delivery, order_rows, orders, payment
from cloudscale.services.cart import CartLineView, CartView
from cloudscale.services.checks import row_id
from cloudscale.services.identity import Shopper
from cloudscale.services.order_views import OrderView
from cloudscale.services.purchase import Purchase, Request, complete

MAX_KEY_LENGTH = 200
KEY_KEPT = timedelta(hours=24)
"""How long an idempotency key gives the same order; then it is free for another."""
EMPTY_CART = (
    "Your cart is empty, so there is nothing to order. "
    "What you have ordered already is under Orders."
)


@dataclass(frozen=True, slots=True)
class Option:
    """A way to deliver or to pay. `cost_cents` is 0 for payment methods."""

    slug: str
    name: str
    description: str
    cost_cents: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What the cart costs, in cents, with the chosen delivery.

    `notices` tells of prices that changed since the shopper saw them; with this quote they are
    shown, so they are told once here.
    """

    cart_id: int | None
    subtotal_cents: int
    delivery_cents: int
    total_cents: int
    delivery_options: list[Option]
    payment_options: list[Option]
    notices: list[str] = field(default_factory=list)


def quote(session: Session, shopper: Shopper, delivery_method: str = "standard") -> Quote:
    """The full cost before the button is pressed; notes that these prices were shown.

    Raises:
        InvalidInput: There is no such delivery method (422).
    """
    chosen = delivery.method(delivery_method)
    seen = cart.view(session, shopper)
    changed = _changed_prices(seen)
    if changed:
        cart.acknowledge(session, shopper, seen)
    subtotal = seen.subtotal_cents
    cost = chosen.cost_cents(subtotal) if subtotal else 0
    return Quote(
        cart_id=seen.id,
        subtotal_cents=subtotal,
        delivery_cents=cost,
        total_cents=subtotal + cost,
        delivery_options=[
            Option(way.slug, way.name, way.description, way.cost_cents(subtotal))
            for way in delivery.METHODS.values()
        ],
        payment_options=[
            Option(way.slug, way.name, way.description, 0) for way in payment.METHODS.values()
        ],
        notices=changed,
    )


def place_order(
    session: Session,
    shopper: Shopper,
    *,
    shipping_address_id: int,
    billing_address_id: int,
    delivery_method: str = "standard",
    payment_method: str = "on_delivery",
    card_number: str = "",
    idempotency_key: str | None = None,
    expected_total_cents: int | None = None,
) -> OrderView:
    """Turn the cart into an order: stock, prices, payment, timeline and notice, or nothing.

    Args:
        session: Open transaction; a refusal must roll it back.
        shopper: A member, whose open cart it is; a virtual one's takes no stock, sends no notice.
        shipping_address_id: One of the member's addresses, and so is the next.
        billing_address_id: The same if you like.
        delivery_method: A slug of `delivery.METHODS`.
        payment_method: A slug of `payment.METHODS`.
        card_number: For the test card; never stored.
        idempotency_key: For 24 hours the same key and request give the same order, also at once.
        expected_total_cents: The total that the shopper has on the screen, if known.

    Returns:
        The order, new or the one that the key gave before.

    Raises:
        InvalidInput: A method, the key or the card number is at fault (422).
        NotSignedIn, PaymentDeclined, NotFound: A guest; the provider's no; not his address.
        OutOfStock, PriceChanged: More than is on hand; other prices than were shown (409).
        RuleRefused: An empty cart, or a key that was used for another request (409).
    """
    member = shopper.require_user().id
    request = Request(
        row_id(shipping_address_id, "address"),
        row_id(billing_address_id, "address"),
        delivery.method(delivery_method),
        payment.method(payment_method),
        _checked_key(idempotency_key),
    )
    found = order_rows.open_request(session, member, request.key, request.address_ids)
    if earlier := _earlier_order(session, shopper, request, found):
        return earlier
    bought = _purchase(session, shopper, request, found)
    _require_orderable(session, shopper, bought, expected_total_cents)
    request.payment.provider.check(card_number)
    _take_stock(session, shopper, bought)
    return complete(session, bought, card_number)


def _purchase(
    session: Session, shopper: Shopper, request: Request, found: Row[Any] | None
) -> Purchase:
    """What is in the cart now, to be bought as was asked."""
    seen, context = cart.view(session, shopper), _require_context(found)
    return Purchase(shopper.require_user(), request, context, seen, shopper.is_virtual)


def _require_context(found: Row[Any] | None) -> Row[Any]:
    """The request's context, which must hold an open cart and both addresses."""
    if found is None:
        raise RuleRefused(EMPTY_CART)
    if found.shipping is None or found.billing is None:
        raise NotFound("address")
    return found


def _checked_key(key: Any) -> str | None:
    if key is None or key == "":
        return None
    if not isinstance(key, str) or len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise InvalidInput.of(
            "idempotency_key",
            f"Idempotency-Key must be printable text of at most {MAX_KEY_LENGTH} characters.",
        )
    return key


def _earlier_order(
    session: Session, shopper: Shopper, request: Request, found: Row[Any] | None
) -> OrderView | None:
    """The order that this key gave already, or None."""
    if request.key is None:
        return None
    if found is None:
        # Also where a twin of this request has just closed the cart while this one waited.
        found = order_rows.placed_with(session, shopper.require_user().id, request.key)
    if found is None or found.order_id is None:
        return None
    if utc_now() - found.created_at >= KEY_KEPT:
        order_rows.forget_key(session, found.order_id)
        return None
    if found.request_fingerprint != request.fingerprint:
        raise RuleRefused(
            "This order was placed already, with other choices (the same Idempotency-Key). "
            "You find it under Orders."
        )
    return orders.detail(session, shopper, found.order_id)


def _price_change(line: CartLineView) -> str:
    was, now = dollars(line.seen_price_cents), dollars(line.price_cents)
    return f"The price of {line.name} went from {was} to {now}."


def _changed_prices(seen: CartView) -> list[str]:
    """In words, each price that is not the one shown last."""
    changed = [line for line in seen.lines if line.price_cents != line.seen_price_cents]
    return [_price_change(line) for line in changed]


def _require_orderable(
    session: Session, shopper: Shopper, bought: Purchase, expected_total_cents: int | None
) -> None:
    """Refuse a cart that is empty, or holds what cannot be had or has a price not yet shown."""
    if not bought.cart.lines:
        raise RuleRefused(EMPTY_CART)
    for line in bought.cart.lines:
        if not line.is_sold:
            raise RuleRefused(f"{line.name} is no longer sold. Please remove it from your cart.")
        if not line.can_order:
            raise OutOfStock(line.name, line.quantity, line.available)
    changed = _changed_prices(bought.cart)
    if changed:
        cart.acknowledge(session, shopper, bought.cart)  # the refusal shows them
        raise PriceShown(" ".join(changed))
    if expected_total_cents not in {None, bought.total_cents}:
        raise PriceChanged(f"Your order now costs {dollars(bought.total_cents)}.")


def _take_stock(session: Session, shopper: Shopper, bought: Purchase) -> None:
    """Take it all at the prices that were just checked, or refuse (and so undo) all."""
    taken = order_rows.take_stock(session, bought.cart_id, is_test=bought.is_test)
    if taken == {line.product_id: line.price_cents for line in bought.cart.lines}:
        return
    # Someone was faster between our look and our taking: look again to say what changed.
    for line in cart.view(session, shopper).lines:
        if line.product_id not in taken:
            raise OutOfStock(line.name, line.quantity, line.available)
        if taken[line.product_id] != line.seen_price_cents:
            raise PriceChanged(_price_change(line))
    raise PriceChanged("Something in your cart changed just now.")
