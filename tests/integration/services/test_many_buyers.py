"""Several processes buy at once, and some are killed: nothing is sold twice and nothing lost."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from cloudscale.db import unit_of_work
from tests import shop
from tests.buyers import Job, outcomes, processes
from tests.shop import Buyer


def number(session: Session, query: str) -> int:
    return session.connection().execute(text(query)).scalar_one()


def assert_books_balance(initial_stock: int) -> None:
    """Every unit is on the shelf or in one order, and every order is whole."""
    with unit_of_work() as session:
        # One snapshot: the server may still be finishing a commit of a killed process.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        sold = number(
            session,
            "SELECT coalesce(sum(quantity), 0) FROM order_line JOIN customer_order AS o "
            "ON o.id = order_id WHERE o.status <> 'cancelled'",
        )
        assert number(session, "SELECT sum(stock) FROM product") + sold == initial_stock
        torn = (
            "SELECT count(*) FROM customer_order AS o WHERE "
            "subtotal_cents <> (SELECT coalesce(sum(quantity * price_cents), 0) FROM order_line "
            "                   WHERE order_id = o.id) "
            "OR (SELECT count(*) FROM order_event WHERE order_id = o.id AND status = 'pending') "
            "   <> 1 "
            "OR (SELECT count(*) FROM outbox_message WHERE payload->>'number' = o.number "
            "    AND kind = 'order_placed') <> 1 "
            "OR (SELECT closed_at FROM cart WHERE id = o.cart_id) IS NULL"
        )
        assert number(session, torn) == 0
        orders = number(session, "SELECT count(*) FROM customer_order")
        assert orders == number(session, "SELECT count(DISTINCT cart_id) FROM customer_order")
        assert orders == number(session, "SELECT count(*) FROM cart WHERE closed_at IS NOT NULL")


def split(buyers: list[Buyer], parts: int, **job: Any) -> list[Job]:
    return [Job(buyers[part::parts], **job) for part in range(parts)]


def test_of_500_buyers_and_50_units_exactly_50_buy(database: str):
    with unit_of_work() as session:
        hot = shop.product(session, stock=50)
        buyers = shop.crowd(session, 500, [hot])
    results = Counter(seen.refused or "ordered" for seen in outcomes(database, *split(buyers, 4)))
    assert results == {"ordered": 50, "OutOfStock": 450}
    assert_books_balance(50)
    with unit_of_work() as session:
        assert number(session, "SELECT stock FROM product") == 0
        assert number(session, "SELECT count(*) FROM cart WHERE closed_at IS NULL") == 450


@pytest.mark.parametrize("has_keys", [True, False], ids=["with keys", "without"])
def test_an_order_sent_twice_from_two_processes_is_one_order(database: str, has_keys: bool):
    with unit_of_work() as session:
        products = [shop.product(session, stock=1000) for _ in range(5)]
        buyers = shop.crowd(session, 40, products, lines=2)
    seen = outcomes(database, *[Job(buyers, has_keys)] * 2)
    placed = [(outcome.user_id, outcome.order_id) for outcome in seen if outcome.order_id]
    assert len(set(placed)) == 40
    assert len(placed) == (80 if has_keys else 40)
    refused = Counter(outcome.refused for outcome in seen if outcome.refused)
    assert refused == ({} if has_keys else {"RuleRefused": 40})
    assert_books_balance(5000)


def test_carts_of_the_same_products_in_other_orders_never_lock_each_other_out(database: str):
    with unit_of_work() as session:
        products = [shop.product(session, stock=1000) for _ in range(4)]
        buyers = shop.crowd(session, 160, products, lines=4)
    seen = outcomes(database, *split(buyers, 4, cancel_every=3))
    assert len({outcome.order_id for outcome in seen if not outcome.refused}) == 160
    assert_books_balance(4000)


def test_processes_killed_while_ordering_leave_whole_orders_only(database: str):
    with unit_of_work() as session:
        products = [shop.product(session, stock=1000) for _ in range(6)]
        buyers = shop.crowd(session, 150, products, lines=3)
    jobs = split(buyers, 3, has_keys=True)
    for killed_after in (3, 8):
        with processes(database, *jobs) as started:
            for process in started:
                for _ in range(killed_after):
                    assert process.next().order_id
        assert_books_balance(6000)
    seen = outcomes(database, *jobs)
    assert len({outcome.order_id for outcome in seen if not outcome.refused}) == 150
    assert_books_balance(6000)


def test_a_process_killed_with_the_stock_in_its_hands_gives_it_back(database: str):
    with unit_of_work() as session:
        product = shop.product(session, stock=1)
        first, second = shop.crowd(session, 2, [product])
    with processes(database, Job([first], stalls=True)) as (stalled,):
        assert stalled.next() == "paying"
        assert_books_balance(1)
    with unit_of_work() as session:
        assert second.place_order(session).lines[0].quantity == 1
    assert_books_balance(1)
