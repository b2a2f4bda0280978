"""A week after a visit was active last, nobody can tell where it came from."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session, func, or_, select

from cloudscale.db import unit_of_work
from cloudscale.models import Visit, utc_now
from cloudscale.services import activity
from cloudscale.services.activity import ORIGIN_KEPT, Eraser, Mark
from cloudscale.services.activity.erasing import BATCH

NOW = utc_now()


def visit(session: Session, *, active_at: datetime, **values: Any) -> int:
    given = {"ip": "203.0.113.9", "user_agent": "Firefox", **values}
    row = Visit(token_hash=secrets.token_bytes(32), last_active_at=active_at, **given)
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def origin(session: Session, visit_id: int) -> tuple[str, str]:
    row = session.get_one(Visit, visit_id, populate_existing=True)
    return row.ip, row.user_agent


def kept(session: Session) -> int:
    """How many visits can be told where they came from."""
    traced = or_(Visit.ip != "", Visit.user_agent != "")  # type: ignore[arg-type]
    return session.exec(select(func.count()).select_from(Visit).where(traced)).one()


def test_address_and_user_agent_go_after_a_week_and_the_visit_stays(session: Session):
    old = visit(session, active_at=NOW - ORIGIN_KEPT - timedelta(seconds=1), is_robot=True)
    half = visit(session, active_at=NOW - timedelta(days=20), ip="")
    recent = visit(session, active_at=NOW - ORIGIN_KEPT + timedelta(seconds=1))
    assert Eraser()(session, NOW) == 2
    assert origin(session, old) == origin(session, half) == ("", "")
    assert session.get_one(Visit, old).is_robot
    assert origin(session, recent) == ("203.0.113.9", "Firefox")


def test_a_guest_who_comes_back_is_known_again_and_forgotten_again(session: Session):
    visit_id = visit(session, active_at=NOW - timedelta(days=8))
    eraser = Eraser()
    assert [eraser(session, NOW), eraser(session, NOW)] == [1, 0]
    activity.write(session, {visit_id: Mark(NOW, "198.51.100.7", "Chrome")})
    assert eraser(session, NOW) == 0
    assert origin(session, visit_id) == ("198.51.100.7", "Chrome")
    assert eraser(session, NOW + ORIGIN_KEPT + timedelta(seconds=1)) == 1
    assert origin(session, visit_id) == ("", "")


def test_it_goes_in_batches_until_nothing_is_left(session: Session):
    for _ in range(BATCH + 1):
        visit(session, active_at=NOW - timedelta(days=9))
    eraser = Eraser()
    assert [eraser(session, NOW) for _ in range(3)] == [BATCH, 1, 0]
    assert kept(session) == 0


def test_what_somebody_else_is_at_is_skipped_and_erased_with_the_next_round(database: str):
    with unit_of_work() as session:
        visit_id = visit(session, active_at=NOW - ORIGIN_KEPT - timedelta(minutes=1))
    eraser = Eraser()
    with unit_of_work() as busy, unit_of_work() as session:
        busy.execute(select(Visit).where(Visit.id == visit_id).with_for_update())
        assert eraser(session, NOW) == 0  # would end in lock_timeout if it waited
    with unit_of_work() as session:
        assert eraser(session, NOW + timedelta(hours=1)) == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_a_batch_that_was_rolled_back_is_erased_later(database: str, processes: int):
    with unit_of_work() as session:
        visit(session, active_at=NOW - timedelta(days=25))
    erasers = [Eraser() for _ in range(processes)]
    with pytest.raises(ConnectionError), unit_of_work() as session:
        erasers[0](session, NOW)
        raise ConnectionError("the database restarts")
    with unit_of_work() as session:
        assert sum(eraser(session, NOW) for eraser in erasers) == 1


def test_a_round_looks_only_at_what_became_old_since_the_last(session: Session):
    connection = session.connection()
    connection.execute(
        text(
            "INSERT INTO visit (token_hash, ip, user_agent, is_robot, created_at, last_active_at)"
            " SELECT sha256(n::text::bytea), '', '', false, :at, :at"
            " FROM generate_series(1, 20000) AS n"
        ),
        {"at": NOW - timedelta(days=20)},
    )
    connection.execute(text("ANALYZE visit"))
    eraser = Eraser()
    assert eraser(session, NOW) == 0
    sent: list[tuple[str, Any]] = []
    event.listen(connection, "before_cursor_execute", lambda *args: sent.append(args[2:4]))
    assert eraser(session, NOW + timedelta(hours=1)) == 0
    [(statement, values)] = sent
    plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN ANALYZE {statement}", values).scalars())
    assert "ix_visit_last_active_at" in plan
    assert "Rows Removed by Filter" not in plan
