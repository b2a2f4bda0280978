"""The checkout page: where to, how, what it costs, and the one button."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from cloudscale import routes
from cloudscale.errors import InvalidInput, SessionEnded, StoreError
from cloudscale.money import dollars
from cloudscale.services import addresses, cart, checkout
from cloudscale.services.addresses import AddressInput
from cloudscale.services.identity import Shopper
from cloudscale.state.auth import ask, reload_page
from cloudscale.state.cart import TELL_OTHER_TABS
from cloudscale.state.views import CartRow, cart_row

NEW_ADDRESS = "new"


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
    """The cart that is about to become an order. `status`: loading, guest, empty or ready."""

    status: str = "loading"
    rows: list[CartRow] = field(default_factory=list)
    addresses: list[Choice] = field(default_factory=list)
    can_checkout: bool = False


def _bill(quote: checkout.Quote) -> Bill:
    def price(cents: int) -> str:
        return dollars(cents) if cents else "Free"

    return Bill(
        subtotal=dollars(quote.subtotal_cents),
        delivery=price(quote.delivery_cents),
        total=dollars(quote.total_cents),
        notices=quote.notices,
        delivery_options=[
            Choice(o.slug, o.name, o.description, price(o.cost_cents))
            for o in quote.delivery_options
        ],
        payment_options=[Choice(o.slug, o.name, o.description) for o in quote.payment_options],
    )


def _read(
    session: Any, shopper: Shopper, delivery: str
) -> tuple[bool, cart.CartView, list[addresses.AddressView], checkout.Quote]:
    known = addresses.list_addresses(session, shopper) if shopper.user else []
    quote = checkout.quote(session, shopper, delivery)
    return shopper.user is not None, cart.view(session, shopper), known, quote


def _address_from(form: dict[str, Any], prefix: str, kind: str) -> AddressInput:
    names = ("street", "city", "state", "zip_code", "country")
    given = {name: str(form.get(f"{prefix}_{name}", "")) for name in names}
    return AddressInput(type=kind, **given)


class CheckoutState(rx.State):
    """The choices on the checkout page; nothing is ordered before `place_order`."""

    screen: Screen = Screen()
    bill: Bill = Bill()
    shipping: str = NEW_ADDRESS
    billing: str = "same"
    delivery: str = "standard"
    payment: str = "on_delivery"
    faults: dict[str, str] = {}
    is_busy: bool = False
    _cart_id: int = 0
    _total_cents: int = 0

    @rx.event
    async def load(self):
        """Show cart, addresses and cost."""
        self.faults, self.is_busy = {}, False
        try:
            await self._refresh()
        except SessionEnded:
            return reload_page()

    @rx.event
    def choose_shipping(self, value: str):
        """Deliver to this address, or to a new one."""
        self.shipping = value

    @rx.event
    def choose_billing(self, value: str):
        """Bill to the delivery address, to a known one, or to a new one."""
        self.billing = value

    @rx.event
    async def choose_delivery(self, value: str):
        """Deliver this way, and show what it costs."""
        try:
            self._show(await ask(self, checkout.quote, value))
            self.delivery = value
        except StoreError as refusal:
            self.faults = {"": refusal.message}

    @rx.event
    def choose_payment(self, value: str):
        """Pay this way."""
        self.payment = value

    @rx.event
    async def place_order(self, form: dict[str, Any]):
        """Place the order and go to its page, or say why not with everything kept."""
        if self.is_busy:
            return
        self.is_busy, self.faults = True, {}
        yield
        try:
            shipping_id = await self._address(form, self.shipping, "shipping")
            billing_id = (
                shipping_id
                if self.billing == "same"
                else await self._address(form, self.billing, "billing")
            )
            order = await ask(
                self,
                checkout.place_order,
                shipping_address_id=shipping_id,
                billing_address_id=billing_id,
                delivery_method=self.delivery,
                payment_method=self.payment,
                card_number=str(form.get("card_number", "")),
                expected_total_cents=self._total_cents,
                # One cart becomes one order, however often the button is pressed.
                idempotency_key=f"cart-{self._cart_id}",
            )
        except InvalidInput as refusal:
            self.faults = {error.field: error.message for error in refusal.errors}
        except StoreError as refusal:
            await self._refresh()  # what changed is on the screen now, prices included
            self.faults = {"": refusal.message}
        else:
            yield rx.call_script(TELL_OTHER_TABS)
            yield rx.redirect(f"{routes.order(order.id)}?placed=1")
            return
        self.is_busy = False
        yield rx.call_script("document.querySelector('[aria-invalid=true]')?.focus()")

    async def _refresh(self) -> None:
        """Show cart, addresses and cost as they are now."""
        is_member, view, known, quote = await ask(self, _read, self.delivery)
        choices = [Choice(str(a.id), a.one_line, a.type) for a in known]
        self.screen = Screen(
            status="ready" if is_member and view.lines else "guest" if view.lines else "empty",
            rows=[cart_row(line) for line in view.lines],
            addresses=choices,
            can_checkout=view.can_checkout,
        )
        self._show(quote)
        if self.shipping not in {choice.value for choice in choices}:
            shipping = [choice for choice in choices if choice.description == "shipping"]
            self.shipping = (shipping or choices)[0].value if choices else NEW_ADDRESS

    def _show(self, quote: checkout.Quote) -> None:
        """Put the cost on the screen, and remember what was shown."""
        self.bill = _bill(quote)
        self._cart_id, self._total_cents = quote.cart_id or 0, quote.total_cents

    async def _address(self, form: dict[str, Any], chosen: str, kind: str) -> int:
        """The id of the chosen address; a new one is kept first, so that a retry finds it."""
        if chosen != NEW_ADDRESS:
            return int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0
        try:
            added = await ask(self, addresses.add, _address_from(form, kind, kind))
        except InvalidInput as refusal:
            raise InvalidInput(
                *(type(e)(f"{kind}_{e.field}", e.message) for e in refusal.errors)
            ) from None
        choice = Choice(str(added.id), added.one_line, added.type)
        self.screen = Screen(
            self.screen.status,
            self.screen.rows,
            [*self.screen.addresses, choice],
            self.screen.can_checkout,
        )
        setattr(self, kind, choice.value)
        return added.id
