"""Marks of many visits become rows by one statement, which waits for nobody and loses nothing."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.models import Visit, utc_now
from cloudscale.models.base import table_of
from cloudscale.services import activity, cart, sessions
from cloudscale.services.activity import Mark
from cloudscale.services.identity import Client
from tests import shop

visits = table_of(Visit)
THEN = utc_now() - timedelta(hours=1)
NOW = THEN + timedelta(minutes=20)


def add(session: Session, count: int = 1, **values: Any) -> list[int]:
    """The ids of new visits, in order."""
    same = {"ip": "192.0.2.1", "user_agent": "Old", "is_robot": False}
    row = {**same, "created_at": THEN, "last_active_at": THEN, **values}
    rows = [{"token_hash": secrets.token_bytes(32), **row} for _ in range(count)]
    added = session.connection().execute(insert(visits).returning(visits.c.id), rows)
    return sorted(added.scalars())


def active_at(session: Session, *ids: int) -> list[datetime]:
    query = select(visits.c.last_active_at).where(visits.c.id.in_(ids)).order_by(visits.c.id)
    return list(session.connection().execute(query).scalars())


@contextmanager
def statements(target: Any) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(target, "before_cursor_execute", note)
    yield sent
    event.remove(target, "before_cursor_execute", note)


def test_a_thousand_marks_are_one_statement(session):
    ids = add(session, 1000)
    marks = {visit_id: Mark(NOW + timedelta(seconds=visit_id % 60), "", "") for visit_id in ids}
    with statements(session.get_bind()) as sent:
        assert activity.write(session, marks) == {}
    assert len(sent) == 1
    assert active_at(session, *ids) == [marks[visit_id].at for visit_id in ids]


def test_a_mark_brings_where_the_visit_came_from_last(session):
    (visit_id,) = add(session)
    activity.write(session, {visit_id: Mark(NOW, "2001:db8::1", "Firefox/140")})
    row = session.get_one(Visit, visit_id)
    assert (row.ip, row.user_agent, row.is_robot) == ("2001:db8::1", "Firefox/140", False)


def test_time_never_moves_back(session):
    (visit_id,) = add(session, last_active_at=NOW)
    assert activity.write(session, {visit_id: Mark(NOW - timedelta(seconds=1), "", "")}) == {}
    row = session.get_one(Visit, visit_id)
    assert (row.last_active_at, row.user_agent) == (NOW, "Old")


def test_a_robot_is_told_apart_and_stays_one(session):
    ids = add(session, 2)
    robot = Client("192.0.2.2", "Googlebot/2.1")
    activity.write(session, {ids[0]: Mark.of(robot, NOW), ids[1]: Mark(NOW)})
    assert activity.count_active(session, NOW).one_minute == 1
    later = NOW + timedelta(seconds=1)
    activity.write(session, {ids[0]: Mark(later, "192.0.2.2", "Firefox")})
    assert session.get_one(Visit, ids[0]).is_robot


def test_who_sends_no_cookie_is_not_made_a_user_by_a_mark(session):
    shopper = sessions.identify(session, None, Client("192.0.2.1", "Firefox"))
    activity.write(session, activity.MARKS.take())
    assert session.get_one(Visit, shopper.visit_id).is_robot


def test_visits_that_ended_or_are_gone_are_left_alone(session):
    (ended,) = add(session, ended_at=THEN)
    assert activity.write(session, {ended: Mark(NOW), 2**31 - 1: Mark(NOW)}) == {}
    assert active_at(session, ended) == [THEN]


def test_no_marks_are_no_trouble(session):
    assert activity.write(session, {}) == {}


@pytest.mark.usefixtures("database")
def test_a_row_that_somebody_is_at_is_skipped_and_its_mark_is_kept():
    with unit_of_work() as session:
        first, second = add(session, 2)
    marks = {first: Mark(NOW), second: Mark(NOW)}
    with unit_of_work() as busy:
        busy.connection().execute(select(visits).where(visits.c.id == first).with_for_update())
        with unit_of_work() as session:
            # Would end in lock_timeout if it waited.
            assert activity.write(session, marks) == {first: marks[first]}
    with unit_of_work() as session:
        assert active_at(session, first, second) == [THEN, NOW]
        assert activity.write(session, {first: marks[first]}) == {}
        assert active_at(session, first) == [NOW]


@pytest.mark.usefixtures("database")
def test_a_row_that_another_process_has_just_moved_further_needs_no_mark_any_more():
    with unit_of_work() as session:
        (visit_id,) = add(session)
    mark, later = Mark(NOW), Mark(NOW + timedelta(seconds=1), "192.0.2.7", "Newer")
    with unit_of_work() as other, unit_of_work() as session:
        activity.write(other, {visit_id: later})
        assert activity.write(session, {visit_id: mark}) == {visit_id: mark}
    with unit_of_work() as session:
        assert activity.write(session, {visit_id: mark}) == {}
        row = session.get_one(Visit, visit_id)
        assert (row.last_active_at, row.user_agent) == (later.at, "Newer")


@pytest.mark.usefixtures("database")
def test_a_shopper_who_fills_the_cart_meanwhile_neither_waits_nor_is_skipped():
    with unit_of_work() as session:
        product, guest = shop.product(session), shop.guest(session)
    mark = Mark(utc_now() + timedelta(seconds=1))
    with unit_of_work() as shopping, unit_of_work() as session:
        cart.add(shopping, guest, product)  # refers to the visit, which locks its key
        assert activity.write(session, {guest.visit_id: mark}) == {}


@pytest.mark.usefixtures("database")
def test_many_processes_at_once_neither_deadlock_nor_lose_the_newest_mark():
    workers, rounds = 6, 15
    with unit_of_work() as session:
        ids = add(session, 60)
    barrier = Barrier(workers)

    def work(worker: int) -> None:
        marks = activity.Marks()
        order = ids if worker % 2 else ids[::-1]
        barrier.wait()
        for turn in range(rounds):
            at = NOW + timedelta(seconds=turn * workers + worker)
            for visit_id in order:
                marks.note(visit_id, Client(), at)
            taken = marks.take()
            with unit_of_work() as session:
                left = activity.write(session, taken)
            marks.put_back(left)
        while taken := marks.take():  # what was skipped goes in once the others are done
            with unit_of_work() as session:
                left = activity.write(session, taken)
            marks.put_back(left)

    with ThreadPoolExecutor(workers) as pool:
        for job in [pool.submit(work, worker) for worker in range(workers)]:
            job.result(timeout=120)
    with unit_of_work() as session:
        newest = NOW + timedelta(seconds=rounds * workers - 1)
        assert set(active_at(session, *ids)) == {newest}


@pytest.mark.usefixtures("database")
def test_marks_and_other_work_on_the_same_visits_do_not_deadlock():
    """Signing all of somebody's other browsers out locks many rows too, in no order."""
    with unit_of_work() as session:
        user = shop.member(session).require_user().id
        ids = add(session, 40, user_id=user, signed_in_at=THEN)
    barrier = Barrier(2)

    def touch() -> None:
        barrier.wait()
        for turn in range(20):
            backwards = select(visits.c.id).where(visits.c.id.in_(ids))
            locked = backwards.order_by(visits.c.id.desc()).with_for_update()
            with unit_of_work() as session:
                session.connection().execute(locked)
                session.connection().execute(
                    update(visits).where(visits.c.id == ids[turn]).values(user_agent="Touched")
                )

    def mark() -> None:
        barrier.wait()
        for turn in range(20):
            with unit_of_work() as session:
                at = NOW + timedelta(seconds=turn)
                activity.write(session, dict.fromkeys(ids, Mark(at)))

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(touch), pool.submit(mark)]:
            job.result(timeout=120)


def test_what_was_skipped_is_found_without_comparing_each_mark_with_each(session):
    """A plan that was made for few marks, as the driver prepares it, serves ten thousand too."""
    (visit_id,) = add(session)
    sent: list[tuple[str, Any]] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: sent.append(args[2:4]))
    activity.write(session, {visit_id: Mark(NOW)})
    [(statement, values)] = sent
    plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars())
    assert "hashed SubPlan" in plan
