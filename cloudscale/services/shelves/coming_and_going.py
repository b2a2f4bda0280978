"""Putting a product on the shelves, and taking it off."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import delete as delete_from
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cloudscale.models import utc_now
from cloudscale.services import audit, catalogue, changes
from cloudscale.services.catalogue import ProductDetail
from cloudscale.services.catalogue.tables import PRODUCT
from cloudscale.services.identity import Shopper
from cloudscale.services.shelves import forms, rows
from cloudscale.services.shelves.changing import note
from cloudscale.services.shelves.forms import ProductForm

LONGEST_SLUG = 100


def create(session: Session, shopper: Shopper, form: ProductForm) -> ProductDetail:
    """Staff: put a product on the shelves; published, and none in stock, unless told otherwise.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user is not staff, or the token lacks the scope (403).
        InvalidInput: A field is missing, or at fault; each is named (422).
    """
    shopper.require_staff()
    whole = forms.whole(form)
    if whole.stock is None:
        whole = replace(whole, stock=0)
    if whole.is_published is None:
        whole = replace(whole, is_published=True)
    values = rows.checked(session, whole, *forms.missing(form))
    product_id = _insert(session, rows.columns(session, values))
    audit.record(session, shopper, "created", "product", product_id, {}, values)
    return catalogue.product(session, product_id, withdrawn_too=True)


def delete(
    session: Session, shopper: Shopper, product_id: int, *, version: str | None = None
) -> ProductDetail | None:
    """Staff: delete a product, out of carts too; one that was ever ordered is withdrawn instead.

    Args:
        session: Open transaction.
        shopper: Staff.
        product_id: Which.
        version: `ProductDetail.version` of what was read; None for whatever is there.

    Returns:
        The withdrawn product; None where it is gone.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user is not staff, or the token lacks the scope (403).
        NotFound: No such product (404).
        VersionConflict: Staff changed it since that version (412).
    """
    shopper.require_staff()
    rows.lock_carts_with(session, product_id)
    row = rows.locked(session, product_id, to_delete=True)
    rows.require_version(row, version)
    if not rows.was_ordered(session, product_id):
        rows.forget_tests(session, product_id)
        session.connection().execute(delete_from(PRODUCT).where(PRODUCT.c.id == row.id))
        changes.note(session, changes.product(row.id))
        gone = {name: getattr(row, name) for name in (*rows.FIELDS, "category")}
        audit.record(session, shopper, "deleted", "product", row.id, gone, {})
        return None
    if row.is_published:
        rows.write(session, row, {"is_published": False})
        note(session, shopper, row, {"is_published": False})
    return catalogue.product(session, product_id, withdrawn_too=True)


def _insert(session: Session, values: dict[str, Any]) -> int:
    """A new row under the first slug that is free."""
    now = utc_now()
    for slug in _slugs(values["name"]):
        statement = insert(PRODUCT).values(slug=slug, added_at=now, updated_at=now, **values)
        on_its_own = statement.on_conflict_do_nothing(index_elements=[PRODUCT.c.slug])
        found = session.connection().scalar(on_its_own.returning(PRODUCT.c.id))
        if found is not None:
            return found
    raise RuntimeError("every slug was taken")


def _slugs(name: str) -> Iterator[str]:
    """The name in letters, digits and hyphens; then with something random behind it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:LONGEST_SLUG].strip("-") or "product"
    yield slug
    for _ in range(5):
        yield f"{slug}-{secrets.token_hex(4)}"
