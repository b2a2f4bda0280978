"""When alarms are raised and ended, second by second."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudscale.ops import slo
from cloudscale.ops.alarms import LOOK_BACK_SECONDS, Alarms, Change
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.policy import ALARMS, THRESHOLDS
from cloudscale.ops.slo import SloView, Tally
from cloudscale.ops.telemetry.point import Point

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FINE = Tally(100_000, 0, 0)
BAD = Tally(10_000, 2_000, 0)
CALM = slo.evaluate(dict.fromkeys(slo.WINDOWS, FINE))
Values = Mapping[str, float]


class Leader:
    """Looks once a second, and keeps what is raised as the timeline would."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.raised: dict[str, datetime] = {}
        self.changes: list[Change] = []
        self.second = 0

    def see(self, values: Iterable[Values | None], view: SloView = CALM) -> list[Change]:
        """Measure so many seconds, `None` for one that was not measured; returns what changed."""
        before = len(self.changes)
        for measured in values:
            at = START + timedelta(seconds=self.second)
            self.second += 1
            if measured is not None:
                self.points.append(Point(at, 1, {"requests_per_second": 5.0, **measured}))
            self.look(at + timedelta(seconds=1), view)
        return self.changes[before:]

    def look(self, now: datetime, view: SloView = CALM) -> None:
        for change in Alarms(self.raised).evaluate(self.points[-200:], view, now):
            self.changes.append(change)
            if change.is_raised:
                self.raised[change.slug] = change.at
            else:
                del self.raised[change.slug]


@pytest.fixture
def leader() -> Leader:
    return Leader()


def cpu(percent: float, seconds: int) -> list[Values | None]:
    return [{"cpu_percent": percent}] * seconds


def users(count: int, seconds: int) -> list[Values | None]:
    return [{"active_users": float(count)}] * seconds


def test_cpu_over_its_threshold_for_a_minute_is_an_alarm_with_the_numbers(leader: Leader):
    assert leader.see(cpu(74, 49)) == []
    (raised,) = leader.see(cpu(74, 11))
    assert (raised.slug, raised.is_raised, raised.title) == ("cpu-high", True, "CPU is high")
    assert raised.why == "CPU was 74 % on average over 60 s; the threshold is 70 %."


def test_a_busy_moment_is_no_alarm(leader: Leader):
    assert leader.see([*cpu(20, 60), *cpu(100, 19), *cpu(20, 60)]) == []


def test_it_ends_with_what_it_was_at_the_end_and_how_long_it_took(leader: Leader):
    leader.see(cpu(90, 120))
    changes = leader.see(cpu(40, 120))
    assert [one.is_raised for one in changes] == [False]
    assert changes[0].why == "Ended after 2 min 1 s. CPU was 40 % on average over 20 s."


def test_between_the_two_limits_an_alarm_stays_as_it_is(leader: Leader):
    assert leader.see(cpu(67, 200)) == []
    leader.see(cpu(71, 100))
    assert set(leader.raised) == {"cpu-high"}
    assert leader.see(cpu(67, 200)) == []


def test_two_readings_of_four_users_are_an_alarm(leader: Leader):
    assert leader.see(users(3, 60)) == []
    (raised,) = leader.see(users(5, 20))
    assert raised.slug == "users-high"
    assert raised.why == (
        "Active users were 5; the threshold is 4, reached in 2 of 2 readings, 10 s apart."
    )


def test_what_swings_around_a_threshold_is_one_alarm_and_no_flicker(leader: Leader):
    swinging = [*users(4, 25), *users(3, 25)] * 30
    assert [one.is_raised for one in leader.see(swinging)] == [True]
    assert [one.is_raised for one in leader.see(users(3, 70))] == [False]


def test_what_is_not_measured_ends_nothing(leader: Leader):
    leader.see(users(5, 60))
    assert leader.see([None] * 600) == []
    assert leader.see([{}] * 600) == []
    assert set(leader.raised) == {"users-high"}
    assert [one.is_raised for one in leader.see(users(1, 60))] == [False]


def test_what_is_not_measured_raises_nothing(leader: Leader):
    assert leader.see([*users(5, 8), *[None] * 100, *users(5, 4)]) == []


def test_a_few_seconds_that_are_missing_do_not_matter(leader: Leader):
    gappy = [value for _ in range(30) for value in (*users(6, 2), None)]
    assert [one.slug for one in leader.see(gappy)] == ["users-high"]


def test_several_failures_in_a_minute_are_an_alarm_and_one_is_not(leader: Leader):
    assert leader.see([{"failures_per_minute": 1.0}] * 120) == []
    (raised,) = leader.see([{"failures_per_minute": 7.0}] * 30)
    assert (raised.slug, raised.tone) == ("failures", "bad")
    assert raised.why.startswith("Failed requests were 7 / min; the threshold is 5 / min, reached")
    (ended,) = leader.see([{"failures_per_minute": 0.0}] * 60)
    assert "Failed requests were 0 / min." in ended.why


def test_slow_answers_are_an_alarm_unless_hardly_anybody_asks(leader: Leader):
    lonely = {"response_p95_ms": 900.0, "requests_per_second": 0.1}
    assert leader.see([lonely] * 200) == []
    (raised,) = leader.see([{"response_p95_ms": 900.0}] * 60)
    assert raised.slug == "slow"
    assert "Response p95 was 900 ms; the threshold is 300 ms" in raised.why
    leader.see([lonely] * 60)
    assert leader.see([{**lonely, "response_p95_ms": 10.0}] * 200) == []  # nor does that end it


def test_points_of_longer_steps_count_for_as_long_as_they_last(leader: Leader):
    steps = [Point(START + timedelta(seconds=10 * n), 10, {"cpu_percent": 80.0}) for n in range(12)]
    (raised,) = Alarms({}).evaluate(steps, CALM, START + timedelta(seconds=120))
    assert raised.slug == "cpu-high"


def test_a_new_leader_does_not_raise_again_what_is_raised(leader: Leader):
    leader.see(cpu(90, 120))
    successor = Leader()
    successor.raised = dict(leader.raised)
    successor.points, successor.second = leader.points, leader.second
    assert successor.see(cpu(90, 120)) == []
    assert [one.is_raised for one in successor.see(cpu(10, 120))] == [False]


def test_an_alarm_that_is_not_declared_any_more_is_ended():
    (ended,) = Alarms({"disk-full": START}).evaluate([], CALM, START + timedelta(hours=2))
    assert (ended.slug, ended.is_raised) == ("disk-full", False)
    assert ended.why == "Ended after 2 h. There is no such alarm any more."


def test_a_clock_that_was_set_back_raises_and_ends_nothing(leader: Leader):
    leader.see(users(5, 60))
    for back in (30, 3600, 86_400):
        leader.look(START - timedelta(seconds=back))
    assert set(leader.raised) == {"users-high"}
    assert len(leader.changes) == 1


def burning(hour: Tally, five_minutes: Tally) -> SloView:
    spans = dict.fromkeys(slo.WINDOWS, FINE)
    return slo.evaluate({**spans, 3600: hour, 300: five_minutes})


def test_a_budget_that_burns_is_an_alarm_until_the_short_window_is_below(leader: Leader):
    (raised,) = leader.see([{}], burning(BAD, BAD))
    assert (raised.slug, raised.tone) == ("budget-availability-page", "bad")
    assert "2,000 of 10,000 requests failed in 1 h" in raised.why
    assert leader.see([{}] * 400, burning(BAD, BAD)) == []
    assert leader.see([{}] * 400, burning(FINE, BAD)) == []
    assert leader.see([{}] * 400, burning(BAD, Tally())) == []
    (ended,) = leader.see([{}], burning(BAD, FINE))
    assert not ended.is_raised
    assert ended.why.startswith("Ended after 20 min")


def test_a_burn_rate_at_its_limit_does_not_flicker(leader: Leader):
    over, under = burning(BAD, Tally(10_000, 145)), burning(BAD, Tally(10_000, 143))
    for _ in range(600):
        leader.see([{}], over)
        leader.see([{}], under)
    assert len(leader.changes) <= 8  # 20 minutes: once in five at most, raised and ended


def test_thresholds_come_from_the_policy():
    by_slug = {alarm.slug: alarm for alarm in ALARMS}
    assert by_slug["cpu-high"].raise_at == THRESHOLDS.cpu_scale_out_percent == 70
    assert by_slug["users-high"].raise_at == THRESHOLDS.active_users_scale_out == 4


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.slug)
def test_every_alarm_can_be_raised_and_ended(alarm):
    assert alarm.metric in METRICS
    assert alarm.clear_below <= alarm.raise_at
    assert 1 <= alarm.bad_readings <= alarm.readings
    assert alarm.reads == "newest" or alarm.bad_readings == alarm.readings  # or the mean misleads
    assert alarm.period_seconds * max(alarm.readings, alarm.good_readings) <= LOOK_BACK_SECONDS


def _states(changes: list[Change]) -> Callable[[str], list[bool]]:
    return lambda slug: [change.is_raised for change in changes if change.slug == slug]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, 8)), min_size=1, max_size=300))
def test_raised_and_ended_take_turns_whatever_is_measured(counts: list[int | None]):
    leader = Leader()
    changes = leader.see(None if n is None else {"active_users": float(n)} for n in counts)
    told = _states(changes)("users-high")
    assert told == [n % 2 == 0 for n in range(len(told))]
