"""What staff do on the shelves, on a real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OutOfStock,
    StoreError,
    VersionConflict,
)
from cloudscale.models import Category, Role, Scope
from cloudscale.services import audit, cart, catalogue, orders, shelves
from cloudscale.services.catalogue import ProductDetail, Query
from cloudscale.services.identity import Shopper
from cloudscale.services.shelves import ProductForm
from tests import shop

WRONG_IDS = (2**31 - 1, 0, -1, 10**30, "1", None, True, 1.0)


@pytest.fixture
def staff(session: Session) -> Shopper:
    return shop.member(session, role=Role.STAFF)


@pytest.fixture
def lamp(session: Session) -> ProductDetail:
    product = shop.product(session, name="Desk lamp", price_cents=50_00, stock=14)
    return catalogue.product(session, product)


def category(session: Session, slug: str) -> str:
    session.add(Category(slug=slug, name=slug.capitalize()))
    session.flush()
    return slug


def entries(session: Session, staff: Shopper, product_id: int) -> list[audit.EntryView]:
    return audit.page(session, staff, "product", product_id)


def found(session: Session, words: str) -> list[str]:
    return [card.name for card in catalogue.browse(session, Query(text=words)).products]


def count_of(session: Session, slug: str) -> int:
    return {shelf.slug: shelf.count for shelf in catalogue.categories(session)}[slug]


def test_a_new_product_is_on_its_shelf_in_searches_and_in_the_log(session: Session, staff: Shopper):
    lights = category(session, "lights")
    form = ProductForm(
        name="Lantern of Zanzibar",
        tagline="Warm",
        description="Made of brass.",
        category=lights,
        price_cents=129_00,
        stock=3,
        specifications=[("Weight", "540 g")],
        pictures=[("smart-speaker.svg", "A lantern")],
    )
    made = shelves.create(session, staff, form)
    assert catalogue.product(session, made.card.id) == made
    assert (made.card.name, made.card.price_cents, made.card.stock) == (form.name, 129_00, 3)
    assert made.specifications == [("Weight", "540 g")]
    assert made.pictures == [("smart-speaker.svg", "A lantern")]
    assert found(session, "zanzibar") == found(session, "brass lanterns") == [form.name]
    assert count_of(session, lights) == 1
    (entry,) = entries(session, staff, made.card.id)
    assert (entry.action, entry.before, entry.after["price_cents"]) == ("created", {}, 129_00)
    assert entry.after["category"] == lights


def test_a_new_product_needs_a_name_a_price_and_a_category_that_is_there(
    session: Session, staff: Shopper
):
    with pytest.raises(InvalidInput) as refused:
        shelves.create(session, staff, ProductForm(category="nowhere", tagline="x" * 161))
    assert {error.field for error in refused.value.errors} == {
        "name",
        "price_cents",
        "category",
        "tagline",
    }


def test_products_of_one_name_and_names_without_letters_all_get_a_place(
    session: Session, staff: Shopper
):
    lights = category(session, "lights")
    names = ["Lamp", "Lamp", "lamp!", "灯", "🪔", "x" * 160, "x" * 160]
    made = [
        shelves.create(session, staff, ProductForm(name=name, category=lights, price_cents=1))
        for name in names
    ]
    assert [product.card.name for product in made] == names


def test_what_changes_is_seen_and_noted_and_nothing_else(
    session: Session, staff: Shopper, lamp: ProductDetail
):
    lights = category(session, "lights")
    before = lamp.card.category_slug
    form = ProductForm(name="Floor lamp", price_cents=50_00, category=lights)
    changed = shelves.change(session, staff, lamp.card.id, form)
    assert (changed.card.name, changed.card.price_cents) == ("Floor lamp", 50_00)
    assert (changed.pictures, changed.card.stock) == (lamp.pictures, 14)
    assert changed.version != lamp.version
    assert found(session, "floor lamp") == ["Floor lamp"]
    assert "Desk lamp" not in found(session, "desk")
    assert (count_of(session, before), count_of(session, lights)) == (0, 1)
    (entry,) = entries(session, staff, lamp.card.id)
    assert entry.action == "changed"
    assert entry.before == {"name": "Desk lamp", "category": before}
    assert entry.after == {"name": "Floor lamp", "category": lights}


def test_a_change_that_changes_nothing_leaves_version_and_log_alone(
    session: Session, staff: Shopper, lamp: ProductDetail
):
    same = ProductForm(
        name=lamp.card.name, price_cents=50_00, stock=14, pictures=None, is_published=True
    )
    assert shelves.change(session, staff, lamp.card.id, same) == lamp
    assert shelves.change(session, staff, lamp.card.id, ProductForm()) == lamp
    assert entries(session, staff, lamp.card.id) == []


def test_replacing_empties_what_is_left_out_but_keeps_stock_and_shelf(
    session: Session, staff: Shopper, lamp: ProductDetail
):
    shelves.change(session, staff, lamp.card.id, ProductForm(is_published=False, tagline="Warm"))
    whole = ProductForm(name="Lamp", price_cents=60_00, category=lamp.card.category_slug)
    replaced = shelves.replace(session, staff, lamp.card.id, whole)
    assert (replaced.card.tagline, replaced.pictures, replaced.card.stock) == ("", [], 14)
    assert replaced.shown_pictures == [("", "")]
    assert not replaced.is_published
    with pytest.raises(InvalidInput) as refused:
        shelves.replace(session, staff, lamp.card.id, ProductForm(name="", stock=3))
    assert [error.field for error in refused.value.errors] == ["category", "price_cents", "name"]


def test_withdrawn_is_nowhere_for_shoppers_and_there_for_staff(
    session: Session, staff: Shopper, lamp: ProductDetail
):
    member = shop.member(session)
    shelves.change(session, staff, lamp.card.id, ProductForm(is_published=False))
    assert count_of(session, lamp.card.category_slug) == 0
    assert "Desk lamp" not in found(session, "desk lamp")
    for shopper in (member, shop.guest(session), shop.member(session, Role.OPS)):
        with pytest.raises(NotFound):
            shelves.product(session, shopper, lamp.card.id)
    assert not shelves.product(session, staff, lamp.card.id).is_published
    assert [card.id for card in shelves.withdrawn(session, staff)] == [lamp.card.id]
    shelves.change(session, staff, lamp.card.id, ProductForm(is_published=True))
    assert shelves.product(session, member, lamp.card.id).is_published
    assert shelves.withdrawn(session, staff) == []
    actions = [entry.action for entry in entries(session, staff, lamp.card.id)]
    assert actions == ["published", "withdrawn"]


def test_the_withdrawn_come_by_pages(session: Session, staff: Shopper):
    gone = [shop.product(session, is_published=False) for _ in range(5)]
    first = shelves.withdrawn(session, staff, limit=3)
    rest = shelves.withdrawn(session, staff, before_id=first[-1].id, limit=3)
    assert [card.id for card in first + rest] == gone[::-1]


def test_another_stock_needs_a_reason(session: Session, staff: Shopper, lamp: ProductDetail):
    product, more = lamp.card.id, ProductForm(stock=20)
    with pytest.raises(InvalidInput, match="Say why") as refused:
        shelves.change(session, staff, product, more, version=lamp.version)
    assert refused.value.errors[0].field == "reason"
    with pytest.raises(InvalidInput):
        shelves.change(session, staff, product, more, version=lamp.version, reason="x" * 301)
    changed = shelves.change(
        session, staff, product, more, version=lamp.version, reason=" Delivery "
    )
    assert changed.card.stock == 20
    (entry,) = entries(session, staff, product)
    assert (entry.action, entry.reason) == ("stock_set", "Delivery")
    assert (entry.before, entry.after) == ({"stock": 14}, {"stock": 20})


def test_a_sale_meanwhile_refuses_a_new_stock_but_not_a_new_price(
    session: Session, staff: Shopper, lamp: ProductDetail
):
    product, buyer = lamp.card.id, shop.member(session)
    buy(session, buyer, product)
    with pytest.raises(VersionConflict, match="changed or sold"):
        shelves.change(
            session, staff, product, ProductForm(stock=20), version=lamp.version, reason="Counted"
        )
    dearer = ProductForm(price_cents=60_00)
    assert shelves.change(session, staff, product, dearer, version=lamp.version).card.stock == 13
    overwritten = shelves.change(session, staff, product, ProductForm(stock=20), reason="Counted")
    assert overwritten.card.stock == 20


@pytest.mark.parametrize("version", ["", "nonsense", "1.14", "'; --", '"*"', "1764115200000000"])
def test_any_other_version_than_the_one_there_is_refused(
    session: Session, staff: Shopper, lamp: ProductDetail, version: str
):
    with pytest.raises(VersionConflict):
        shelves.change(session, staff, lamp.card.id, ProductForm(name="X"), version=version)
    with pytest.raises(VersionConflict):
        shelves.delete(session, staff, lamp.card.id, version=version)
    assert catalogue.product(session, lamp.card.id) == lamp


def test_what_was_never_ordered_is_deleted_and_gone_from_carts(
    session: Session, staff: Shopper, lamp: ProductDetail
):
    member, guest = shop.member(session), shop.guest(session)
    other = shop.product(session)
    for shopper in (member, guest):
        cart.add(session, shopper, lamp.card.id)
        cart.add(session, shopper, other)
    assert shelves.delete(session, staff, lamp.card.id, version=lamp.version) is None
    for shopper in (member, guest):
        assert [line.product_id for line in cart.view(session, shopper).lines] == [other]
    with pytest.raises(NotFound):
        shelves.product(session, staff, lamp.card.id)
    assert count_of(session, lamp.card.category_slug) == 0
    (entry,) = entries(session, staff, lamp.card.id)
    assert (entry.action, entry.before["name"], entry.after) == ("deleted", "Desk lamp", {})


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_what_was_ordered_is_withdrawn_instead_and_the_order_reads_as_it_was(
    session: Session, staff: Shopper, lamp: ProductDetail, is_cancelled: bool
):
    buyer, other = shop.member(session), shop.member(session)
    order = buy(session, buyer, lamp.card.id)
    if is_cancelled:
        order = orders.cancel(session, buyer, order.id)
    cart.add(session, other, lamp.card.id)
    kept = shelves.delete(session, staff, lamp.card.id)
    assert kept is not None
    assert not kept.is_published
    assert orders.detail(session, buyer, order.id) == order
    assert [line.notice for line in cart.view(session, other).lines] == ["No longer sold."]
    assert [entry.action for entry in entries(session, staff, lamp.card.id)] == ["withdrawn"]
    assert shelves.delete(session, staff, lamp.card.id) == kept
    assert len(entries(session, staff, lamp.card.id)) == 1


def refuses_for(session: Session, shopper: Shopper, product_id: int) -> list[type[StoreError]]:
    """How each of staff's services refuses a shopper."""
    form = ProductForm(name="X", price_cents=1, category="things")
    refused = []
    for service, *given in (
        (shelves.create, form),
        (shelves.change, product_id, form),
        (shelves.replace, product_id, form),
        (shelves.delete, product_id),
        (shelves.withdrawn,),
    ):
        with pytest.raises(StoreError) as refusal:
            service(session, shopper, *given)
        refused.append(type(refusal.value))
    return refused


def test_only_staff_and_owners_with_the_scope_touch_the_shelves(
    session: Session, lamp: ProductDetail
):
    product = lamp.card.id
    assert set(refuses_for(session, shop.guest(session), product)) == {NotSignedIn}
    for role in (Role.MEMBER, Role.OPS):
        assert set(refuses_for(session, shop.member(session, role), product)) == {NotAllowed}
    owner = shop.member(session, Role.OWNER)
    for scopes in ({Scope.READ}, {Scope.READ, Scope.SHOP}):
        program = replace(owner, visit_id=0, scopes=frozenset(scopes), via="token till")
        assert set(refuses_for(session, program, product)) == {NotAllowed}
    assert catalogue.product(session, product) == lamp
    changed = shelves.change(session, owner, product, ProductForm(name="X"))
    assert changed.card.name == "X"


@pytest.mark.parametrize("wrong", WRONG_IDS, ids=repr)
def test_a_product_that_is_not_there_is_not_found(session: Session, staff: Shopper, wrong: Any):
    for asked in (shelves.product, shelves.delete):
        with pytest.raises(NotFound):
            asked(session, staff, wrong)
    with pytest.raises(NotFound):
        shelves.change(session, staff, wrong, ProductForm(name="X"))


def buy(session: Session, buyer: Shopper, product_id: int) -> orders.OrderView:
    cart.add(session, buyer, product_id)
    user = buyer.require_user()
    return shop.Buyer(buyer.visit_id, user.id, shop.address(session, buyer)).place_order(session)


def together(*actions: Callable[[Session], Any]) -> list[Any]:
    """What each action returned, or its refusal, when all start at the same moment."""
    begin = Barrier(len(actions))

    def run(action: Callable[[Session], Any]) -> Any:
        begin.wait(timeout=30)
        try:
            with unit_of_work() as session:
                return action(session)
        except StoreError as refusal:
            return refusal

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


@pytest.mark.usefixtures("database")
def test_of_two_who_change_the_same_version_at_once_one_is_refused():
    with unit_of_work() as session:
        staff = [shop.member(session, Role.STAFF) for _ in range(2)]
        product = catalogue.product(session, shop.product(session, stock=5))
    for _ in range(5):
        results = together(
            *[
                lambda s, who=who, price=price, seen=product: shelves.change(
                    s, who, seen.card.id, ProductForm(price_cents=price), version=seen.version
                )
                for who, price in zip(
                    staff, (product.card.price_cents + 1, product.card.price_cents + 2), strict=True
                )
            ]
        )
        (product,) = [result for result in results if isinstance(result, ProductDetail)]
        assert sum(isinstance(result, VersionConflict) for result in results) == 1
    with unit_of_work() as session:
        assert catalogue.product(session, product.card.id).version == product.version
        assert len(entries(session, staff[0], product.card.id)) == 5


@pytest.mark.usefixtures("database")
def test_two_who_move_a_product_to_another_shelf_take_turns():
    with unit_of_work() as session:
        staff = shop.member(session, Role.STAFF)
        product = shop.product(session)
        slugs = [category(session, f"shelf-{number}") for number in range(4)]
    results = together(
        *[
            lambda s, slug=slug: shelves.change(s, staff, product, ProductForm(category=slug))
            for slug in slugs
        ]
    )
    assert all(isinstance(result, ProductDetail) for result in results), results
    with unit_of_work() as session:
        assert sum(count_of(session, slug) for slug in slugs) == 1


def count_one_more(staff: Shopper, product_id: int) -> int:
    """Staff put one unit on the shelf: read, add, write, and again if it was sold meanwhile."""
    for tries in range(1, 500):
        with unit_of_work() as session:
            seen = catalogue.product(session, product_id)
        more = ProductForm(stock=seen.card.stock + 1)
        try:
            with unit_of_work() as session:
                shelves.change(
                    session, staff, product_id, more, version=seen.version, reason="Delivery"
                )
            return tries
        except VersionConflict:
            continue
    raise AssertionError("never came to pass")


@pytest.mark.usefixtures("database")
def test_units_put_on_the_shelf_while_orders_are_placed_are_neither_lost_nor_sold_twice():
    with unit_of_work() as session:
        staff = shop.member(session, Role.STAFF)
        product = shop.product(session, stock=10)
        buyers = shop.crowd(session, 30, [product])

    def order(buyer: shop.Buyer) -> bool:
        try:
            with unit_of_work() as session:
                buyer.place_order(session)
            return True
        except OutOfStock:
            return False

    with ThreadPoolExecutor(6) as pool:
        deliveries = [pool.submit(count_one_more, staff, product) for _ in range(10)]
        sold = sum(pool.map(order, buyers))
        tries = [delivery.result() for delivery in deliveries]
    with unit_of_work() as session:
        left = catalogue.product(session, product).card.stock
        counted = entries(session, staff, product)
        bought = session.connection().scalar(text("SELECT sum(quantity) FROM order_line"))
    assert (len(tries), len(counted)) == (10, 10)
    assert (left + sold, bought) == (20, sold)
    assert all(entry.after["stock"] == entry.before["stock"] + 1 for entry in counted)


@pytest.mark.usefixtures("database")
def test_a_product_deleted_while_it_is_ordered_is_in_the_order_or_in_no_order():
    with unit_of_work() as session:
        staff = shop.member(session, Role.STAFF)
        products = [shop.product(session) for _ in range(8)]
        buyers = [shop.crowd(session, 1, [product])[0] for product in products]
    for product, buyer in zip(products, buyers, strict=True):
        ordered, deleted = together(
            lambda s, buyer=buyer: buyer.place_order(s),
            lambda s, product=product: shelves.delete(s, staff, product),
        )
        if isinstance(ordered, StoreError):
            assert deleted is None
        else:
            assert not deleted.is_published
            with unit_of_work() as session:
                assert orders.detail(session, buyer.shopper(), ordered.id) == ordered
