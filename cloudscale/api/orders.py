"""Orders for programs: what it will cost, placing, history, cancelling; moving them, for staff."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from pydantic import Field
from sqlmodel import Session

from cloudscale import routes
from cloudscale.api.bodies import (
    ALWAYS,
    MAX_ID,
    WITH_A_BODY,
    Body,
    Camel,
    Id,
    Money,
    OrderStatus,
    refusals,
)
from cloudscale.api.callers import Member
from cloudscale.api.cart import CartLine, cart_json
from cloudscale.api.paging import page_link
from cloudscale.money import decimal_text, to_cents
from cloudscale.services import checkout, orders, reorder
from cloudscale.services.checkout import MAX_KEY_LENGTH, Quote
from cloudscale.services.identity import Shopper
from cloudscale.services.orders import OrderView

router = APIRouter(prefix=routes.API, tags=["orders"])
CHANGES = refusals(401, *WITH_A_BODY, *ALWAYS)

MOST_ORDERS = 50
"""The most orders on one page."""
OrderId = Annotated[int, Path(ge=1, le=MAX_ID, examples=[1])]
DELIVERY = Field("standard", max_length=40, description="`standard` or `express`.")


class OrderItem(Camel):
    """Some units of a product, as they were bought."""

    product_id: Id
    name: str
    quantity: int = Field(ge=1)
    price_at_time: Money


class OrderStep(Camel):
    """One step on the way of an order."""

    status: OrderStatus
    note: str
    at: datetime


class Order(Camel):
    """An order as it was placed, and where it is now. `totalAmount` includes delivery."""

    id: Id
    number: str = Field(examples=["CS-7K4M-29QX"])
    status: OrderStatus
    payment_status: str = Field(description="`due`, `paid`, `declined` or `refunded`.")
    payment_method: str
    delivery_method: str
    subtotal: Money
    delivery_amount: Money
    total_amount: Money
    shipping_address: str
    billing_address: str
    items: list[OrderItem]
    events: list[OrderStep]
    can_cancel: bool
    is_test: bool = Field(description="A virtual shopper's, of the load lab: nobody waits for it.")
    created_at: datetime
    updated_at: datetime


class NewOrder(Body):
    """What is to become of the cart."""

    shipping_address_id: Id
    billing_address_id: Id
    delivery_method: str = DELIVERY
    payment_method: str = Field(
        "on_delivery", max_length=40, description="`on_delivery` or `test_card`."
    )
    card_number: str = Field(
        "", max_length=40, description="Of the test card alone; never kept.", examples=[""]
    )
    expected_total: Money | None = Field(
        None, description="Refuse (409) if the order would cost anything else.", examples=[None]
    )

    def choices(self) -> dict[str, Any]:
        """For the service."""
        expected = self.expected_total
        return {
            **self.model_dump(exclude={"expected_total"}),
            "expected_total_cents": None if expected is None else to_cents(expected),
        }


class Asked(Body):
    """What a quote is wanted for."""

    delivery_method: str = DELIVERY


class Cost(Camel):
    """What the cart costs now; `notices` tell of prices that changed since they were seen."""

    subtotal: Money
    delivery_amount: Money
    total_amount: Money
    notices: list[str]


class Missing(Camel):
    """A product of which not all came into the cart."""

    name: str
    asked: int
    added: int
    why: str = Field(examples=["sold out"])


class Again(Camel):
    """The cart after an order was put into it again."""

    cart: list[CartLine]
    missing: list[Missing]


class Move(Body):
    """Where staff move an order."""

    status: OrderStatus


Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=MAX_KEY_LENGTH,
        description="The same key and body give the same order again, for 24 hours.",
    ),
]


@router.post("/checkout", response_model=Cost, responses=CHANGES)
async def quote(caller: Member, asked: Asked) -> Any:
    """What the cart would cost. An order is only placed at prices that were shown, as here."""
    return _cost(await caller.change(checkout.quote, asked.delivery_method))


@router.post(
    "/orders",
    status_code=201,
    response_model=Order,
    responses={**CHANGES, **refusals(402, 404, 409)},
)
async def place(caller: Member, order: NewOrder, key: Key = None) -> Any:
    """Turn the cart into an order: stock, prices and payment in one transaction, or nothing."""
    placed = await caller.change(checkout.place_order, idempotency_key=key, **order.choices())
    caller.response.headers["location"] = f"{routes.API}/orders/{placed.id}"
    return order_json(placed)


class OrderQuery(Camel):
    """Which orders are wanted."""

    everyone: bool = Field(False, description="Staff: not only one's own.")
    test: bool = Field(
        False, description="Staff, with `everyone`: the load lab's test orders instead."
    )
    status: OrderStatus | None = None
    limit: int = Field(20, ge=1, le=MOST_ORDERS)
    cursor: int | None = Field(None, ge=1, le=MAX_ID)


@router.get("/orders", response_model=list[Order], responses=refusals(401, 403, 422, *ALWAYS))
async def history(caller: Member, query: Annotated[OrderQuery, Query()]) -> Any:
    """The member's orders, or everyone's, newest first. The Link header leads to older ones."""
    narrowed = {"status": query.status or "", "before_id": query.cursor, "limit": query.limit + 1}
    if query.everyone:
        found = await caller.work(orders.everyones, is_test=query.test, **narrowed)
        return _page(caller, found, query.limit)
    return _page(caller, await caller.ask(orders.page, **narrowed), query.limit)


@router.get(
    "/orders/{order_id}", response_model=Order, responses=refusals(401, 403, 404, 422, *ALWAYS)
)
async def detail(caller: Member, order_id: OrderId) -> Any:
    """One of the member's orders; any, for staff."""
    return order_json(await caller.ask(orders.detail, order_id))


@router.post(
    "/orders/{order_id}/cancel",
    response_model=Order,
    responses={**CHANGES, **refusals(404, 409)},
)
async def cancel(caller: Member, order_id: OrderId) -> Any:
    """Cancel while it is pending; the stock goes back."""
    return order_json(await caller.change(orders.cancel, order_id))


@router.post(
    "/orders/{order_id}/again",
    response_model=Again,
    responses={**CHANGES, **refusals(404, 409)},
)
async def order_again(caller: Member, order_id: OrderId) -> Any:
    """Put what can still be had of an order into the cart, on top of what is there."""
    return await caller.change(_again, order_id)


@router.patch(
    "/orders/{order_id}", response_model=Order, responses={**CHANGES, **refusals(404, 409)}
)
async def move(caller: Member, order_id: OrderId, step: Move) -> Any:
    """Staff: move an order along."""
    return order_json(await caller.work(orders.advance, order_id, step.status))


def _again(session: Session, shopper: Shopper, order_id: int) -> dict[str, Any]:
    result = reorder.order_again(session, shopper, order_id)
    return {"cart": cart_json(session, result.cart), "missing": result.shortfalls}


def order_json(order: OrderView) -> dict[str, Any]:
    """An order as JSON holds it, before the spelling."""
    return {
        **{name: getattr(order, name) for name in AS_THEY_ARE},
        "subtotal": decimal_text(order.subtotal_cents),
        "delivery_amount": decimal_text(order.delivery_cents),
        "total_amount": decimal_text(order.total_cents),
        "items": [
            {
                "product_id": line.product_id,
                "name": line.name,
                "quantity": line.quantity,
                "price_at_time": decimal_text(line.price_cents),
            }
            for line in order.lines
        ],
    }


AS_THEY_ARE = (
    "id",
    "number",
    "status",
    "payment_status",
    "payment_method",
    "delivery_method",
    "shipping_address",
    "billing_address",
    "events",
    "can_cancel",
    "is_test",
    "created_at",
    "updated_at",
)


def _cost(quote: Quote) -> dict[str, Any]:
    return {
        "subtotal": decimal_text(quote.subtotal_cents),
        "delivery_amount": decimal_text(quote.delivery_cents),
        "total_amount": decimal_text(quote.total_cents),
        "notices": quote.notices,
    }


def _page(caller: Any, found: list[OrderView], limit: int) -> list[dict[str, Any]]:
    """The page, with the way to the next one in the Link header."""
    shown = found[:limit]
    if len(found) > limit:
        caller.response.headers.update(page_link(caller.request, next=str(shown[-1].id)))
    return [order_json(order) for order in shown]
