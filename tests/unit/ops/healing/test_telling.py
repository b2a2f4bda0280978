"""What people are told, once, and not each minute."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cloudscale.ops.healing.action import Action, Command, Verb
from cloudscale.ops.healing.desired import DesiredFault, Hold
from cloudscale.ops.healing.letters import letter
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.report import Report
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.run import heal
from tests.healing_fakes import KINDS, START, Stage, desired, thing

A = Ref("thing", "a")


@pytest.fixture
def stage() -> Stage:
    return Stage(desired(thing("a", colour="red")))


def run(stage: Stage, seconds_later: float = 60, **how: Any) -> Report:
    stage.clock.go_on(seconds_later)
    return heal(stage.parts, "function", kinds=KINDS, diagnoses=(), **how)


def phases(stage: Stage) -> list[Phase]:
    return [one.phase for one in stage.ledger.lines]


def subjects(stage: Stage) -> list[str]:
    return [one.subject for one in stage.messenger.letters]


def in_mode(stage: Stage, mode: Mode) -> None:
    limits = replace(stage.document.limits, mode=mode)
    stage.document = stage.source.document = replace(stage.document, limits=limits)


# What healing itself lacks


def test_a_gap_is_told_once_and_that_it_is_over(stage: Stage):
    stage.world.gaps = {"rds": "AWS refuses rds:DescribeDBInstances."}
    for _ in range(3):
        run(stage)
    (told,) = stage.messenger.letters
    assert "AWS refuses rds:DescribeDBInstances." in told.body
    stage.world.gaps = {}
    run(stage)
    run(stage)
    assert phases(stage) == [Phase.TROUBLE, Phase.PASSED]


def test_gaps_of_one_look_are_one_letter_and_a_new_one_is_told_alone(stage: Stage):
    stage.world.gaps = {"rds": "No.", "sns": "No."}
    run(stage)
    stage.world.gaps = {"rds": "No.", "sns": "Not now.", "ec2": "Slow."}
    run(stage)
    run(stage)
    assert [one.cause for one in stage.ledger.lines] == ["Not read: rds, sns", "Not read: ec2"]


def test_a_gap_that_comes_and_goes_is_told_once_an_hour(stage: Stage):
    for number in range(40):
        stage.world.gaps = {} if number % 2 else {"rds": "AWS was asked too often."}
        run(stage)
    assert len(stage.messenger.letters) == 1
    stage.world.gaps = {"rds": "AWS was asked too often."}
    run(stage, 3_600)
    assert len(stage.messenger.letters) == 2


def test_a_document_that_comes_and_goes_is_told_once_an_hour(stage: Stage):
    for number in range(20):
        stage.source.fault = None if number % 2 else DesiredFault("It is missing.")
        run(stage)
    assert len(stage.messenger.letters) == 1


def test_a_field_that_this_code_does_not_know_is_told_once_until_it_is_not_asked_for(stage: Stage):
    known = stage.source.document
    stage.source.document = desired(thing("a", colour="red", flavour="sweet"))
    for _ in range(3):
        report = run(stage)
    assert stage.ledger.kept is not None
    assert stage.ledger.kept["unknown"] == ["thing/a.flavour"]
    (told,) = stage.messenger.letters
    assert "thing/a.flavour" in told.body
    stage.source.document = known
    assert run(stage).outcome == report.outcome == "calm"
    assert phases(stage) == [Phase.TROUBLE, Phase.PASSED]


def test_a_clock_that_was_ahead_is_told_once_and_holds_nothing_up(stage: Stage):
    stage.world.things[A]["colour"] = "green"
    stage.clock.at += timedelta(hours=20)
    run(stage)
    stage.clock.at -= timedelta(hours=20)
    stage.world.things[A]["colour"] = "green"
    run(stage)
    run(stage)
    assert len(stage.world.acted) == 1  # the budget and the cooldown are not free
    run(stage, 300)
    assert len(stage.world.acted) == 2  # and nothing waits until the clock is there
    run(stage)
    assert subjects(stage).count("[shop-test] A clock was wrong") == 1
    assert subjects(stage).count("[shop-test] Thing a is well again: put back") == 2


# What waits for people


def test_in_plan_mode_people_are_told_once_what_would_be_done(stage: Stage):
    in_mode(stage, Mode.PLAN)
    stage.world.things[A]["colour"] = "green"
    for _ in range(3):
        run(stage)
    (told,) = stage.messenger.letters
    assert told.subject == "[shop-test] Thing a is not put back for now"
    for words in ("only planning is switched on", "before: green", "What would be called:"):
        assert words in told.body
    assert stage.world.acted == []


def test_what_waits_for_approval_is_told_with_how_to_approve_it_and_anew_when_it_changes(
    stage: Stage,
):
    in_mode(stage, Mode.APPROVE)
    for colour in ("green", "green", "blue"):
        stage.world.things[A]["colour"] = colour
        run(stage)
    first, second = stage.messenger.letters
    assert "heal --approve " in first.body
    assert first.entry.action != second.entry.action
    assert second.entry.action in second.body


def test_what_differs_while_terraform_applies_is_no_news(stage: Stage):
    stage.source.document = desired(thing("a", colour="red", stuck=1))
    stage.world.things[A] = {"colour": "green", "stuck": 2}
    stage.source.hold = Hold("next", stage.clock.now() + timedelta(minutes=30))
    assert run(stage).outcome == "held"
    assert (stage.ledger.lines, stage.messenger.letters) == ([], [])


# Letters


def entry(name: str, **facts: Any) -> Entry:
    ref = Ref("thing", name)
    told = {"title": f"Thing {name} was put back", "reason": "It differed.", **facts}
    return Entry("1", "run", START, Phase.HEALED, ref, door="function", **told)


@pytest.mark.parametrize("name", ["ü", "a\nb", "a\x1b[31mb", "a\x00b", "x" * 300, "\u202ea"])
def test_a_subject_is_one_short_line_of_ascii_whatever_a_thing_is_called(name: str):
    subject = letter(entry(name), "shop").subject
    assert len(subject) <= 100
    assert subject.isascii()
    assert subject.isprintable()
    assert subject.startswith("[shop] Thing ")


def test_a_letter_says_what_why_before_after_and_how_to_undo_it():
    body = letter(
        entry(
            "a",
            before={"colour": None, "size": [1, 2]},
            after={"colour": "red", "size": [2]},
            commands=("aws thing set",),
            undo=("aws thing unset",),
        ),
        "shop",
    ).body
    for words in ("Why: It differed.", "before: (nothing)", "after:  [2]", "What was called:"):
        assert words in body
    assert body.index("aws thing set") < body.index("To undo it:") < body.index("aws thing unset")


def test_every_thing_done_says_how_to_take_it_back(stage: Stage):
    stage.world.things[A]["colour"] = "green"
    run(stage)
    (told,) = stage.messenger.letters
    assert "To undo it:" in told.body
    assert "green" in told.body.split("To undo it:")[1]


def test_a_letter_about_a_model_says_so(stage: Stage):
    stage.world.things[A]["colour"] = "green"
    run(stage, is_simulated=True)
    (told,) = stage.messenger.letters
    assert told.subject.startswith("SIMULATED ")


# What keeps only itself from working


def test_when_members_cannot_be_judged_drift_is_put_back_and_nothing_is_done_to_them(stage: Stage):
    ended = Command("autoscaling", "terminate_instance_in_auto_scaling_group", {})
    action = Action(Ref("member", "i-1"), Verb.REPLACE, "frozen", "It is.", commands=(ended,))

    def judged(*_: Any) -> list[Action]:
        return [action]

    def stumbles(*_: Any) -> list[Action]:
        raise ZeroDivisionError

    stage.world.things[A]["colour"] = "green"
    heal(stage.parts, "function", kinds=KINDS, diagnoses=(judged, stumbles))
    assert [one.operation for one in stage.world.acted] == ["set_field"]
