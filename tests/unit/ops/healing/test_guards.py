"""The guard rails, one by one: who counts as away, what an hour allows, windows, tags, approval."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from cloudscale.ops.healing import guards
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.guards import ALL_SICK, Circumstances, Planned
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits, Mode
from cloudscale.ops.healing.observed import Fleet
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from tests.fleets import NOW, fleet, member

DATABASE = Ref("database", "shop")


def of_member(name: str, verb: Verb = Verb.REPLACE, **facts: Any) -> Action:
    return Action(Ref("member", name), verb, "frozen", "It answers nobody.", **facts)


def repair(name: str, **facts: Any) -> Action:
    return Action(Ref("thing", name), Verb.REPAIR, "drift", "It differs.", **facts)


def begun(ref: Ref, seconds_ago: float = 30, verb: Verb = Verb.REBOOT) -> Entry:
    at = NOW - timedelta(seconds=seconds_ago)
    facts = {"verb": verb.value, "incident": str(ref), "is_disruptive": verb is not Verb.REPAIR}
    return Entry(f"{at.isoformat()}#{ref}", "run", at, Phase.INTENT, ref, "frozen", **facts)


def given(
    whole: Fleet | None = None,
    lines: Sequence[Entry] = (),
    *,
    mode: Mode = Mode.APPLY,
    now: datetime = NOW,
    approvals: Sequence[str] = (),
    left_alone: Sequence[str] = (),
    **limits: Any,
) -> Circumstances:
    return Circumstances(
        Limits(**limits), mode, History.of(lines, now), whole, approvals, left_alone
    )


def rules(actions: Sequence[Action], circumstances: Circumstances) -> list[str]:
    return [one.rule or one.verdict for one in guards.judge(actions, circumstances)]


def many(count: int, **facts: Any) -> Fleet:
    return fleet(*(member(f"i-{number}") for number in range(count)), **facts)


# How many at once


@pytest.mark.parametrize(
    ("size", "percent", "allowed"), [(1, 10, 1), (9, 10, 1), (20, 10, 2), (29, 10, 2), (4, 0, 1)]
)
def test_a_share_of_the_fleet_and_always_one_may_be_away(size: int, percent: int, allowed: int):
    assert guards.budget(given(many(size), share_percent=percent)).at_once == allowed


def test_those_on_their_way_out_make_the_fleet_no_larger():
    leaving = (member(f"o-{number}", lifecycle="Terminating") for number in range(10))
    whole = fleet(*(member(f"i-{number}") for number in range(10)), *leaving, desired=10)
    assert guards.budget(given(whole)).at_once == 1


@pytest.mark.parametrize(
    ("lifecycles", "desired", "away"),
    [
        (["InService"] * 4, 4, 0),
        (["InService"] * 3, 4, 1),
        (["InService"] * 3 + ["Pending:Wait"], 4, 1),
        (["InService"] * 3 + ["Terminating:Wait"], 4, 1),
        (["InService"] * 3 + ["Pending", "Terminating"], 4, 1),
        (["InService"] * 4 + ["Pending"], 4, 1),
        (["InService"] * 4 + ["Terminating"] * 2, 4, 2),
        (["InService"] * 5, 4, 0),
    ],
)
def test_whoever_comes_goes_or_is_missing_is_away_whatever_the_record_knows(
    lifecycles: list[str], desired: int, away: int
):
    members = [member(f"i-{n}", lifecycle=one) for n, one in enumerate(lifecycles)]
    assert guards.budget(given(fleet(*members, desired=desired))).in_use == away


def test_whoever_starts_anew_is_away_while_it_is_called_in_service():
    lines = [begun(Ref("member", "i-1"))]
    assert guards.budget(given(many(3), lines)).in_use == 1
    assert rules([of_member("i-2")], given(many(3), lines)) == ["at-once"]


def test_whoever_was_ended_counts_once_as_missing():
    lines = [begun(Ref("member", "i-gone"), verb=Verb.REPLACE)]
    assert guards.budget(given(many(3, desired=4), lines)).in_use == 1


def test_nobody_is_taken_away_while_the_database_starts_anew():
    lines = [begun(DATABASE, verb=Verb.REBOOT_DATABASE)]
    assert rules([of_member("i-1")], given(many(3), lines)) == ["at-once"]


def test_what_one_plan_allows_is_no_more_than_may_be_away():
    actions = [of_member(f"i-{number}") for number in range(5)]
    assert rules(actions, given(many(20))) == ["do", "do", "at-once", "at-once", "at-once"]


def test_a_launch_that_hangs_is_ended_although_it_is_itself_the_one_that_is_away():
    whole = fleet(member("i-1"), member("i-2", lifecycle="Pending"))
    actions = [of_member("i-2"), of_member("i-1")]
    assert rules(actions, given(whole)) == ["do", "at-once"]


def test_nobody_is_taken_away_where_nobody_knows_who_else_is():
    assert rules([of_member("i-1"), repair("a")], given(None)) == ["unknown-fleet", "do"]


# How many an hour


def test_an_hour_allows_so_many_disruptions_and_then_another_hour_begins():
    lines = [begun(Ref("member", f"o-{n}"), 3_500 - n) for n in range(6)]
    whole = many(20)
    assert rules([of_member("i-1")], given(whole, lines)) == ["per-hour"]
    later = given(whole, lines, now=NOW + timedelta(seconds=101))
    assert rules([of_member("i-1")], later) == ["do"]


def test_an_hour_allows_so_many_repairs_and_they_are_no_disruptions():
    lines = [begun(Ref("thing", str(n)), 100, Verb.REPAIR) for n in range(3)]
    circumstances = given(many(20), lines, repairs_per_hour=4)
    actions = [repair("a"), repair("b"), of_member("i-1")]
    assert rules(actions, circumstances) == ["do", "repairs-per-hour", "do"]


# Who, and when


def test_when_all_are_sick_no_member_is_touched_and_drift_is_reverted_all_the_same():
    everybody = Action(Ref("member", "all"), Verb.REPORT, ALL_SICK, "All are sick.")
    actions = [of_member("i-1"), repair("a"), everybody]
    assert rules(actions, given(many(20))) == [ALL_SICK, "do", "report"]


def test_what_somebody_marked_is_left_alone():
    assert rules([repair("a"), repair("b")], given(left_alone=["thing/a"])) == ["tag", "do"]


def test_two_things_are_not_done_to_one_resource_in_one_run():
    assert rules([repair("a"), repair("a")], given()) == ["do", "one-at-a-time"]


def test_nothing_more_is_done_to_what_has_not_shown_yet_whether_it_was_helped():
    lines = [begun(Ref("member", "i-1"), 3_000)]
    actions = [Action(Ref("member", "i-1"), Verb.REPLACE, "stopped", "It is stopped.")]
    assert rules(actions, given(many(20), lines)) == ["under-way"]


@pytest.mark.parametrize(
    ("window", "hour", "is_open"),
    [
        ("", 12, True),
        ("22:00-04:00", 23, True),
        ("22:00-04:00", 3, True),
        ("22:00-04:00", 4, False),
        ("22:00-04:00", 12, False),
        ("10:00-13:00", 12, True),
        ("10:00-12:00", 12, False),
        ("12:00-12:00", 12, False),
    ],
)
def test_the_window_may_reach_over_midnight(window: str, hour: int, is_open: bool):
    assert guards.is_open(window, NOW.replace(hour=hour)) is is_open


def test_what_can_wait_waits_for_the_window_and_the_rest_does_not():
    actions = [repair("a", can_wait=True), repair("b")]
    assert rules(actions, given(window="22:00-04:00")) == ["window", "do"]
    night = given(window="22:00-04:00", now=NOW.replace(hour=23))
    assert rules(actions, night) == ["do", "do"]


# Approval


def judged(actions: Sequence[Action], circumstances: Circumstances) -> Sequence[Planned]:
    return guards.judge(actions, circumstances)


def test_what_nobody_approved_waits_and_says_how_to_approve_it():
    (planned,) = judged([repair("a")], given(mode=Mode.APPROVE))
    assert planned.verdict == "approve"
    assert f"heal --approve {planned.action.id}" in planned.why


def test_what_nobody_approved_uses_up_nothing_of_what_is_approved():
    first, second = of_member("i-1"), of_member("i-2")
    circumstances = given(many(3), mode=Mode.APPROVE, approvals=[second.id])
    assert [one.verdict for one in judged([first, second], circumstances)] == ["approve", "do"]


def test_an_approval_opens_no_other_guard_rail():
    action = of_member("i-2")
    lines = [begun(Ref("member", "i-1"))]
    circumstances = given(many(3), lines, mode=Mode.APPROVE, approvals=[action.id])
    assert rules([action], circumstances) == ["at-once"]
