"""A line that was taken out of the cart, put back: all of it, or what is left of it.

product, quantity --put_back--> lock cart -> as much as there is -> CartView
"""

from sqlmodel import Session

from cloudscale.errors import NotFound, RuleRefused
from cloudscale.services.cart import MAX_LINES, MAX_QUANTITY, CartView, view
from cloudscale.services.cart_rows import Wanted, open_cart, put_in
from cloudscale.services.checks import row_id, whole_number
from cloudscale.services.identity import Shopper


def put_back(
    session: Session, shopper: Shopper, product_id: int, quantity: int, seen_price_cents: int
) -> CartView:
    """Put a removed line back, with whatever notice it has by now.

    Unlike `cart.add` it takes what is left where that is less, and a product that is sold out or
    no longer sold comes back as a line that says so.

    Args:
        session: Open transaction.
        shopper: Whose cart.
        product_id: What the line held.
        quantity: How many units it held.
        seen_price_cents: The price that its shopper was shown last.

    Returns:
        The cart after the change.

    Raises:
        InvalidInput: The quantity is not a whole number from 1 to MAX_QUANTITY (422).
        NotFound: The product is no longer in the database (404).
        RuleRefused: The cart is full by now (409).
    """
    whole_number("quantity", quantity, 1, MAX_QUANTITY)
    row_id(product_id, "product")
    cart_id = open_cart(session, shopper)
    put_in(session, cart_id, [Wanted(product_id, quantity, seen_price_cents)])
    cart = view(session, shopper)
    if any(line.product_id == product_id for line in cart.lines):
        return cart
    if len(cart.lines) < MAX_LINES:
        raise NotFound("product")
    raise RuleRefused(
        f"Your cart is full: it holds at most {MAX_LINES} different products. "
        "Remove one to make room, then put this one back."
    )
