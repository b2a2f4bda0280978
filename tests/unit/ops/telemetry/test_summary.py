"""What the dashboard says, in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cloudscale.ops.events import EventView
from cloudscale.ops.telemetry import summary
from cloudscale.ops.telemetry.point import Point
from cloudscale.ops.telemetry.summary import NOT_MEASURED, Now, Tile
from tests.points import START, point, points

AWAY = Now(START, None)


def now(*changes: dict, names: str = "ab") -> Now:
    """One second for each change, the last of them now."""
    recent = [point(second, names=names, **change) for second, change in enumerate(changes or [{}])]
    return Now(recent[-1].at + timedelta(seconds=1), recent[-1], recent)


def event(minutes_ago: float, title: str = "Scaled out 2 to 3", cause: str = "4 were active."):
    started = START - timedelta(minutes=minutes_ago)
    told = (title, cause, "", "")
    return EventView(1, "k", "scaling", "warn", "measured", *told, started, started, started)


def test_a_quiet_shop_is_healthy():
    told = summary.headline(now())
    assert (told.tone, told.verdict, told.reason) == ("good", "Healthy", "")
    assert told.numbers == "3 active users on 2 instances, p95 84 ms."


def test_virtual_users_are_told_apart():
    told = now({"active_users": 12.0, "virtual_users": 8.0})
    numbers = summary.headline(told).numbers
    assert numbers == "12 active users, 8 of them virtual, on 2 instances, p95 84 ms."
    assert summary.tile(told, "active_users").note == "8 of them virtual"


def test_without_instances_the_sentence_is_still_one():
    told = now({"active_users": 12.0, "virtual_users": 8.0, "instances": None})
    assert summary.headline(told).numbers == "12 active users, 8 of them virtual, p95 84 ms."


def test_without_virtual_users_nothing_is_said_of_them():
    assert "virtual" not in summary.headline(now({"virtual_users": 0.0})).numbers
    assert "virtual" not in summary.tile(now({"virtual_users": 0.0}), "active_users").note


def test_one_is_not_several():
    told = summary.headline(now({"active_users": 1.0, "instances": 1.0}))
    assert told.numbers.startswith("1 active user on 1 instance,")


def test_while_the_database_is_away_nothing_is_claimed():
    told = summary.headline(AWAY)
    assert (told.tone, told.numbers) == ("bad", "")
    assert "database does not answer" in told.reason
    assert summary.tile(AWAY, "cpu_percent") == Tile(
        NOT_MEASURED, "", "The database does not answer", "absent"
    )
    assert summary.zones(AWAY) == []


def test_four_users_are_busy_and_three_are_not():
    assert summary.headline(now({"active_users": 3.0})).tone == "good"
    told = summary.headline(now({"active_users": 4.0}))
    assert (told.tone, told.verdict) == ("warn", "Busy")
    assert "4 or more users" in told.reason


def test_one_busy_second_is_no_news_and_ten_are():
    calm, full = {"cpu_percent": 10.0}, {"cpu_percent": 100.0}
    assert summary.headline(now(*[calm] * 9, full)).tone == "good"
    assert "CPU" in summary.headline(now(*[full] * 10)).reason


def test_the_headline_says_that_it_judges_a_mean_since_the_tile_shows_one_second():
    told = summary.headline(now(*[{"cpu_percent": 90.0}] * 9, {"cpu_percent": 40.0}))
    assert told.reason == "CPU is at 70 % or over on the mean of 10 s."


def test_one_failure_among_thousands_is_no_trouble_and_one_in_ten_is():
    rare = {"failures_per_minute": 1.0, "requests_per_second": 100.0}
    assert summary.headline(now(rare)).tone == "good"
    often = {"failures_per_minute": 6.0, "requests_per_second": 1.0, "active_users": 9.0}
    told = summary.headline(now(often))
    assert (told.tone, told.verdict) == ("bad", "Trouble")
    assert told.reason.startswith("Some requests")


def test_the_reason_stays_word_for_word_while_the_numbers_change():
    busy = [summary.headline(now({"active_users": users})) for users in (5.0, 6.0)]
    assert busy[0].reason == busy[1].reason
    assert busy[0].numbers != busy[1].numbers


@pytest.mark.parametrize(
    ("minutes_ago", "told"),
    [
        (0.2, "Just now: Scaled out 2 to 3. 4 were active."),
        (2, "2 minutes ago: Scaled out 2 to 3. 4 were active."),
        (61, ""),
    ],
)
def test_the_last_event_is_told_with_its_cause_for_an_hour(minutes_ago: float, told: str):
    at = replace(now(), at=START, happened=event(minutes_ago))
    assert (
        summary.headline(at).numbers == f"3 active users on 2 instances, p95 84 ms. {told}".strip()
    )


def alarm(title: str, tone: str, minutes_ago: float = 2) -> EventView:
    """An alarm in progress."""
    return replace(event(minutes_ago, title), kind="alarm", tone=tone, ended_at=None)


def test_a_shop_with_an_alarm_in_progress_is_not_healthy_and_the_worst_is_named_first():
    alarms = (alarm("Answers are slow", "warn", 9), alarm("Requests fail", "bad", 1))
    told = summary.headline(replace(now(), alarms=alarms))
    assert (told.tone, told.verdict) == ("bad", "Trouble")
    assert told.reason == "Alarms in progress: Requests fail; Answers are slow."
    told = summary.headline(replace(now(), alarms=alarms[:1]))
    assert (told.tone, told.verdict) == ("warn", "Warning")
    assert told.reason == "Alarm in progress: Answers are slow."


def test_an_alarm_is_named_before_the_threshold_that_is_passed_now():
    told = summary.headline(
        replace(now({"active_users": 5.0}), alarms=[alarm("Many users are active", "warn")])
    )
    assert (told.tone, told.verdict) == ("warn", "Busy")
    assert told.reason.startswith("Alarm in progress: Many users are active. 4 or more users")


def test_no_requests_are_told_and_never_zero_ms():
    quiet = now({"response_p95_ms": None})
    assert "no requests" in summary.headline(quiet).numbers
    tile = summary.tile(quiet, "response_p95_ms")
    assert tile == Tile(NOT_MEASURED, "", "No requests in the last minute", "absent")


@pytest.mark.parametrize(
    ("slug", "shown"),
    [
        ("active_users", ("3", "", "1 min 1 · 15 min 9", "good")),
        ("instances", ("2", "", "server processes", "good")),
        ("cpu_percent", ("12", "%", "70 % scales out", "good")),
        ("response_p95_ms", ("84", "ms", "p50 41 · p99 162", "good")),
        ("orders_per_minute", ("2", "/ min", "$310 a minute", "good")),
        ("error_budget_percent", ("97.2", "%", "left of 30 days", "good")),
    ],
)
def test_a_tile_has_a_number_its_unit_and_a_fact(slug: str, shown: tuple[str, ...]):
    assert summary.tile(now(), slug) == Tile(*shown)


@pytest.mark.parametrize(
    ("slug", "value", "tone"),
    [
        ("cpu_percent", 70.0, "warn"),
        ("active_users", 4.0, "warn"),
        ("error_budget_percent", 10.0, "warn"),
        ("error_budget_percent", -3.0, "bad"),
    ],
)
def test_a_tile_past_its_threshold_says_so(slug: str, value: float, tone: str):
    assert summary.tile(now({slug: value}), slug).tone == tone


def test_a_fleet_that_is_short_of_what_is_wanted_is_told():
    short = now({"instances_desired": 3.0})
    tile = summary.tile(short, "instances")
    assert (tile.number, tile.note, tile.tone) == ("2 / 3", "in service / desired", "warn")
    assert summary.fleet_source(short) == "aws"


def test_zones_share_the_traffic_and_say_who_is_there():
    east, west = summary.zones(now(names="abc"))
    assert (east.name, east.verdict, east.up, east.missing) == ("east", "Healthy", 2, 0)
    assert east.about == "2 of 2 instances in service · 67 % of traffic"
    assert west.about == "1 of 1 instance in service · 33 % of traffic"


def gone(after: int, quiet: int) -> list[Point]:
    """Two instances, of which one stops telling."""
    return points(range(after)) + points(range(after, after + quiet), names="a")


def test_an_instance_that_stops_telling_is_missing_and_later_forgotten():
    recent = gone(10, 20)
    _east, west = summary.zones(Now(START, recent[-1], recent))
    assert (west.tone, west.verdict, west.up, west.missing) == ("bad", "Down", 0, 1)
    recent = gone(10, 70)
    assert [zone.name for zone in summary.zones(Now(START, recent[-1], recent))] == ["east"]
