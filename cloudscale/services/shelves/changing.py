"""Changing a product: all of it or some, with what changed and why in the audit log."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from cloudscale.errors import InvalidInput
from cloudscale.services import audit, catalogue, text
from cloudscale.services.catalogue import ProductDetail
from cloudscale.services.identity import Shopper
from cloudscale.services.shelves import forms, rows
from cloudscale.services.shelves.forms import ProductForm

ACTIONS = {"price_cents": "price_set", "stock": "stock_set"}
"""What a change of one field alone is called; any other is "changed"."""


def change(
    session: Session,
    shopper: Shopper,
    product_id: int,
    form: ProductForm,
    *,
    version: str | None = None,
    reason: str = "",
) -> ProductDetail:
    """Staff: change what the form holds; publish and withdraw by `is_published`.

    Args:
        session: Open transaction.
        shopper: Staff.
        product_id: Which product, withdrawn ones too.
        form: What changes; what is as it was changes nothing.
        version: `ProductDetail.version` of what the change starts from; None for
            whatever is there, sales meanwhile included.
        reason: Why; needed for another stock.

    Returns:
        The product as it is now.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user is not staff, or the token lacks the scope (403).
        NotFound: No such product (404).
        VersionConflict: Staff changed it since that version; or it was sold, and the stock is to
            change (412).
        InvalidInput: Names every field at fault (422).
    """
    shopper.require_staff()
    row = rows.locked(session, product_id)
    rows.require_version(row, version)
    why = text.clean({"reason": audit.REASON}, {"reason": reason})["reason"]
    values = rows.checked(session, form)
    after = {name: value for name, value in values.items() if value != getattr(row, name)}
    if "stock" in after:
        _require_counted(row, version, why)
    if after:
        rows.write(session, row, after)
        note(session, shopper, row, after, why)
    return catalogue.product(session, product_id, withdrawn_too=True)


def replace(
    session: Session,
    shopper: Shopper,
    product_id: int,
    form: ProductForm,
    *,
    version: str | None = None,
    reason: str = "",
) -> ProductDetail:
    """Staff: replace a product. What the form lacks is empty, but stock and shelf stay.

    Raises:
        InvalidInput: A field is missing, or at fault; each is named (422).
        StoreError: As `change`.
    """
    shopper.require_staff()
    if lacking := forms.missing(form):
        rows.checked(session, form, *lacking)
    whole = forms.whole(form)
    return change(session, shopper, product_id, whole, version=version, reason=reason)


def note(
    session: Session, shopper: Shopper, row: Row[Any], after: Mapping[str, Any], reason: str = ""
) -> None:
    """Put the change of a locked product into the audit log."""
    before = {name: getattr(row, name) for name in after}
    audit.record(session, shopper, _action(after), "product", row.id, before, after, reason)


def _require_counted(row: Row[Any], version: str | None, reason: str) -> None:
    """Another stock needs a reason, and must not hide what was sold since it was counted."""
    if not reason:
        raise InvalidInput.of("reason", "Say why the stock is another one now.")
    rows.require_version(row, version, with_stock=True)


def _action(after: Mapping[str, Any]) -> str:
    if len(after) > 1:
        return "changed"
    ((name, value),) = after.items()
    if name == "is_published":
        return "published" if value else "withdrawn"
    return ACTIONS.get(name, "changed")
