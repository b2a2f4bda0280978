"""A member's addresses: several of each type, one default each.

Owns `address`. As long as a member has an address of a type, exactly one of them is the default:
the first becomes it, a newer one may take over, and when it goes the latest other one follows.
Every change locks the member's row first, so that two tabs take turns.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from cloudscale.errors import NotFound, RuleRefused
from cloudscale.models import Address, AddressType, User
from cloudscale.services import text
from cloudscale.services.checks import row_id
from cloudscale.services.identity import Shopper
from cloudscale.services.text import Line

MOST_ADDRESSES = 20


def _type_rule(text: str) -> str:
    if text not in set(AddressType):
        raise ValueError('Type must be "shipping" or "billing".')
    return text


LINES = {
    "type": Line("Type", 16, 1, _type_rule),
    "street": Line("Street", 200, 1),
    "city": Line("City", 100, 1),
    "state": Line("State", 100),  # not every country has them
    "zip_code": Line("ZIP code", 20, 1),
    "country": Line("Country", 60, 1),
}


@dataclass(frozen=True, slots=True)
class AddressView:
    """An address as its owner sees it. `type` is "shipping" or "billing"."""

    id: int
    type: str
    street: str
    city: str
    state: str
    zip_code: str
    country: str
    is_default: bool

    @property
    def one_line(self) -> str:
        """The address in one line."""
        parts = (self.street, self.city, f"{self.state} {self.zip_code}".strip(), self.country)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class AddressInput:
    """What a person typed; checked by the service."""

    type: str = "shipping"
    street: str = ""
    city: str = ""
    state: str = ""
    zip_code: str = ""
    country: str = ""
    is_default: bool = False


def list_addresses(session: Session, shopper: Shopper) -> list[AddressView]:
    """The member's addresses, defaults first, then the latest.

    Raises:
        NotSignedIn: The shopper is a guest (401).
    """
    user = shopper.require_user()
    order = (col(Address.is_default).desc(), col(Address.id).desc())
    found = session.exec(select(Address).where(Address.user_id == user.id).order_by(*order))
    return [_view(address) for address in found]


def add(session: Session, shopper: Shopper, given: AddressInput) -> AddressView:
    """Add one; the first of its type becomes the default.

    Raises:
        InvalidInput: Names every field at fault (422).
        RuleRefused: There are MOST_ADDRESSES already (409).
        NotSignedIn: The shopper is a guest (401).
    """
    user_id = _lock_member(session, shopper)
    address = Address.model_validate({"user_id": user_id, **_checked(given)})
    _require_room(session, user_id)
    session.add(address)
    session.flush()
    _settle_default(session, address, wanted=given.is_default is True)
    return _view(address)


def keep(session: Session, shopper: Shopper, given: AddressInput) -> AddressView:
    """The member's address that says the same, or a new one: whoever asks twice has it once.

    Raises:
        InvalidInput, RuleRefused, NotSignedIn: As `add`.
    """
    user_id = _lock_member(session, shopper)
    same = [getattr(Address, name) == value for name, value in _checked(given).items()]
    statement = select(Address).where(Address.user_id == user_id, *same)
    known = session.exec(statement.order_by(col(Address.id))).first()
    return add(session, shopper, given) if known is None else _view(known)


def update(session: Session, shopper: Shopper, address_id: int, given: AddressInput) -> AddressView:
    """Replace one (404 for someone else's). The default stays it until another one is made it.

    Raises:
        NotFound: Absent or someone else's (404).
        InvalidInput: Names every field at fault (422).
        NotSignedIn: The shopper is a guest (401).
    """
    _lock_member(session, shopper)
    address = _own(session, shopper, address_id)
    checked, left_type = _checked(given), address.type
    if checked["type"] != left_type:
        address.is_default = False
    address.sqlmodel_update(checked)
    session.flush()
    _settle_default(session, address, wanted=given.is_default is True)
    _promote_if_none(session, address.user_id, left_type)
    return _view(address)


def delete(session: Session, shopper: Shopper, address_id: int) -> None:
    """Delete one; another of its type becomes the default.

    Raises:
        NotFound: Absent or someone else's (404).
        NotSignedIn: The shopper is a guest (401).
    """
    _lock_member(session, shopper)
    address = _own(session, shopper, address_id)
    session.delete(address)
    session.flush()
    _promote_if_none(session, address.user_id, address.type)


def _checked(given: AddressInput) -> dict[str, str]:
    """The columns to store, cleaned; one refusal names every field at fault."""
    return text.clean(LINES, {name: getattr(given, name) for name in LINES})


def _lock_member(session: Session, shopper: Shopper) -> int:
    user = shopper.require_user()
    statement = select(User.id).where(User.id == user.id).with_for_update(key_share=True)
    return session.exec(statement).one()  # type: ignore[return-value]


def _own(session: Session, shopper: Shopper, address_id: int) -> Address:
    user = shopper.require_user()
    wanted = col(Address.id) == row_id(address_id, "address")
    statement = (
        select(Address)
        .where(wanted, Address.user_id == user.id)
        .execution_options(populate_existing=True)
    )
    address = session.exec(statement).one_or_none()
    if address is None:
        raise NotFound("address")
    return address


def _require_room(session: Session, user_id: int) -> None:
    statement = select(func.count()).select_from(Address).where(Address.user_id == user_id)
    if session.exec(statement).one() >= MOST_ADDRESSES:
        raise RuleRefused(f"You have {MOST_ADDRESSES} addresses. Delete one to add another.")


def _settle_default(session: Session, address: Address, *, wanted: bool) -> None:
    """Make the address the default of its type if it is wanted to be, or the type has none."""
    others = (
        col(Address.user_id) == address.user_id,
        col(Address.type) == address.type,
        col(Address.is_default),
        col(Address.id) != address.id,
    )
    if wanted:
        session.exec(sa.update(Address).where(*others).values(is_default=False))
    elif session.exec(select(Address.id).where(*others)).first() is not None:
        return
    address.is_default = True
    session.flush()


def _promote_if_none(session: Session, user_id: int, type_: str) -> None:
    statement = (
        select(Address)
        .where(Address.user_id == user_id, Address.type == type_)
        .order_by(col(Address.is_default).desc(), col(Address.id).desc())
    )
    first = session.exec(statement).first()
    if first is not None:
        first.is_default = True
        session.flush()


def _view(address: Address) -> AddressView:
    return AddressView(
        id=address.id,  # type: ignore[arg-type]
        type=address.type,
        street=address.street,
        city=address.city,
        state=address.state,
        zip_code=address.zip_code,
        country=address.country,
        is_default=address.is_default,
    )
