"""Quotes and placing orders, on a real PostgreSQL."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from cloudscale.errors import (
    InvalidInput,
    NotFound,
    NotSignedIn,
    OutOfStock,
    PaymentDeclined,
    PriceChanged,
    RuleRefused,
)
from cloudscale.models import Cart, Order, OrderEvent, OrderLine, OutboxMessage, Product
from cloudscale.models.base import table_of
from cloudscale.services import cart, checkout, order_rows, orders
from cloudscale.services.identity import Shopper
from cloudscale.services.orders import OrderView
from tests import shop

APPROVED, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"


@pytest.fixture
def buyer(session: Session) -> Shopper:
    return shop.member(session)


@pytest.fixture
def address_id(session: Session, buyer: Shopper) -> int:
    return shop.address(session, buyer)


def place(session: Session, buyer: Shopper, address_id: int, **choices: Any) -> OrderView:
    given = {"shipping_address_id": address_id, "billing_address_id": address_id, **choices}
    return checkout.place_order(session, buyer, **given)


def refuse(session: Session, refusal: type[Exception], *args: Any, **choices: Any) -> str:
    """Place an order that must be refused; as at a door, a refusal rolls everything back."""
    with pytest.raises(refusal) as raised, session.begin_nested():
        place(session, *args, **choices)
    return str(raised.value)


def counts(session: Session) -> list[int]:
    models = (Order, OrderLine, OrderEvent, OutboxMessage)
    return [session.connection().scalar(select(func.count()).select_from(m)) or 0 for m in models]


def stock_of(session: Session, product_id: int) -> int:
    products = table_of(Product)
    query = select(products.c.stock).where(products.c.id == product_id)
    return session.connection().execute(query).scalar_one()


def test_a_quote_holds_the_full_cost_and_every_choice(session: Session):
    guest = shop.guest(session)
    cart.add(session, guest, shop.product(session, price_cents=20_00), 2)
    standard = checkout.quote(session, guest)
    assert (standard.subtotal_cents, standard.delivery_cents) == (40_00, 4_99)
    assert standard.total_cents == 44_99
    assert [(way.slug, way.cost_cents) for way in standard.delivery_options] == [
        ("standard", 4_99),
        ("express", 12_99),
    ]
    assert [way.slug for way in standard.payment_options] == ["on_delivery", "test_card"]
    assert "test" in standard.payment_options[1].name.lower()
    assert checkout.quote(session, guest, "express").total_cents == 52_99


def test_standard_delivery_is_free_from_50_dollars(session: Session, buyer: Shopper):
    product = shop.product(session, price_cents=49_99)
    cart.add(session, buyer, product)
    assert checkout.quote(session, buyer).total_cents == 54_98
    shop.change_product(session, product, price_cents=50_00)
    assert checkout.quote(session, buyer).total_cents == 50_00
    assert checkout.quote(session, buyer, "express").total_cents == 62_99


def test_an_empty_cart_costs_nothing(session: Session, buyer: Shopper):
    quote = checkout.quote(session, buyer)
    assert (quote.cart_id, quote.total_cents) == (None, 0)


@pytest.mark.parametrize("method", ["", "drone", None, 1, ["standard"]], ids=repr)
def test_unknown_methods_are_refused_by_name(
    session: Session, buyer: Shopper, address_id: int, method: Any
):
    with pytest.raises(InvalidInput) as refusal:
        checkout.quote(session, buyer, method)
    assert refusal.value.errors[0].field == "delivery_method"
    for field in ("delivery_method", "payment_method"):
        with pytest.raises(InvalidInput) as refusal:
            place(session, buyer, address_id, **{field: method})
        assert refusal.value.errors[0].field == field


def test_an_order_holds_everything_as_it_was(session: Session, buyer: Shopper, address_id: int):
    mug = shop.product(session, name="Mug", price_cents=12_50, stock=5)
    lamp = shop.product(session, name="Lamp", price_cents=40_00, stock=1)
    cart.add(session, buyer, mug, 2)
    cart.add(session, buyer, lamp)
    order = place(session, buyer, address_id, delivery_method="express")
    assert re.fullmatch(r"CS-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", order.number)
    assert (order.status, order.payment_status, order.can_cancel) == ("pending", "due", True)
    assert [(line.name, line.quantity, line.price_cents) for line in order.lines] == [
        ("Mug", 2, 12_50),
        ("Lamp", 1, 40_00),
    ]
    assert (order.subtotal_cents, order.delivery_cents, order.total_cents) == (65_00, 12_99, 77_99)
    where = "Ada Byron, 12 Analytical Row, London, N1 7AA, United Kingdom"
    assert order.shipping_address == order.billing_address == where
    assert [(step.status, step.note) for step in order.events] == [("pending", "Order placed.")]
    assert (stock_of(session, mug), stock_of(session, lamp)) == (3, 0)
    assert cart.view(session, buyer).id is None


def test_what_is_returned_is_what_is_stored(session: Session, buyer: Shopper, address_id: int):
    for _ in range(3):
        cart.add(session, buyer, shop.product(session))
    billing = shop.address(session, buyer, street="1 Other Street", state="CA", type="billing")
    order = place(session, buyer, address_id, billing_address_id=billing)
    assert order.billing_address != order.shipping_address
    assert orders.detail(session, buyer, order.id) == order


def test_the_notice_and_the_closed_cart_come_with_the_order(
    session: Session, buyer: Shopper, address_id: int
):
    cart_id = cart.add(session, buyer, shop.product(session, name="Mug"), 2).id
    order = place(session, buyer, address_id)
    row = session.connection().execute(select(table_of(OutboxMessage))).one()
    assert (row.kind, row.recipient) == ("order_placed", buyer.require_user().email)
    assert row.payload["number"] == order.number
    assert row.payload["items"] == [["Mug", 2, 20_00]]
    assert row.payload["total_cents"] == order.total_cents
    assert row.delivered_at is None
    assert session.get_one(Cart, cart_id).closed_at == order.created_at


def test_an_order_needs_an_account(session: Session, address_id: int):
    guest = shop.guest(session)
    cart.add(session, guest, shop.product(session))
    refuse(session, NotSignedIn, guest, address_id)
    assert counts(session) == [0, 0, 0, 0]


def test_an_empty_cart_cannot_be_ordered(session: Session, buyer: Shopper, address_id: int):
    assert "cart is empty" in refuse(session, RuleRefused, buyer, address_id)
    line = cart.add(session, buyer, shop.product(session)).lines[0]
    cart.remove(session, buyer, line.id)
    assert "cart is empty" in refuse(session, RuleRefused, buyer, address_id)


def test_a_cart_is_ordered_once(session: Session, buyer: Shopper, address_id: int):
    cart.add(session, buyer, shop.product(session))
    place(session, buyer, address_id)
    assert "under Orders" in refuse(session, RuleRefused, buyer, address_id)
    assert counts(session) == [1, 1, 1, 1]


def test_someone_elses_or_an_unknown_address_is_not_found(
    session: Session, buyer: Shopper, address_id: int
):
    cart.add(session, buyer, shop.product(session))
    theirs = shop.address(session, shop.member(session))
    for wrong in (theirs, 2**31 - 1, 0, -1, 10**30, "1", None, True):
        refuse(session, NotFound, buyer, address_id, shipping_address_id=wrong)
        refuse(session, NotFound, buyer, address_id, billing_address_id=wrong)
    assert counts(session) == [0, 0, 0, 0]


def test_what_is_gone_meanwhile_is_refused_in_words(
    session: Session, buyer: Shopper, address_id: int
):
    kept, gone = shop.product(session), shop.product(session, name="Mug", stock=5)
    cart.add(session, buyer, kept, 2)
    cart.add(session, buyer, gone, 3)
    shop.change_product(session, gone, stock=2)
    assert "Only 2 of Mug left" in refuse(session, OutOfStock, buyer, address_id)
    shop.change_product(session, gone, stock=0)
    assert "Mug is sold out" in refuse(session, OutOfStock, buyer, address_id)
    shop.change_product(session, gone, stock=5, is_published=False)
    assert "Mug is no longer sold" in refuse(session, RuleRefused, buyer, address_id)
    assert stock_of(session, kept) == 10
    assert len(cart.view(session, buyer).lines) == 2


def test_a_price_that_was_not_shown_is_never_charged(
    session: Session, buyer: Shopper, address_id: int
):
    product = shop.product(session, name="Mug", price_cents=59_00)
    cart.add(session, buyer, product)
    for price in (49_00, 69_00):
        shop.change_product(session, product, price_cents=price)
        assert "price of Mug went from" in refuse(session, PriceChanged, buyer, address_id)
        shown = checkout.quote(session, buyer)
        assert len(shown.notices) == 1
        assert shown.total_cents == price + (4_99 if price < 50_00 else 0)
        assert checkout.quote(session, buyer).notices == []
    assert place(session, buyer, address_id).total_cents == 69_00


def test_another_total_on_the_screen_is_refused(session: Session, buyer: Shopper, address_id: int):
    product = shop.product(session, price_cents=60_00)
    cart.add(session, buyer, product)
    first_tab = checkout.quote(session, buyer)
    shop.change_product(session, product, price_cents=70_00)
    second_tab = checkout.quote(session, buyer)
    shown = first_tab.total_cents
    said = refuse(session, PriceChanged, buyer, address_id, expected_total_cents=shown)
    assert "now costs $70.00" in said
    shown = second_tab.total_cents
    assert place(session, buyer, address_id, expected_total_cents=shown).total_cents == 70_00


def test_the_same_key_and_request_give_the_same_order(
    session: Session, buyer: Shopper, address_id: int
):
    product = shop.product(session)
    cart.add(session, buyer, product)
    order = place(session, buyer, address_id, idempotency_key="k1")
    assert place(session, buyer, address_id, idempotency_key="k1") == order
    cart.add(session, buyer, product)
    assert place(session, buyer, address_id, idempotency_key="k1") == order
    assert counts(session) == [1, 1, 1, 1]
    assert len(cart.view(session, buyer).lines) == 1
    assert place(session, buyer, address_id, idempotency_key="k2").id != order.id


def test_the_same_key_with_another_request_is_refused(
    session: Session, buyer: Shopper, address_id: int
):
    cart.add(session, buyer, shop.product(session))
    place(session, buyer, address_id, idempotency_key="k1")
    other: dict[str, Any] = {"idempotency_key": "k1", "delivery_method": "express"}
    assert "placed already, with other choices" in refuse(
        session, RuleRefused, buyer, address_id, **other
    )
    cart.add(session, buyer, shop.product(session))
    assert "placed already, with other choices" in refuse(
        session, RuleRefused, buyer, address_id, **other
    )


def test_a_key_is_its_users_own(session: Session, buyer: Shopper, address_id: int):
    other = shop.member(session)
    product = shop.product(session)
    for shopper, address in ((buyer, address_id), (other, shop.address(session, other))):
        cart.add(session, shopper, product)
        place(session, shopper, address, idempotency_key="same")
    assert counts(session)[0] == 2


@pytest.mark.parametrize("key", ["k" * 201, "a\x00b", "a\nb", "\ud800", 7, b"k"], ids=repr)
def test_a_key_must_be_printable_and_short(
    session: Session, buyer: Shopper, address_id: int, key: Any
):
    cart.add(session, buyer, shop.product(session))
    assert "Idempotency-Key" in refuse(
        session, InvalidInput, buyer, address_id, idempotency_key=key
    )


def test_a_test_card_pays_and_leaves_no_trace_of_its_number(
    session: Session, buyer: Shopper, address_id: int
):
    cart.add(session, buyer, shop.product(session))
    order = place(session, buyer, address_id, payment_method="test_card", card_number=APPROVED)
    assert order.payment_status == "paid"
    row = session.connection().execute(select(table_of(Order))).one()
    told = session.connection().execute(select(table_of(OutboxMessage))).one()
    assert "4242" not in re.sub(r"\D", "", f"{row.payment_reference}")
    assert "4242 4242" not in f"{row}{told}"


def test_a_declined_card_leaves_nothing_behind(session: Session, buyer: Shopper, address_id: int):
    product = shop.product(session)
    cart.add(session, buyer, product, 3)
    card: dict[str, Any] = {"payment_method": "test_card", "idempotency_key": "k"}
    said = refuse(session, PaymentDeclined, buyer, address_id, card_number=DECLINED, **card)
    assert "cart is kept" in said
    assert counts(session) == [0, 0, 0, 0]
    assert stock_of(session, product) == 10
    order = place(session, buyer, address_id, card_number=APPROVED, **card)
    assert order.payment_status == "paid"


@pytest.mark.parametrize(
    "number", ["", "4111111111111111", "abc", None, 4242424242424242], ids=repr
)
def test_any_other_card_is_refused_by_field(
    session: Session, buyer: Shopper, address_id: int, number: Any
):
    cart.add(session, buyer, shop.product(session))
    with pytest.raises(InvalidInput, match="never a real card") as refusal:
        place(session, buyer, address_id, payment_method="test_card", card_number=number)
    assert refusal.value.errors[0].field == "card_number"


def test_a_number_that_is_taken_is_drawn_again(
    session: Session, buyer: Shopper, address_id: int, monkeypatch: pytest.MonkeyPatch
):
    drawn = iter(["CS-AAAA-AAAA", "CS-AAAA-AAAA", "CS-BBBB-BBBB"])
    monkeypatch.setattr(order_rows, "new_number", lambda: next(drawn))
    numbers = []
    for _ in range(2):
        cart.add(session, buyer, shop.product(session))
        numbers.append(place(session, buyer, address_id).number)
    assert numbers == ["CS-AAAA-AAAA", "CS-BBBB-BBBB"]
    assert counts(session) == [2, 2, 2, 2]
    assert cart.view(session, buyer).id is None


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "'; DROP TABLE product; --"])
def test_markup_and_sql_are_only_text(session: Session, buyer: Shopper, name: str):
    address = shop.address(session, buyer, street=name)
    cart.add(session, buyer, shop.product(session, name=name))
    order = place(session, buyer, address, idempotency_key=name)
    assert order.lines[0].name == name
    assert name in order.shipping_address


def test_a_key_is_free_again_after_24_hours(session: Session, buyer: Shopper, address_id: int):
    cart.add(session, buyer, shop.product(session))
    first = place(session, buyer, address_id, idempotency_key="k1")
    shop.age_order(session, first.id, hours=23.9)
    assert place(session, buyer, address_id, idempotency_key="k1").id == first.id
    shop.age_order(session, first.id, hours=24)
    cart.add(session, buyer, shop.product(session))
    second = place(session, buyer, address_id, idempotency_key="k1")
    assert second.id != first.id
    assert place(session, buyer, address_id, idempotency_key="k1").id == second.id
