"""The profile page: details, password, sessions, addresses."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from cloudscale.errors import InvalidInput, StoreError
from cloudscale.services import accounts, addresses, sessions
from cloudscale.services.addresses import AddressInput
from cloudscale.services.identity import Shopper
from cloudscale.state.auth import AuthState, ask, ask_hashing
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


NO_ADDRESS = AddressRow(0, "shipping", "", False)


def device_name(user_agent: str) -> str:
    """A browser and system as people call them; "Unknown browser" where it does not say."""
    browsers = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome"}
    systems = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows"}
    systems |= {"Mac OS X": "Mac", "Linux": "Linux"}
    browsers |= {"Safari/": "Safari"}
    browser = next((name for mark, name in browsers.items() if mark in user_agent), "")
    system = next((name for mark, name in systems.items() if mark in user_agent), "")
    if not browser:
        return "Unknown browser"
    return f"{browser} on {system}" if system else browser


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


class ProfileState(rx.State):
    """The profile page. `faults` are keyed by form and field; `editing` is the open address."""

    screen: Screen = Screen()
    faults: dict[str, str] = {}
    editing: AddressRow = NO_ADDRESS
    is_editing: bool = False

    @rx.event
    async def load(self):
        """Show the account."""
        self.faults, self.is_editing = {}, False
        try:
            self.screen = await ask(self, _read)
        except StoreError:
            self.screen = Screen()  # not signed in: the page guard sends them to sign in

    @rx.event
    async def save_details(self, form: dict[str, Any]):
        """Keep the changed details."""
        names = ("username", "first_name", "last_name", "phone")
        given = {name: str(form.get(name, "")) for name in names}
        yield await self._do("Your details are saved.", "", accounts.update_profile, **given)
        yield AuthState.load

    @rx.event
    async def change_password(self, form: dict[str, Any]):
        """Change the password; the other sessions end."""
        current, new = str(form.get("current", "")), str(form.get("new", ""))
        try:
            await ask_hashing(self, accounts.change_password, current, new)
        except StoreError as refusal:
            self._blame(refusal, "password_")
            return await refuse(self, refusal.message)
        await self._reload()
        return await say(self, "Your password is changed. Other devices are signed out.")

    @rx.event
    async def end_session(self, visit_id: int):
        """Sign another browser out."""
        return await self._do("That device is signed out.", "", sessions.end_session, visit_id)

    @rx.event
    def edit_address(self, address_id: int):
        """Open the form for one address, or for a new one (0)."""
        found = (row for row in self.screen.addresses if row.id == address_id)
        self.editing, self.is_editing, self.faults = next(found, NO_ADDRESS), True, {}

    @rx.event
    def close_address(self):
        """Close the form without saving."""
        self.is_editing = False

    @rx.event
    async def save_address(self, form: dict[str, Any]):
        """Keep the address in the form."""
        names = ("type", "street", "city", "state", "zip_code", "country")
        given = AddressInput(
            **{name: str(form.get(f"address_{name}", "")) for name in names},
            is_default=bool(form.get("address_is_default")),
        )
        if self.editing.id:
            service, args = addresses.update, (self.editing.id, given)
        else:
            service, args = addresses.add, (given,)
        return await self._do("The address is saved.", "address_", service, *args)

    @rx.event
    async def delete_address(self, address_id: int):
        """Delete an address; orders keep theirs."""
        return await self._do("The address is deleted.", "", addresses.delete, address_id)

    async def _do(self, said: str, prefix: str, service: Any, *args: Any, **kwargs: Any) -> Any:
        """Run one service, then show the account as it is, or the refusal."""
        try:
            await ask(self, service, *args, **kwargs)
        except StoreError as refusal:
            self._blame(refusal, prefix)
            return await refuse(self, refusal.message)
        await self._reload()
        return await say(self, said)

    async def _reload(self) -> None:
        self.faults, self.is_editing = {}, False
        self.screen = await ask(self, _read)

    def _blame(self, refusal: StoreError, prefix: str) -> None:
        errors = refusal.errors if isinstance(refusal, InvalidInput) else ()
        self.faults = {f"{prefix}{error.field}": error.message for error in errors}
