"""Marks of activity wait in memory: the newest of each visit, so many at most."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

from cloudscale.services.activity import Mark, Marks
from cloudscale.services.identity import Client

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOME = Client("203.0.113.9", "Firefox")
ROAD = Client("198.51.100.7", "Chrome")


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_visit_has_one_mark_and_it_is_the_newest():
    marks = Marks()
    marks.note(1, HOME, after(2))
    marks.note(1, ROAD, after(3))
    marks.note(1, HOME, after(1))  # a thread that was slow, or a clock that jumped back
    assert marks.take() == {1: Mark(after(3), ROAD.ip, ROAD.user_agent)}


def test_who_was_a_robot_once_stays_one():
    marks = Marks()
    marks.note(1, Client("", "Googlebot/2.1"), after(1))
    marks.note(1, HOME, after(2))
    assert marks.take() == {1: Mark(after(2), HOME.ip, HOME.user_agent, is_robot=True)}


def test_what_was_taken_is_handed_out_once_and_known_until_the_next_time():
    marks = Marks()
    marks.note(1, HOME, after(1))
    marks.take()
    assert marks.latest(1, NOW) == after(1)
    assert marks.take() == {}
    assert marks.latest(1, NOW) == NOW


def test_the_latest_is_the_rows_time_where_no_mark_is_newer():
    marks = Marks()
    marks.note(1, HOME, NOW)
    assert marks.latest(1, after(5)) == after(5)
    assert marks.latest(2, after(5)) == after(5)


def test_marks_that_are_put_back_give_way_to_newer_ones():
    marks = Marks()
    marks.note(1, HOME, after(1))
    marks.note(2, HOME, after(1))
    taken = marks.take()
    marks.note(1, ROAD, after(2))
    marks.put_back(taken)
    waiting = marks.take()
    assert {visit_id: mark.at for visit_id, mark in waiting.items()} == {1: after(2), 2: after(1)}


def test_beyond_the_limit_those_that_were_noted_longest_ago_are_given_up():
    marks = Marks(most=2)
    for visit_id in (1, 2, 1, 3):
        marks.note(visit_id, HOME, NOW)
    assert set(marks.take()) == {1, 3}


def test_what_is_put_back_counts_against_the_limit_and_is_given_up_first():
    marks = Marks(most=2)
    marks.note(1, HOME, NOW)
    marks.note(2, HOME, NOW)
    taken = marks.take()
    marks.note(3, HOME, NOW)
    marks.put_back(taken)
    assert set(marks.take()) == {2, 3}


def test_what_a_database_refuses_does_not_get_into_a_mark():
    mark = Mark.of(Client("203.0.113.9\x00" + "9" * 99, "Fire\x00fox\ud800" + "x" * 999), NOW)
    assert mark.user_agent == "Firefox" + "x" * 293
    assert mark.ip == "203.0.113.9" + "9" * 34


def test_many_threads_lose_no_mark():
    marks, barrier = Marks(), Barrier(9)
    taken: list[int] = []

    def note(first: int) -> None:
        barrier.wait()
        for visit_id in range(first, first + 500):
            marks.note(visit_id, HOME, NOW)

    def take() -> None:
        barrier.wait()
        for _ in range(200):
            taken.extend(marks.take())

    with ThreadPoolExecutor(9) as pool:
        jobs = [pool.submit(note, first) for first in range(0, 4000, 500)]
        jobs.append(pool.submit(take))
        for job in jobs:
            job.result()
    assert sorted([*taken, *marks.take()]) == list(range(4000))
