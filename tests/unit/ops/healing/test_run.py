"""One run, on good days."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cloudscale.ops.healing.desired import Hold
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.report import Report
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.run import heal
from tests.healing_fakes import KINDS, Stage, desired, thing

A, B = Ref("thing", "a"), Ref("thing", "b")


def run(stage: Stage, **how: Any) -> Report:
    return heal(stage.parts, "function", kinds=KINDS, diagnoses=(), **how)


def phases(stage: Stage) -> Sequence[Phase]:
    return [one.phase for one in stage.ledger.lines]


@pytest.fixture
def stage() -> Stage:
    return Stage(desired(thing("a", colour="red"), thing("b", size=2)))


def test_an_untouched_stack_is_looked_at_once_and_left_alone(stage: Stage):
    report = run(stage)
    assert (report.outcome, report.words) == ("calm", "Everything is as it should be.")
    assert stage.world.looks == [None]
    assert stage.world.acted == []
    assert stage.ledger.lines == []
    assert stage.messenger.letters == []


def test_drift_is_put_back_after_two_looks_and_told_with_before_and_after(stage: Stage):
    stage.world.things[A]["colour"] = "green"
    report = run(stage)
    assert report.outcome == "acted"
    assert stage.world.things[A]["colour"] == "red"
    assert stage.world.looks == [None, {A}, {A}]
    assert phases(stage) == [Phase.SEEN, Phase.INTENT, Phase.ACTED, Phase.HEALED]
    (letter,) = stage.messenger.letters
    assert letter.subject == "[shop-test] Thing a is well again: put back"
    assert "before: green" in letter.body
    assert "after:  red" in letter.body
    assert "To undo it:" in letter.body


def test_what_was_healed_says_how_long_each_step_took(stage: Stage):
    stage.world.things[A]["colour"] = "green"
    run(stage)
    detail = stage.ledger.lines[-1].detail
    assert detail["seenSeconds"] == 0
    assert detail["actedSeconds"] == detail["healthySeconds"] == 10


def test_what_is_gone_is_made_again(stage: Stage):
    del stage.world.things[B]
    run(stage)
    assert stage.world.things[B] == {"size": 2}


def test_plan_only_writes_what_it_would_do_and_does_nothing(stage: Stage):
    stage.source.document = replace(
        stage.document, limits=replace(stage.document.limits, mode=Mode.PLAN)
    )
    stage.world.things[A]["colour"] = "green"
    report = run(stage)
    assert (report.outcome, stage.world.acted) == ("planned", [])
    assert stage.ledger.kept is not None
    (row,) = stage.ledger.kept["plan"]
    assert (row["before"], row["after"]) == ({"colour": "green"}, {"colour": "red"})
    assert (row["verdict"], stage.ledger.kept["mode"]) == ("do", "plan")


def test_a_look_from_the_command_line_takes_no_lock_and_leaves_no_trace(stage: Stage):
    stage.world.things[A]["colour"] = "green"
    report = run(stage, mode=Mode.PLAN)
    assert report.outcome == "planned"
    assert (stage.ledger.tokens, stage.ledger.lines, stage.ledger.kept) == (0, [], None)


def test_what_waits_for_approval_is_done_once_somebody_approved_exactly_that(stage: Stage):
    stage.source.document = replace(
        stage.document, limits=replace(stage.document.limits, mode=Mode.APPROVE)
    )
    stage.world.things[A]["colour"] = "green"
    report = run(stage)
    assert stage.world.acted == []
    (planned,) = report.plan.planned if report.plan else ()
    assert planned.verdict == "approve"
    stage.ledger.approve(planned.action.id, "ops@example.com", stage.clock.now())
    stage.world.things[A]["colour"] = "blue"  # another thing than was approved
    run(stage)
    assert stage.world.acted == []
    stage.world.things[A]["colour"] = "green"
    run(stage)
    assert stage.world.things[A]["colour"] == "red"


def test_what_no_call_mends_is_told_once_with_the_command_that_would(stage: Stage):
    stage.source.document = stage.document = desired(thing("a", stuck=1))
    stage.world.things[A] = {"stuck": 2}
    for _ in range(3):
        run(stage)
        stage.clock.go_on(60)
    assert phases(stage) == [Phase.SEEN, Phase.REPORTED]
    (letter,) = stage.messenger.letters
    assert "terraform apply -target='fake_thing.a'" in letter.body


def test_what_went_away_by_itself_is_closed(stage: Stage):
    stage.source.document = desired(thing("a", stuck=1))
    stage.world.things[A] = {"stuck": 2}
    run(stage)
    stage.world.things[A] = {"stuck": 1}
    run(stage)
    assert phases(stage)[-1] is Phase.PASSED


def test_the_autoscaler_keeps_what_is_its_own_within_its_bounds(stage: Stage):
    stage.source.document = desired(thing("a", count=2, note="x"))
    stage.world.things[A] = {"count": 7, "note": "y"}
    assert run(stage).outcome == "calm"
    stage.world.things[A] = {"count": 12, "note": "y"}
    run(stage)
    assert stage.world.things[A] == {"count": 2, "note": "y"}


def test_the_kill_switch_stops_all_of_it_and_is_told_once(stage: Stage):
    stage.source.is_on = False
    stage.world.things[A]["colour"] = "green"
    assert [run(stage).outcome for _ in range(3)] == ["off"] * 3
    assert (stage.world.looks, phases(stage)) == ([], [Phase.SWITCHED])
    stage.source.is_on = True
    run(stage)
    assert stage.world.things[A]["colour"] == "red"


def test_the_kill_switch_is_honoured_between_the_looks_of_one_run(stage: Stage):
    def switch_off() -> None:
        stage.source.is_on = False

    stage.clock.while_asleep = switch_off
    stage.world.things[A]["colour"] = "green"
    assert run(stage).outcome == "off"
    assert stage.world.acted == []


def test_while_terraform_applies_it_only_looks(stage: Stage):
    stage.source.hold = Hold("next", stage.clock.now() + timedelta(minutes=30))
    stage.world.things[A]["colour"] = "green"
    report = run(stage)
    assert (report.outcome, stage.world.acted) == ("held", [])
    stage.clock.go_on(31 * 60)
    assert run(stage).outcome == "acted"


def test_an_apply_that_begins_between_the_looks_is_left_its_way(stage: Stage):
    def apply() -> None:
        stage.source.hold = Hold("next", stage.clock.now() + timedelta(minutes=30))

    stage.clock.while_asleep = apply
    stage.world.things[A]["colour"] = "green"
    assert (run(stage).outcome, stage.world.acted) == ("held", [])


def test_an_operator_who_is_at_the_same_thing_is_left_at_it(stage: Stage):
    def change() -> None:
        stage.world.things[A]["colour"] = "blue"

    stage.clock.while_asleep = change
    stage.world.things[A]["colour"] = "green"
    assert run(stage).outcome == "planned"
    assert stage.world.acted == []
