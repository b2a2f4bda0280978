"""The profile page: details, password, sessions, addresses."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from cloudscale.errors import NotFound, StoreError
from cloudscale.services import accounts, addresses, sessions
from cloudscale.services.addresses import AddressInput
from cloudscale.services.devices import device_name
from cloudscale.services.identity import Shopper
from cloudscale.state.auth import AuthState, ask, ask_hashing
from cloudscale.state.cart import focus_first
from cloudscale.state.members import faults_in, forget_typed, refused, told
from cloudscale.state.orders import moment
from cloudscale.state.toast import refuse, say


@dataclass(frozen=True)
class SessionRow:
    """A signed-in browser."""

    id: int
    device: str
    detail: str
    is_current: bool


@dataclass(frozen=True)
class AddressRow:
    """An address with its parts, so that the form can be filled with them."""

    id: int
    type: str
    one_line: str
    is_default: bool
    street: str = ""
    city: str = ""
    state: str = ""
    zip_code: str = ""
    country: str = ""


@dataclass(frozen=True)
class Details:
    """The account's own fields."""

    username: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Screen:
    """All that the profile page shows."""

    is_known: bool = False
    details: Details = Details()
    sessions: list[SessionRow] = field(default_factory=list)
    addresses: list[AddressRow] = field(default_factory=list)


# Ids of what gets the focus when the element that had it is gone.
ADD_ADDRESS = "add-address"
ADDRESS_FORM = "field-address-type"
SESSIONS = "sessions"
# Forms of which the browser keeps what is typed, until it is saved; an address has its id behind.
DETAILS_FORM, ADDRESS_FORMS = "details", "address"
NO_ADDRESS = AddressRow(0, "shipping", "", False)


def _read(session: Any, shopper: Shopper) -> Screen:
    user = shopper.require_user()
    return Screen(
        is_known=True,
        details=Details(user.username, user.email, user.first_name, user.last_name, user.phone),
        sessions=[
            SessionRow(
                s.id,
                device_name(s.user_agent),
                f"{s.ip or 'address unknown'}, last active {moment(s.last_active_at)}",
                s.is_current,
            )
            for s in sessions.active_sessions(session, shopper)
        ],
        addresses=[
            AddressRow(
                a.id,
                a.type,
                a.one_line,
                a.is_default,
                a.street,
                a.city,
                a.state,
                a.zip_code,
                a.country,
            )
            for a in addresses.list_addresses(session, shopper)
        ],
    )


def _given(form: Any, *names: str, prefix: str = "") -> dict[str, Any]:
    """What a form holds under the names, or ""; services refuse what is no text."""
    held = form if isinstance(form, dict) else {}
    found = {name: held.get(f"{prefix}{name}") for name in names}
    return {name: "" if value is None else value for name, value in found.items()}


def _address_in(form: Any) -> AddressInput:
    names = ("type", "street", "city", "state", "zip_code", "country")
    is_default = _given(form, "is_default", prefix="address_")["is_default"]
    return AddressInput(
        **_given(form, *names, prefix="address_"), is_default=is_default in ("on", True)
    )


class ProfileState(rx.State):
    """The profile page. `faults` are keyed by form and field; `editing` is the open address."""

    screen: Screen = Screen()
    faults: dict[str, str] = {}
    editing: AddressRow = NO_ADDRESS
    is_editing: bool = False
    trouble: str = ""

    @rx.event
    async def load(self):
        """Show the account as it is now, or why it cannot be shown.

        An open form stays, for this may be no more than a new connection.
        """
        self.faults = {}
        try:
            self.screen, self.trouble = await ask(self, _read), ""
        except StoreError as refusal:
            self.trouble = await told(self, refusal)

    @rx.event
    async def save_details(self, form: dict[str, Any]):
        """Keep the changed details."""
        given = _given(form, "username", "first_name", "last_name", "phone")
        try:
            await ask(self, accounts.update_profile, **given)
        except StoreError as refusal:
            return await self._refused(refusal)
        done = await self._done("Your details are saved.")
        return [*done, forget_typed(DETAILS_FORM), AuthState.load]

    @rx.event
    async def change_password(self, form: dict[str, Any]):
        """Change the password; the other sessions end."""
        given = _given(form, "current", "new")
        try:
            await ask_hashing(self, accounts.change_password, given["current"], given["new"])
        except StoreError as refusal:
            return await self._refused(refusal, "password_")
        return await self._done("Your password is changed. Other devices are signed out.")

    @rx.event
    async def end_session(self, visit_id: int):
        """Sign another browser out."""
        try:
            await ask(self, sessions.end_session, visit_id)
        except StoreError as refusal:
            return await self._refused(refusal)
        return await self._done("That device is signed out.", SESSIONS)

    @rx.event
    async def edit_address(self, address_id: int):
        """Open the form for one address as it is now, or for a new one (0)."""
        await self.load()
        if self.trouble:
            return None
        forms = {row.id: row for row in (NO_ADDRESS, *self.screen.addresses)}
        if type(address_id) is not int or address_id not in forms:
            return await refuse(self, NotFound("address").message)
        self.editing, self.is_editing = forms[address_id], True
        return focus_first(ADDRESS_FORM)

    @rx.event
    def close_address(self):
        """Close the form without saving."""
        self.is_editing, self.faults = False, {}
        return [forget_typed(ADDRESS_FORMS), focus_first(ADD_ADDRESS)]

    @rx.event
    async def save_address(self, form: dict[str, Any]):
        """Keep the address in the form, and close it."""
        given, which = _address_in(form), (self.editing.id,) if self.editing.id else ()
        try:
            await ask(self, addresses.update if which else addresses.add, *which, given)
        except StoreError as refusal:
            return await self._refused(refusal, "address_")
        self.is_editing = False
        done = await self._done("The address is saved.", ADD_ADDRESS)
        return [*done, forget_typed(ADDRESS_FORMS)]

    @rx.event
    async def delete_address(self, address_id: int):
        """Delete an address; orders keep theirs."""
        try:
            await ask(self, addresses.delete, address_id)
        except StoreError as refusal:
            return await self._refused(refusal)
        self.is_editing = self.is_editing and self.editing.id != address_id
        return await self._done("The address is deleted.", ADD_ADDRESS, ADDRESS_FORM)

    async def _done(self, said: str, *rests: str) -> list[Any]:
        """Say what was done over the account as it is now; what had the focus may be gone."""
        await self.load()
        return [await say(self, said), *([focus_first(*rests)] if rests else [])]

    async def _refused(self, refusal: StoreError, prefix: str = "") -> list[Any]:
        """Say why not, beside the fields at fault too."""
        self.faults = faults_in(refusal, prefix)
        return await refused(self, refusal)
