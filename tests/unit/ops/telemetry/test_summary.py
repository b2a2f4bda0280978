"""What the dashboard says, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.charts import CHARTS
from cloudscale.ops.telemetry import summary
from cloudscale.ops.telemetry.sample import History, Sample
from cloudscale.ops.telemetry.sampler import NO_DATABASE, NO_REQUESTS

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
QUIET = {
    "active_users": 1.0,
    "cpu_percent": 12.0,
    "memory_percent": 40.0,
    "response_p50_ms": 20.0,
    "response_p95_ms": 84.4,
    "requests_per_second": 1.5,
    "failures_per_minute": 0.0,
    "orders_per_minute": 2.0,
    "process_memory_mb": 180.0,
    "process_uptime_seconds": 11_550.0,
}
BY_SLUG = {chart.slug: chart for chart in CHARTS}


def history_of(*changes: dict[str, float | None]) -> History:
    """One sample a second; `None` takes a value away."""
    history = History()
    for second, change in enumerate(changes):
        values = {slug: v for slug, v in {**QUIET, **change}.items() if v is not None}
        absent = {slug: reason(slug) for slug, v in change.items() if v is None}
        history.add(Sample(START + timedelta(seconds=second), values, absent))
    return history


def reason(slug: str) -> str:
    return NO_REQUESTS if slug.startswith("response") else NO_DATABASE


def test_a_quiet_shop_is_healthy():
    told = summary.headline(history_of({}))
    assert (told.tone, told.verdict) == ("good", "Healthy")
    assert told.numbers == "1 active user, CPU 12 %, p95 84 ms"


def test_before_the_first_sample_nothing_is_claimed():
    told = summary.headline(History())
    assert (told.verdict, told.numbers) == ("Starting", "")
    assert summary.tile(History(), "cpu_percent").number == summary.NOT_MEASURED


def test_four_users_are_busy_and_three_are_not():
    assert summary.headline(history_of({"active_users": 3.0})).tone == "good"
    told = summary.headline(history_of({"active_users": 4.0}))
    assert (told.tone, told.verdict) == ("warn", "Busy")
    assert "4 or more users" in told.reason


def test_one_busy_second_is_no_news_and_ten_are():
    calm, full = {"cpu_percent": 10.0}, {"cpu_percent": 100.0}
    assert summary.headline(history_of(*[calm] * 9, full)).tone == "good"
    assert "CPU" in summary.headline(history_of(*[full] * 10)).reason


def test_server_errors_are_trouble_and_told_before_load():
    told = summary.headline(history_of({"failures_per_minute": 2.0, "active_users": 9.0}))
    assert (told.tone, told.verdict) == ("bad", "Trouble")
    assert told.reason.startswith("Some requests")


def test_a_database_that_misses_a_tick_is_no_trouble_and_one_that_misses_three_is():
    gone = {"active_users": None, "orders_per_minute": None}
    assert summary.headline(history_of({}, {}, gone)).tone == "good"
    told = summary.headline(history_of({}, gone, gone, gone))
    assert (told.tone, "database" in told.reason) == ("bad", True)
    assert "active user" not in told.numbers


def test_the_reason_stays_word_for_word_while_the_numbers_change():
    busy = [summary.headline(history_of({"active_users": users})) for users in (5.0, 6.0)]
    assert busy[0].reason == busy[1].reason
    assert busy[0].numbers != busy[1].numbers


def test_no_requests_are_told_and_never_zero_ms():
    history = history_of({"response_p95_ms": None, "response_p50_ms": None})
    assert "no requests in the last minute" in summary.headline(history).numbers
    tile = summary.tile(history, "response_p95_ms")
    assert (tile.number, tile.note) == (summary.NOT_MEASURED, NO_REQUESTS)
    assert tile.tone == "absent"


@pytest.mark.parametrize(
    ("slug", "shown"),
    [
        ("cpu_percent", ("12", "%", "threshold 70 %", "good")),
        ("memory_percent", ("40", "%", "this process 180 MB", "good")),
        ("response_p95_ms", ("84", "ms", "p50 20 ms", "good")),
        ("requests_per_second", ("1.5", "/ s", "0 failed in the last minute", "good")),
        ("orders_per_minute", ("2", "/ min", "", "good")),
    ],
)
def test_a_tile_has_a_number_its_unit_and_a_fact(slug: str, shown: tuple[str, ...]):
    tile = summary.tile(history_of({}), slug)
    assert (tile.number, tile.unit, tile.note, tile.tone) == shown


@pytest.mark.parametrize(("slug", "value"), [("cpu_percent", 70.0), ("active_users", 4.0)])
def test_a_tile_past_its_threshold_warns(slug: str, value: float):
    assert summary.tile(history_of({slug: value}), slug).tone == "warn"


def test_a_chart_is_told_in_a_sentence():
    history = history_of({"active_users": 1.0}, {"active_users": 6.0}, {"active_users": 2.0})
    assert summary.spoken(history, BY_SLUG["users"]) == (
        "Last 5 minutes. Active users: last 2, between 1 and 6."
    )


def test_a_chart_without_a_value_says_why():
    gone = {"response_p50_ms": None, "response_p95_ms": None}
    assert summary.blank(history_of(gone), BY_SLUG["response"]) == NO_REQUESTS
    assert summary.blank(history_of({}, gone), BY_SLUG["response"]) == ""


def test_a_table_has_the_newest_sample_and_every_half_minute():
    rows = summary.table(history_of(*[{}] * 75), BY_SLUG["machine"])
    assert rows == [
        ["12:01:14", "12 %", "40 %"],
        ["12:01:00", "12 %", "40 %"],
        ["12:00:30", "12 %", "40 %"],
        ["12:00:00", "12 %", "40 %"],
    ]


def test_a_table_says_what_was_not_measured():
    rows = summary.table(history_of({"active_users": None}), BY_SLUG["users"])
    assert rows == [["12:00:00", "not measured"]]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (11_550, "3 h 12 min"), (180_000, "2 d 2 h")],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(seconds: float, text: str):
    assert summary.duration(seconds) == text
