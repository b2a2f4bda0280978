"""The cart for programs and scripts: a guest's by cookie, a member's by cookie or token."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field
from sqlmodel import Session

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, MAX_ID, WHOLE, WITH_A_BODY, Body, Camel, Id, refusals
from cloudscale.api.callers import ANYONE, Anyone
from cloudscale.api.products import Product, product_json
from cloudscale.services import cart, catalogue
from cloudscale.services.cart import MAX_QUANTITY, CartView
from cloudscale.services.identity import Shopper

router = APIRouter(prefix=routes.API, tags=["cart"])
CHANGES = refusals(401, *WITH_A_BODY, *ALWAYS)

Quantity = Annotated[int, Field(ge=1, le=MAX_QUANTITY, examples=[2]), WHOLE]
LineId = Annotated[int, Path(ge=1, le=MAX_ID, examples=[12])]


class CartLine(Camel):
    """Some units of a product in the cart."""

    id: Id
    product_id: Id
    quantity: Quantity
    added_at: datetime
    notice: str = Field(
        description="What changed since it was put in, in words; else empty.",
        examples=["Only 3 left."],
    )
    product: Product


class NewLine(Body):
    """What to put in."""

    product_id: Id
    quantity: Quantity = 1


class Quantities(Body):
    """How many a line is to have."""

    quantity: Quantity


@router.get(
    "/cart",
    openapi_extra=ANYONE,
    response_model=list[CartLine],
    responses=refusals(401, 403, *ALWAYS),
)
async def show(caller: Anyone) -> Any:
    """What is in the cart."""
    return await caller.ask(_lines) if caller.is_known else []


@router.post(
    "/cart",
    openapi_extra=ANYONE,
    status_code=201,
    response_model=list[CartLine],
    responses={**CHANGES, **refusals(404, 409)},
)
async def add(caller: Anyone, line: NewLine) -> Any:
    """Put units of a product in, on top of what is there. A new guest gets a cookie."""
    return await caller.change(_changed, cart.add, line.product_id, line.quantity)


@router.put(
    "/cart/{line_id}",
    openapi_extra=ANYONE,
    response_model=list[CartLine],
    responses={**CHANGES, **refusals(404, 409)},
)
async def set_quantity(caller: Anyone, line_id: LineId, wanted: Quantities) -> Any:
    """Set how many a line has."""
    return await caller.change(_changed, cart.set_quantity, line_id, wanted.quantity)


@router.delete(
    "/cart/{line_id}",
    openapi_extra=ANYONE,
    response_model=list[CartLine],
    responses={**CHANGES, **refusals(404)},
)
async def remove(caller: Anyone, line_id: LineId) -> Any:
    """Take a line out."""
    return await caller.change(_changed, cart.remove, line_id)


@router.delete("/cart", openapi_extra=ANYONE, response_model=list[CartLine], responses=CHANGES)
async def clear(caller: Anyone) -> Any:
    """Take everything out."""
    return await caller.change(_changed, cart.clear) if caller.is_known else []


def _lines(session: Session, shopper: Shopper) -> list[dict[str, Any]]:
    return cart_json(session, cart.view(session, shopper))


def _changed(session: Session, shopper: Shopper, service: Any, *args: Any) -> list[dict[str, Any]]:
    """Run a service that changes the cart, and describe what it answers in the same transaction."""
    return cart_json(session, service(session, shopper, *args))


def cart_json(session: Session, view: CartView) -> list[dict[str, Any]]:
    """A cart as JSON holds it, before the spelling."""
    cards = catalogue.cards(session, [line.product_id for line in view.lines])
    return [
        {
            "id": line.id,
            "product_id": line.product_id,
            "quantity": line.quantity,
            "added_at": line.added_at,
            "notice": line.notice,
            "product": product_json(cards[line.product_id], is_sold=line.is_sold),
        }
        for line in view.lines
    ]
