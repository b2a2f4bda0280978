"""What happens between two looks, calls or runs is seen before the next thing is done."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import Hold
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.report import Report
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.run import heal
from cloudscale.ops.ports import CloudFault
from tests.fleets import ago, fleet, frozen, member
from tests.healing_fakes import KINDS, Stage, desired, thing

A, B = Ref("thing", "a"), Ref("thing", "b")


def run(stage: Stage, **how: Any) -> Report:
    return heal(stage.parts, "function", kinds=KINDS, diagnoses=(), **how)


@pytest.fixture
def stage() -> Stage:
    stage = Stage(desired(thing("a", colour="red"), thing("b", size=2)))
    stage.world.things[A]["colour"] = "green"
    return stage


def _two_things_differ(stage: Stage) -> None:
    stage.world.things[B]["size"] = 9


def test_the_kill_switch_is_honoured_between_two_actions_of_one_run(stage):
    _two_things_differ(stage)

    def switch_off(command: Command) -> None:
        stage.source.is_on = False

    stage.world.before_acting = switch_off
    report = run(stage)
    assert (report.outcome, len(stage.world.acted)) == ("off", 1)
    assert "1 of 2" in report.words


def test_an_apply_that_begins_between_two_actions_is_left_its_way(stage):
    _two_things_differ(stage)

    def apply(command: Command) -> None:
        stage.source.hold = Hold("next", stage.clock.now() + timedelta(minutes=30))

    stage.world.before_acting = apply
    assert (run(stage).outcome, len(stage.world.acted)) == ("held", 1)


def test_switches_that_cannot_be_read_between_two_actions_end_the_run(stage):
    _two_things_differ(stage)

    def lose(command: Command) -> None:
        stage.source.fault = CloudFault("SSM does not answer.")

    stage.world.before_acting = lose
    assert (run(stage).outcome, len(stage.world.acted)) == ("trouble", 1)


def test_a_document_that_is_replaced_between_the_looks_is_not_acted_on(stage):
    def apply() -> None:
        stage.source.pointer = replace(stage.source.pointer, sha256="another")

    stage.clock.while_asleep = apply
    assert (run(stage).outcome, stage.world.acted) == ("held", [])


def test_a_lock_that_was_taken_by_a_clock_that_was_ahead_holds_nobody_up_for_ever(stage):
    stage.ledger.take("ahead", stage.clock.now() + timedelta(days=2), 120)
    assert run(stage).outcome == "acted"


def test_somebody_closes_the_breaker_and_it_goes_on(stage):
    stage.source.document = desired(thing("a", colour="red"), breaker_failures=1)
    stage.world.refusals = [Refused("No.")]
    run(stage)
    stage.clock.go_on(400)
    assert run(stage).outcome == "planned"
    at = stage.clock.now()
    closed = Entry(at.strftime("%Y-%m-%dT%H:%M:%S.%fZ#me#0"), "me", at, Phase.BREAKER_CLOSED)
    stage.ledger.lines.append(closed)
    stage.clock.go_on(1)
    assert run(stage).outcome == "acted"


def test_without_a_record_only_so_many_are_touched_as_are_not_away_already(stage):
    sick = (frozen("i-1"), *(member(f"w-{number}") for number in range(3)))
    starting = member("i-new", lifecycle="Pending", target="initial", launched_at=ago(10))
    stage.world.fleet = fleet(*sick, starting, desired=4)
    heal(stage.parts, "function", kinds=KINDS)
    assert [one.operation for one in stage.world.acted] == ["set_field"]
    stage.world.fleet = fleet(*sick, desired=4)
    stage.clock.go_on(60)
    heal(stage.parts, "function", kinds=KINDS)
    assert [one.operation for one in stage.world.acted] == ["set_field", "reboot_instances"]
