"""The checkout page: where to, how, what it costs, and the one button."""

from contextlib import suppress
from typing import Any

import reflex as rx
from sqlalchemy.exc import SQLAlchemyError

from cloudscale import routes
from cloudscale.errors import InvalidInput, NotSignedIn, StoreError
from cloudscale.services import addresses, checkout
from cloudscale.services.order_views import OrderView
from cloudscale.state import checkout_form as sent
from cloudscale.state import checkout_screen as shown
from cloudscale.state.auth import ask, reload_page
from cloudscale.state.cart import CHANGED_KEY, TELL_OTHER_TABS
from cloudscale.state.checkout_screen import (
    CHECKOUT_FORM,
    NEW_ADDRESS,
    Bill,
    Chosen,
    Screen,
    Seen,
)
from cloudscale.state.members import forget_typed

UNKNOWN = {
    "": "The store did not answer, so we cannot say whether the order was placed. Press the button "
    "again: one cart becomes one order, however often you do."
}
# To the first field at fault, else to the words above the button.
FOCUS = "(document.querySelector('[aria-invalid=true]') ?? document.getElementById('why'))?.focus()"

# Radio buttons follow the click at once; this has them say what the server knows.
FOLLOW, FOLLOW_REFUSAL = rx.call_script("csFollow()"), rx.call_script("csFollow(true)")


def _placed(order: OrderView) -> list[rx.event.EventSpec]:
    """On to the order's page; the cart is empty now."""
    page = f"{routes.order(order.id)}?placed=1"
    return [rx.call_script(TELL_OTHER_TABS), forget_typed(CHECKOUT_FORM), rx.redirect(page)]


class CheckoutState(rx.State):
    """The choices on the checkout page; nothing is ordered before `place_order`."""

    screen: Screen = Screen()
    bill: Bill = Bill()
    chosen: Chosen = Chosen()
    faults: dict[str, str] = {}
    is_busy: bool = False
    has_to_sign_in: bool = False
    seen: Seen = Seen()
    _is_early: bool = False  # pressed while the page was still coming (back) to life

    @rx.event
    async def load(self):
        """Show cart, addresses and cost; a page that reconnects keeps what was chosen."""
        if not self._is_early:
            self.faults, self.has_to_sign_in = {}, False
        self.is_busy = self._is_early = False
        try:
            await self._refresh()
        except StoreError:
            return reload_page()
        return FOLLOW

    @rx.event
    async def cart_changed(self, key: str, _old: str, _new: str, _url: str):
        """The cart is another one now, by any door; what is said of the form stays."""
        if key == CHANGED_KEY and self.screen.status != "loading":
            with suppress(StoreError):
                await self._refresh()
        return FOLLOW

    @rx.event
    async def choose(self, group: str, value: str):
        """Deliver to, bill to, deliver by, or pay by one of the options, and show what it costs."""
        before, self.faults = self.chosen, {}
        try:
            self.chosen = shown.choose(before, group, value)
            await self._refresh()
        except StoreError as refusal:
            self.chosen, self.faults = before, {"": refusal.message}
            return FOLLOW_REFUSAL

    @rx.event
    async def place_order(self, form: dict[str, Any]):
        """Place the order and go to its page, or say why not with everything kept."""
        if self.is_busy:
            return
        self.is_busy, self.faults, self._is_early = True, {}, not self.is_hydrated
        yield
        order = await self._try(form)
        self.is_busy = order is not None  # a second click would go to its page once more
        yield [rx.call_script(FOCUS), FOLLOW] if order is None else _placed(order)

    async def _try(self, form: dict[str, Any]) -> OrderView | None:
        """The order, or None with the reason on the screen."""
        try:
            return await self._order(sent.typed(form))
        except SQLAlchemyError:
            self.faults = UNKNOWN
        except StoreError as refusal:
            self.faults = shown.faults(refusal)
            self.has_to_sign_in = isinstance(refusal, NotSignedIn)
            if not isinstance(refusal, InvalidInput | NotSignedIn):
                with suppress(StoreError):
                    await self._refresh()  # what changed is on the screen now, prices included
        return None

    async def _order(self, form: dict[str, Any]) -> OrderView:
        seen = await self._at_press(form)
        there = [await self._address(form, kind) for kind in ("shipping", "billing")]
        return await ask(self, checkout.place_order, **sent.wish(form, self.chosen, seen, *there))

    async def _at_press(self, form: dict[str, Any]) -> Seen:
        """What was on the screen at the press, which may have waited while Redis lost the page."""
        if not self.seen.cart_id:
            await self._refresh()
        picked = sent.picked(form, self.chosen, self.screen, self.bill)
        if picked != self.chosen:
            self.chosen = picked
            await self._refresh()
        return sent.seen(form, self.seen)

    async def _address(self, form: dict[str, Any], kind: str) -> int:
        """The id of the chosen address; a new one is kept first, so that a retry finds it."""
        if (address := shown.address_of(self.chosen, kind)) != NEW_ADDRESS:
            return sent.number(address)
        with sent.called(kind):
            added = await ask(self, addresses.keep, sent.address(form, kind))
        self.screen, self.chosen = shown.with_address(self.screen, self.chosen, kind, added)
        return added.id

    async def _refresh(self) -> None:
        """Show cart, addresses and cost as they are now, and remember what was shown."""
        found = await ask(self, shown.read, self.chosen.delivery)
        is_same_cart = found.cart.id == self.seen.cart_id
        self.screen = shown.screen(found)
        self.bill = shown.bill(found.quote, self.bill.notices if is_same_cart else [])
        self.chosen = shown.still(self.chosen, self.screen.addresses, is_same_cart)
        self.seen = Seen(found.cart.id or 0, found.total_cents, self.chosen.delivery)
