"""What the checkout page shows, as values, and how they are made. Pure but for `read`.

cart, addresses, quote --screen, bill--> what is shown --checkout_form.py--> what is sent
"""

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sqlmodel import Session

from cloudscale.errors import InvalidInput, NotSignedIn, StoreError
from cloudscale.money import dollars
from cloudscale.services import addresses, cart, checkout
from cloudscale.services.addresses import AddressView
from cloudscale.services.cart import CartView
from cloudscale.services.checkout import Quote
from cloudscale.services.identity import Shopper
from cloudscale.state.views import CartRow, cart_row, obstacle

NEW_ADDRESS = "new"
SAME_ADDRESS = "same"
CHECKOUT_FORM = "checkout"
"""Under which the browser keeps what was typed."""
FIELDS = re.compile("(shipping|billing)_(street|city|state|zip_code|country)|card_number")
"""What can be typed on the page."""


@dataclass(frozen=True)
class Choice:
    """One option of a group: an address, a way to deliver, a way to pay."""

    value: str
    name: str
    description: str = ""
    cost: str = ""


@dataclass(frozen=True)
class Bill:
    """The sums as text, and the choices that make them."""

    subtotal: str = ""
    delivery: str = ""
    total: str = ""
    notices: list[str] = field(default_factory=list)
    delivery_options: list[Choice] = field(default_factory=list)
    payment_options: list[Choice] = field(default_factory=list)


@dataclass(frozen=True)
class Screen:
    """The cart that is about to become an order. `status`: loading, guest, empty or ready.

    `obstacle` says what stands between it and the order, in words.
    """

    status: str = "loading"
    rows: list[CartRow] = field(default_factory=list)
    addresses: list[Choice] = field(default_factory=list)
    can_checkout: bool = False
    obstacle: str = ""


@dataclass(frozen=True)
class Chosen:
    """What the shopper chose, by the options' values; `shipping` is empty until there are any."""

    shipping: str = ""
    billing: str = SAME_ADDRESS
    delivery: str = "standard"
    payment: str = "on_delivery"


GROUPS = [group.name for group in fields(Chosen)]


@dataclass(frozen=True)
class Seen:
    """Which cart and which sum are on the screen, and the way to deliver that the sum is of."""

    cart_id: int = 0
    total_cents: int = 0
    delivery: str = ""


@dataclass(frozen=True)
class Found:
    """What the database says; `quote` is None for a guest, who is shown no prices."""

    cart: CartView
    addresses: list[AddressView]
    quote: Quote | None

    @property
    def total_cents(self) -> int:
        """What would be paid; 0 where no prices are shown."""
        return self.quote.total_cents if self.quote else 0


def read(session: Session, shopper: Shopper, delivery: str) -> Found:
    """The shopper's cart, addresses and cost, of one moment."""
    if shopper.user is None:
        return Found(cart.view(session, shopper), [], None)
    quote = checkout.quote(session, shopper, delivery)
    known = addresses.list_addresses(session, shopper)
    return Found(cart.view(session, shopper), known, quote)


def screen(found: Found) -> Screen:
    """The cart and the addresses as the page shows them."""
    status = "empty" if not found.cart.lines else "guest" if found.quote is None else "ready"
    return Screen(
        status=status,
        rows=[cart_row(line) for line in found.cart.lines],
        addresses=[address_choice(address) for address in found.addresses],
        can_checkout=found.cart.can_checkout,
        obstacle=obstacle(found.cart),
    )


def bill(quote: Quote | None, shown: list[str]) -> Bill:
    """The cost as the page shows it.

    Args:
        quote: None where no prices are shown.
        shown: Notices of the same cart that are on the screen; they stay, since a page that
            reconnects asks again, and each notice is told only once.
    """
    if quote is None:
        return Bill()
    return Bill(
        subtotal=dollars(quote.subtotal_cents),
        delivery=_price(quote.delivery_cents),
        total=dollars(quote.total_cents),
        notices=list(dict.fromkeys([*shown, *quote.notices])),
        delivery_options=[
            Choice(o.slug, o.name, o.description, _price(o.cost_cents))
            for o in quote.delivery_options
        ],
        payment_options=[Choice(o.slug, o.name, o.description) for o in quote.payment_options],
    )


def still(chosen: Chosen, known: list[Choice], is_same_cart: bool) -> Chosen:
    """The choices that can still be; what was never chosen, or is gone, becomes the likeliest.

    Args:
        chosen: What the shopper chose.
        known: The addresses, defaults first.
        is_same_cart: Another one may go somewhere else.
    """
    values = {NEW_ADDRESS, *(choice.value for choice in known)}
    likeliest = [choice for choice in known if choice.description == "shipping"] or known
    first = likeliest[0].value if likeliest else NEW_ADDRESS
    return replace(
        chosen,
        shipping=chosen.shipping if is_same_cart and chosen.shipping in values else first,
        billing=chosen.billing if chosen.billing in values else SAME_ADDRESS,
    )


def address_of(chosen: Chosen, kind: str) -> str:
    """The option that is chosen for an address of that kind, the delivery address for both."""
    is_other = kind == "billing" and chosen.billing != SAME_ADDRESS
    return chosen.billing if is_other else chosen.shipping


def choose(chosen: Chosen, group: Any, value: Any) -> Chosen:
    """The choices with another one in a group.

    Raises:
        InvalidInput: There is no such group, or the value is no text; what it names is for the
            services to judge.
    """
    if group not in GROUPS or not isinstance(value, str):
        raise InvalidInput.of("", "Please choose one of the options on this page.")
    return replace(chosen, **{group: value})


def with_address(
    on_screen: Screen, chosen: Chosen, kind: str, added: AddressView
) -> tuple[Screen, Chosen]:
    """The screen with an address, which may be on it already, and the choices with it chosen."""
    option = address_choice(added)
    if option not in on_screen.addresses:
        on_screen = replace(on_screen, addresses=[*on_screen.addresses, option])
    return on_screen, replace(chosen, **{kind: option.value})


def address_choice(address: AddressView) -> Choice:
    """An address as an option."""
    return Choice(str(address.id), address.one_line, address.type)


def faults(refusal: StoreError) -> dict[str, str]:
    """A refusal in words, beside the field at fault or, under "", above the button."""
    if isinstance(refusal, InvalidInput):
        return {e.field if FIELDS.fullmatch(e.field) else "": e.message for e in refusal.errors}
    kept = " Your cart is kept." if isinstance(refusal, NotSignedIn) else ""
    return {"": refusal.message + kept}


def _price(cents: int) -> str:
    return dollars(cents) if cents else "Free"
