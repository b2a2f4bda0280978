"""Active users and orders a minute are counted in the database."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event, text
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
    assert activity.count_active(session, NOW).five_minutes == 2


def test_a_visit_from_before_the_window_is_not_counted(session: Session):
    visit(session, minutes_ago=5.01)
    assert activity.count_active(session, NOW).five_minutes == 0
    assert activity.count_active(session, NOW).fifteen_minutes == 1


def test_the_three_windows_are_counted_at_once(session: Session):
    for minutes_ago in (0, 0.99, 1.01, 4.9, 5.01, 14.9, 15.01):
        visit(session, minutes_ago=minutes_ago)
    visit(session, minutes_ago=0, is_robot=True)
    visit(session, minutes_ago=0, ended_at=NOW)
    assert activity.count_active(session, NOW) == activity.ActiveUsers(2, 4, 6)


def test_an_empty_shop_has_nobody(session: Session):
    assert activity.count_active(session, NOW) == activity.ActiveUsers(0, 0, 0)


def test_counting_reads_what_is_recent_however_many_visits_are_old(session: Session):
    connection = session.connection()
    connection.execute(
        text(
            "INSERT INTO visit (token_hash, ip, user_agent, is_robot, created_at, last_active_at)"
            " SELECT sha256(n::text::bytea), '', '', false, :now, :now - interval '1 day'"
            " FROM generate_series(1, 20000) AS n"
        ),
        {"now": NOW},
    )
    visit(session, minutes_ago=0.5)
    connection.execute(text("ANALYZE visit"))
    sent: list[tuple[str, Any]] = []
    event.listen(connection, "before_cursor_execute", lambda *args: sent.append(args[2:4]))
    assert activity.count_active(session, NOW) == activity.ActiveUsers(1, 1, 1)
    [(statement, values)] = sent
    plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN ANALYZE {statement}", values).scalars())
    assert "ix_visit_last_active_at" in plan
    assert "Rows Removed by Filter" not in plan


def test_robots_are_not_counted(session: Session):
    visit(session, minutes_ago=1, is_robot=True)
    assert activity.count_active(session, NOW).five_minutes == 0


def test_a_visit_that_was_ended_by_signing_in_or_out_is_not_counted(session: Session):
    visit(session, minutes_ago=1, ended_at=NOW)
    assert activity.count_active(session, NOW).five_minutes == 0


def test_one_visit_counts_once_however_often_it_was_active(session: Session):
    row = visit(session, minutes_ago=3)
    row.last_active_at = NOW
    session.flush()
    assert activity.count_active(session, NOW).five_minutes == 1
