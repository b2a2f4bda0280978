"""The cart dialog: its lines, its stepper buttons, and the other tabs that must agree."""

from contextlib import aclosing, suppress

import reflex as rx

from cloudscale.errors import NotFound, SessionEnded, StoreError
from cloudscale.money import dollars
from cloudscale.services import cart
from cloudscale.services.cart import CartView
from cloudscale.services.cart_undo import put_back
from cloudscale.state import live
from cloudscale.state.auth import ask, look
from cloudscale.state.browser_text import literal
from cloudscale.state.toast import refuse, say
from cloudscale.state.views import CartRow, cart_row, obstacle, put_back_words

# Other tabs hear of a change by the browser's `storage` event on this key, and so does whatever
# else on this page shows the cart: there the new value is HERE.
HERE = "here"
CHANGED_KEY = "cs_cart"
TELL_OTHER_TABS = f"csTell('{CHANGED_KEY}')"
TELL_THIS_PAGE = f"csTellHere('{CHANGED_KEY}')"
# Where the focus goes when what had it is gone: the dialog, or the page where that is closed.
RESTS = ("cart-heading", "content")


def remove_button(line_id: int) -> str:
    """The id of a line's button "Remove"."""
    return f"remove-{line_id}"


def neighbours(rows: list[CartRow], line: CartRow) -> list[CartRow]:
    """The line below and the one above, where there are such."""
    position = rows.index(line)
    return [*rows[position + 1 : position + 2], *rows[max(position - 1, 0) : position]]


def focus_first(*ids: str) -> rx.event.EventSpec:
    """Move the focus to the first of these elements that is on the screen by then."""
    return rx.call_script(f"csFocus({', '.join(map(literal, ids))})")


class CartState(rx.State):
    """The shopper's cart on this page; the cart itself is in the database."""

    rows: list[CartRow] = []
    count: int = 0
    subtotal: str = "$0.00"
    obstacle: str = ""
    is_known: bool = False
    _removed: CartRow | None = None

    @rx.event
    async def load(self):
        """Show the cart as it is now."""
        await self._refresh()

    @rx.event
    async def changed_elsewhere(self, key: str, _old: str, new: str, _url: str):
        """Another tab of this browser changed the cart."""
        if key == CHANGED_KEY and new != HERE:
            await self._refresh()

    @rx.event
    async def add(self, product_id: int, quantity: int):
        """Put units of a product in the cart."""
        try:
            self._show(await ask(self, cart.add, product_id, quantity))
        except StoreError as refusal:
            return await self._refused(refusal)
        said = await say(self, "Added to your cart.", action="cart")
        return [rx.call_script(TELL_OTHER_TABS), said]

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
        """Take a line out, with a way back; the focus goes to the line that takes its place."""
        try:
            line = await self._line(line_id)
            beside = [remove_button(row.id) for row in neighbours(self.rows, line)]
            self._show(await ask(self, cart.remove, line.id))
        except StoreError as refusal:
            return await self._refused(refusal)
        self._removed = line
        said = await say(self, f"Removed {line.name}.", action="undo")
        return [rx.call_script(TELL_OTHER_TABS), said, focus_first(*beside, *RESTS)]

    @rx.event
    async def undo_remove(self):
        """Put the line that was removed last back, or what is left of it."""
        if (line := self._removed) is None:
            return await refuse(self, "There is nothing to put back.")
        lost = (line.product_id, line.quantity, line.seen_price_cents)
        try:
            self._show(view := await ask(self, put_back, *lost))
        except StoreError as refusal:
            return await self._refused(refusal, action="undo")
        self._removed = None
        said = await say(self, put_back_words(line, view))
        return [rx.call_script(TELL_OTHER_TABS), said, focus_first(*RESTS)]

    async def _step(self, line_id: int, by: int):
        try:
            line = await self._line(line_id)
            self._show(await ask(self, cart.set_quantity, line.id, line.quantity + by))
        except StoreError as refusal:
            return await self._refused(refusal)
        return rx.call_script(TELL_OTHER_TABS)

    async def _line(self, line_id: int) -> CartRow:
        """A line of the shopper's, looked up again if this page does not know it."""
        for is_fresh in (False, True):
            if is_fresh:
                await self._refresh()
            for row in self.rows:
                if type(line_id) is int and row.id == line_id:
                    return row
        raise NotFound("cart line")

    async def _refused(self, refusal: StoreError, action: str = ""):
        await self._refresh()
        return await say(self, refusal.message, is_refusal=True, action=action)

    async def _refresh(self) -> None:
        with suppress(SessionEnded):  # the account corner reloads the page then
            self._show(await ask(self, cart.view))

    def _show(self, view: CartView) -> None:
        self.rows = [cart_row(line) for line in view.lines]
        self.count, self.is_known = view.item_count, True
        self.subtotal = dollars(view.subtotal_cents)
        self.obstacle = obstacle(view)
        live.follow(self, live.CART, live.of_products(row.product_id for row in self.rows))


class CartWatchState(rx.State):
    """Keeps this page's cart as it is in the database, whoever changes it or what is in it."""

    @rx.event(background=True)
    async def watch(self):
        """Follow the cart until the page is left, or the session ends."""
        mine = await live.of_shopper(self)
        async with self:
            rows = (await self.get_state(CartState)).rows
        topics = live.of_products(row.product_id for row in rows)
        with suppress(StoreError):
            async with aclosing(live.news(self, live.CART, topics, mine)) as watching:
                async for _ in watching:
                    async with self:
                        shown = await self.get_state(CartState)
                        shown._show(await look(self, cart.view))
                    yield rx.call_script(TELL_THIS_PAGE)
