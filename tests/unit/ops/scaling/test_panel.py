"""The fleet in words: what is known, what is old, and since when."""

from dataclasses import replace
from datetime import UTC, datetime

from cloudscale.ops.policy import POLICY
from cloudscale.ops.policy.in_force import DECLARED, InForce
from cloudscale.ops.ports import FleetInstance, FleetState, Lifecycle
from cloudscale.ops.scaling import board as boards
from cloudscale.ops.scaling.alarm_states import AlarmState
from cloudscale.ops.scaling.board import AlarmRow, Board
from cloudscale.ops.scaling.panel import fleet_panel

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND = NOON.timestamp()
FLEET = FleetState(
    desired=3,
    smallest=2,
    largest=8,
    instances=(
        FleetInstance("sim-00001", "a", Lifecycle.IN_SERVICE, True),
        FleetInstance("sim-00002", "b", Lifecycle.PENDING, True),
    ),
    source="simulated",
)
BOARD = replace(Board().with_fleet(FLEET), read_at=SECOND)


def test_sizes_instances_and_bounds():
    shown = fleet_panel(BOARD, DECLARED, NOON)
    assert (shown.source, shown.sizes, shown.bounds) == (
        *("simulated", ("3", "1", "1", "0"), "2 to 8 allowed"),
    )
    assert shown.instances[1] == ("sim-00002", "b", "pending")
    assert (shown.fault, shown.decision) == ("", "No change of size yet.")


def test_each_alarm_with_its_newest_values_against_its_limits():
    states = {name: AlarmState("OK", SECOND) for name in ("cpu-out", "users-out")}
    states["calm-in"] = AlarmState("ALARM", SECOND)
    rows = boards.alarm_rows(POLICY, states, {"cpu_percent": 12.34, "users_gap": 0})
    assert [(row.name, row.words) for row in rows] == [
        ("cpu-out", "CPU 12.3 of 70 %"),
        ("users-out", "gap 0 of 1"),
        ("calm-in", "CPU 12.3 of 30 %, users not measured of 4"),
    ]
    shown = fleet_panel(replace(BOARD, alarms=rows), DECLARED, NOON)
    assert [alarm[1:3] for alarm in shown.alarms] == [
        *(("OK", "good"), ("OK", "good"), ("ALARM", "warn")),
    ]


def test_an_alarm_without_data_is_neither_good_nor_bad():
    board = replace(BOARD, alarms=(AlarmRow("x", "INSUFFICIENT_DATA", ""),))
    assert fleet_panel(board, DECLARED, NOON).alarms[0][1:3] == ("NO DATA", "info")


def test_the_last_decision_and_the_policy_say_when_and_who():
    board = replace(BOARD, decision="CPU was high: 2 -> 3 instances.", decided_at=SECOND - 60)
    held = InForce(4, POLICY, "operator", "ada", NOON)
    shown = fleet_panel(board, held, NOON)
    assert shown.decision == "26 Nov 11:59:00 UTC: CPU was high: 2 -> 3 instances."
    assert shown.policy == "Policy mission, in force since 26 Nov 12:00 UTC by ada."


def test_what_is_known_no_more_is_shown_with_its_age_and_the_reason():
    away = replace(BOARD, source="aws", fault="AWS did not answer.", read_at=SECOND - 300)
    shown = fleet_panel(away, DECLARED, NOON)
    assert shown.fault == "AWS did not answer. This is how it was at 26 Nov 11:55:00 UTC."
    assert shown.sizes == ("3", "1", "1", "0")


def test_without_news_it_is_old_even_if_nobody_says_why():
    assert fleet_panel(replace(BOARD, read_at=SECOND - 61), DECLARED, NOON).fault.startswith(
        "Nothing newer is known of the fleet."
    )


def test_a_board_is_kept_as_it_was_and_another_version_s_is_empty():
    assert boards.from_json(boards.to_json(BOARD)) == BOARD
    assert boards.from_json({"desired": "many"}) == Board()
