"""The programs that may act for a member: their tokens, made, shown once, revoked."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from cloudscale.errors import StoreError
from cloudscale.services import access_tokens
from cloudscale.services.access_tokens import TokenView
from cloudscale.services.identity import Shopper
from cloudscale.state.auth import ask
from cloudscale.state.browser_text import literal
from cloudscale.state.cart import focus_first
from cloudscale.state.members import faults_in, refused
from cloudscale.state.orders import day, moment
from cloudscale.state.toast import say

# Ids of what gets the focus when the element that had it is gone, or something new has come.
PROGRAMS, FRESH_TOKEN = "programs", "fresh-token"


@dataclass(frozen=True)
class ProgramRow:
    """A program's token: what can be known of it, which is not the token."""

    id: int
    name: str
    rights: str
    detail: str


def program_row(token: TokenView) -> ProgramRow:
    """A token as the page shows it."""
    used = f"last used {moment(token.last_used_at)}" if token.last_used_at else "never used"
    made = f"made {day(token.created_at)}"
    return ProgramRow(
        token.id, token.name, ", ".join(token.scopes), f"…{token.hint}, {made}, {used}"
    )


def _read(session: Any, shopper: Shopper) -> tuple[list[TokenView], bool]:
    user = shopper.require_user()
    is_staff = user.role in access_tokens.OPERATORS
    return access_tokens.tokens(session, shopper), is_staff


class ProgramsState(rx.State):
    """The section of the profile page. `fresh_id` is of a token that was just made, if not 0.

    The token itself goes to the browser alone: states may be kept in Redis. `is_staff` is whether
    tokens may have the scope of staff; services ask again.
    """

    rows: list[ProgramRow] = []
    is_known: bool = False
    is_staff: bool = False
    fresh_id: int = 0
    faults: dict[str, str] = {}
    trouble: str = ""

    @rx.event
    async def load(self):
        """Show the programs; a token is shown only on the page that made it."""
        self.fresh_id, self.trouble = 0, ""
        try:
            await self._show()
        except StoreError:
            self.rows = []  # the rest of the page says why

    @rx.event
    async def create(self, form: dict[str, Any]):
        """Make a token and show it this once."""
        given = form if isinstance(form, dict) else {}
        scopes = [name.removeprefix("scope_") for name, on in given.items() if _is_scope(name, on)]
        try:
            token, made = await ask(self, access_tokens.create, given.get("name"), scopes)
        except StoreError as refusal:
            return await self._refused(refusal)
        self.fresh_id = made.id
        await self._show()
        said = await say(self, f"A token for {made.name} is made.")
        return [said, rx.call_script(f"csFill({literal(FRESH_TOKEN)}, {literal(token)})")]

    @rx.event
    async def revoke(self, token_id: int):
        """End a token."""
        try:
            await ask(self, access_tokens.revoke, token_id)
            await self._show()
        except StoreError as refusal:
            return await self._refused(refusal)
        self.fresh_id = 0 if token_id == self.fresh_id else self.fresh_id
        return [await say(self, "That token no longer works."), focus_first(PROGRAMS)]

    @rx.event
    def put_away(self):
        """Show the new token no longer."""
        self.fresh_id = 0
        return focus_first(PROGRAMS)

    async def _show(self) -> None:
        found, self.is_staff = await ask(self, _read)
        self.rows = [program_row(token) for token in found]
        self.is_known, self.faults = True, {}

    async def _refused(self, refusal: StoreError) -> list[Any]:
        self.faults = faults_in(refusal)
        return await refused(self, refusal)


def _is_scope(name: Any, on: Any) -> bool:
    return isinstance(name, str) and name.startswith("scope_") and on in ("on", True)
