"""The cart dialog: its lines, its stepper buttons, and the other tabs that must agree."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import reflex as rx

from cloudscale.errors import SessionEnded, StoreError
from cloudscale.money import dollars
from cloudscale.services import cart
from cloudscale.services.cart import CartView
from cloudscale.state.auth import ask
from cloudscale.state.toast import refuse, say
from cloudscale.state.views import CartRow, cart_row

# Other tabs hear of a change by the browser's `storage` event on this key.
CHANGED_KEY = "cs_cart"
TELL_OTHER_TABS = f"localStorage.setItem('{CHANGED_KEY}', String(Date.now()))"


class CartState(rx.State):
    """The shopper's cart on this page; the cart itself is in the database."""

    rows: list[CartRow] = []
    count: int = 0
    subtotal: str = "$0.00"
    can_checkout: bool = False
    is_known: bool = False
    _removed: tuple[int, int] | None = None

    @rx.event
    async def load(self):
        """Show the cart as it is now."""
        await self._refresh()

    @rx.event
    async def changed_elsewhere(self, key: str, _old: str, _new: str, _url: str):
        """Another tab of this browser changed the cart."""
        if key == CHANGED_KEY:
            await self._refresh()

    @rx.event
    async def add(self, product_id: int, quantity: int):
        """Put units of a product in the cart."""
        return await self._change(cart.add, product_id, quantity, said="Added to your cart.")

    @rx.event
    async def increase(self, line_id: int):
        """One more of a line."""
        return await self._step(line_id, 1)

    @rx.event
    async def decrease(self, line_id: int):
        """One less of a line; the last one goes by "Remove"."""
        return await self._step(line_id, -1)

    @rx.event
    async def remove(self, line_id: int):
        """Take a line out, with a way back."""
        row = next((row for row in self.rows if row.id == line_id), None)
        self._removed = (row.product_id, row.quantity) if row else None
        said = f"Removed {row.name}." if row else "Removed."
        return await self._change(cart.remove, line_id, said=said, action="undo")

    @rx.event
    async def undo_remove(self):
        """Put the line that was removed last back."""
        if self._removed is None:
            return await refuse(self, "There is nothing to put back.")
        removed, self._removed = self._removed, None
        return await self._change(cart.add, *removed, said="Put back in your cart.")

    async def _step(self, line_id: int, by: int):
        row = next((row for row in self.rows if row.id == line_id), None)
        wanted = (row.quantity if row else 0) + by
        return await self._change(cart.set_quantity, line_id, wanted)

    async def _change(
        self, service: Callable[..., CartView], *args: Any, said: str = "", action: str = "cart"
    ):
        """Run one service that changes the cart, show the result, tell the other tabs."""
        try:
            self._show(await ask(self, service, *args))
        except StoreError as refusal:
            await self._refresh()
            return await refuse(self, refusal.message)
        told = [rx.call_script(TELL_OTHER_TABS)]
        return [*told, await say(self, said, action=action)] if said else told

    async def _refresh(self) -> None:
        with suppress(SessionEnded):  # the account corner reloads the page then
            self._show(await ask(self, cart.view))

    def _show(self, view: CartView) -> None:
        self.rows = [cart_row(line) for line in view.lines]
        self.count = view.item_count
        self.subtotal = dollars(view.subtotal_cents)
        self.can_checkout = view.can_checkout
        self.is_known = True
