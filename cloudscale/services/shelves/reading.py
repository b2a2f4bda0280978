"""What staff see of the shelves beyond what everybody does."""

from sqlmodel import Session

from cloudscale.services import catalogue
from cloudscale.services.catalogue import MAX_LIMIT, ProductCard, ProductDetail
from cloudscale.services.checks import row_id, whole_number
from cloudscale.services.identity import Shopper


def product(session: Session, shopper: Shopper, product_id: int) -> ProductDetail:
    """One product; for staff also one that is withdrawn.

    Raises:
        NotFound: No such product, or none for this shopper (404).
    """
    return catalogue.product(session, product_id, withdrawn_too=shopper.is_staff)


def withdrawn(
    session: Session, shopper: Shopper, *, before_id: int | None = None, limit: int = 24
) -> list[ProductCard]:
    """Staff: the products that are not published, the latest first.

    Args:
        session: Open transaction.
        shopper: Staff.
        before_id: Only products older than this one: the last id of the page before.
        limit: Products a page, 1 to 100.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user is not staff, or the token lacks the scope (403).
        InvalidInput: The limit is out of its range (422).
    """
    shopper.require_staff()
    whole_number("limit", limit, 1, MAX_LIMIT)
    if before_id is not None:
        row_id(before_id, "product")
    return catalogue.withdrawn(session, before_id=before_id, limit=limit)
