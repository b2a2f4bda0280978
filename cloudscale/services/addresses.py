"""A member's addresses: several of each type, one default each."""

from dataclasses import dataclass

from sqlmodel import Session

from cloudscale.services.identity import Shopper


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
    """The member's addresses, defaults first."""
    raise NotImplementedError


def add(session: Session, shopper: Shopper, given: AddressInput) -> AddressView:
    """Add one; the first of its type becomes the default."""
    raise NotImplementedError


def update(session: Session, shopper: Shopper, address_id: int, given: AddressInput) -> AddressView:
    """Replace one (404 for someone else's)."""
    raise NotImplementedError


def delete(session: Session, shopper: Shopper, address_id: int) -> None:
    """Delete one; another of its type becomes the default."""
    raise NotImplementedError
