"""Alarms in the timeline: raised once, whoever leads, and ended with how it was."""

from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from cloudscale.ops import alarms, events, slo
from cloudscale.ops.slo import Tally
from cloudscale.ops.telemetry.point import Point

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FINE = slo.evaluate(dict.fromkeys(slo.WINDOWS, Tally(10_000)))
BURNING = slo.evaluate(dict.fromkeys(slo.WINDOWS, Tally(10_000, 500)))


def points(users: int, until: datetime) -> list[Point]:
    """The last two minutes with so many active users."""
    return [
        Point(until - timedelta(seconds=ago), 1, {"active_users": float(users)})
        for ago in range(1, 121)
    ]


def timeline(session: Session) -> list[events.EventView]:
    return events.listed(session, START - timedelta(days=1), START + timedelta(days=1))


def test_an_alarm_is_raised_once_and_ended_once_by_whoever_leads(session: Session):
    later = START + timedelta(minutes=4)
    assert len(alarms.watch(session, points(6, START), FINE, START)) == 1
    for second in range(1, 5):  # each call could be another leader: nothing is kept in memory
        now = START + timedelta(seconds=second)
        assert alarms.watch(session, points(6, now), FINE, now) == []
    (raised,) = timeline(session)
    assert (raised.kind, raised.tone, raised.ended_at) == ("alarm", "warn", None)
    assert raised.cause.startswith("Active users were 6; the threshold is 4")
    assert len(alarms.watch(session, points(1, later), FINE, later)) == 1
    (ended,) = timeline(session)
    assert (ended.id, ended.ended_at) == (raised.id, later)
    assert ended.effect == "Ended after 4 min. Active users were 1."


def test_an_alarm_that_comes_back_is_another_event(session: Session):
    for minutes, users in enumerate([6, 1, 6, 1]):
        now = START + timedelta(minutes=10 * minutes)
        alarms.watch(session, points(users, now), FINE, now)
    assert [one.title for one in timeline(session)] == ["Many users are active"] * 2
    assert all(one.duration_seconds == 600 for one in timeline(session))


def test_two_leaders_for_a_moment_raise_one_alarm(session: Session):
    second = alarms.Alarms({}).evaluate(points(6, START), FINE, START)
    alarms.watch(session, points(6, START), FINE, START)
    for change in second:  # it had looked before the other one wrote
        alarms._record(session, change)
    assert len(timeline(session)) == 1


def test_budgets_that_burn_are_alarms_with_the_numbers(session: Session):
    alarms.watch(session, [], BURNING, START)
    assert {one.title for one in timeline(session)} == {
        "Availability: the error budget burns fast",
        "Availability: the error budget burns steadily",
    }
    assert "500 of 10,000 requests failed in 1 h: 50 times what" in " ".join(
        one.cause for one in timeline(session)
    )


def test_alarms_of_others_are_left_alone(session: Session):
    events.begin(session, "database:1", "alarm", "bad", "The database is away", "A test.")
    assert alarms.watch(session, [], FINE, START) == []
    assert len(events.in_progress(session, "alarm")) == 1
