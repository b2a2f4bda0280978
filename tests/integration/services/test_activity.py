"""Active users and orders a minute are counted in the database."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from cloudscale.models import Order, User, Visit
from cloudscale.services import activity

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def visit(session: Session, *, minutes_ago: float, **columns: Any) -> Visit:
    row = Visit(
        token_hash=secrets.token_bytes(32),
        last_active_at=NOW - timedelta(minutes=minutes_ago),
        **columns,
    )
    session.add(row)
    session.flush()
    return row


def user(session: Session) -> User:
    name = secrets.token_hex(4)
    row = User(email=f"{name}@example.com", username=name, password_hash="x")
    session.add(row)
    session.flush()
    return row


def order(session: Session, owner: User, *, seconds_ago: float, status: str = "pending") -> None:
    session.add(
        Order(
            number=secrets.token_hex(6),
            user_id=owner.id or 0,
            status=status,
            payment_method="delivery",
            delivery_method="standard",
            subtotal_cents=100,
            delivery_cents=0,
            total_cents=100,
            shipping_address={},
            billing_address={},
            created_at=NOW - timedelta(seconds=seconds_ago),
        )
    )
    session.flush()


def test_guests_and_members_active_in_the_last_five_minutes_are_counted(session: Session):
    visit(session, minutes_ago=0)
    visit(session, minutes_ago=4.9, user_id=user(session).id)
    assert activity.active_users(session, NOW) == 2


def test_a_visit_from_before_the_window_is_not_counted(session: Session):
    visit(session, minutes_ago=5.01)
    assert activity.active_users(session, NOW) == 0
    assert activity.active_users(session, NOW, minutes=15) == 1


def test_robots_are_not_counted(session: Session):
    visit(session, minutes_ago=1, is_robot=True)
    assert activity.active_users(session, NOW) == 0


def test_a_visit_that_was_ended_by_signing_in_or_out_is_not_counted(session: Session):
    visit(session, minutes_ago=1, ended_at=NOW)
    assert activity.active_users(session, NOW) == 0


def test_one_visit_counts_once_however_often_it_was_active(session: Session):
    row = visit(session, minutes_ago=3)
    row.last_active_at = NOW
    session.flush()
    assert activity.active_users(session, NOW) == 1


def test_orders_of_the_last_minute_are_counted_cancelled_ones_too(session: Session):
    owner = user(session)
    order(session, owner, seconds_ago=1)
    order(session, owner, seconds_ago=59, status="cancelled")
    order(session, owner, seconds_ago=61)
    assert activity.orders_placed(session, NOW) == 2


def test_one_sample_holds_both(session: Session):
    visit(session, minutes_ago=1)
    assert activity.shop_activity(session, NOW) == activity.ShopActivity(1, 0)
