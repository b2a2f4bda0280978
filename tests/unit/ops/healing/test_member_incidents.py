"""Members through whole runs: rebooted, replaced, left to others, and what is recorded."""

from dataclasses import replace

import pytest

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.observed import Fleet, Member
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.report import Report
from cloudscale.ops.healing.run import heal
from tests.fleets import ago, fleet, frozen, member
from tests.healing_fakes import KINDS, Stage, desired, thing


@pytest.fixture
def stage() -> Stage:
    made = Stage(desired(thing("a", colour="red")))
    made.world.fleet = fleet(frozen(), member("i-2"), member("i-3"))
    return made


def run(stage: Stage, seconds_later: float = 0) -> Report:
    stage.clock.go_on(seconds_later)
    return heal(stage.parts, "function", kinds=KINDS)


def phases(stage: Stage, name: str = "i-1") -> list[Phase]:
    return [one.phase for one in stage.ledger.lines if one.ref and one.ref.name == name]


def calls(stage: Stage) -> list[str]:
    return [one.operation for one in stage.world.acted]


def with_first(fleet: Fleet | None, first: Member) -> Fleet:
    assert fleet is not None
    return replace(fleet, members=(first, *fleet.members[1:]))


def test_a_frozen_member_is_rebooted_and_well_again(stage: Stage):
    run(stage)
    assert calls(stage) == ["reboot_instances"]
    run(stage, 30)
    assert phases(stage) == [Phase.SEEN, Phase.INTENT, Phase.ACTED]
    stage.world.fleet = with_first(stage.world.fleet, member())
    run(stage, 30)
    assert phases(stage)[-1] is Phase.HEALED
    healed = stage.ledger.lines[-1]
    assert healed.detail["isFaultTimeKnown"]
    assert 120 <= healed.detail["healthySeconds"] <= 140
    assert calls(stage) == ["reboot_instances"]


def test_one_that_a_reboot_does_not_help_is_replaced_and_never_rebooted_again(stage: Stage):
    def replaced(command: Command) -> None:
        if command.operation == "terminate_instance_in_auto_scaling_group":
            stage.world.fleet = with_first(stage.world.fleet, member("i-4", launched_at=ago(0)))

    stage.world.on_act = replaced
    for _ in range(12):
        run(stage, 60)
    reboot, replacement = [one.at for one in stage.ledger.lines if one.phase is Phase.INTENT]
    assert 180 < (replacement - reboot).total_seconds() <= 180 + 60 + 10  # a run, and two looks
    assert calls(stage) == ["reboot_instances", "terminate_instance_in_auto_scaling_group"]
    assert phases(stage) == [
        *(Phase.SEEN, Phase.INTENT, Phase.ACTED, Phase.FAILED),
        *(Phase.INTENT, Phase.ACTED, Phase.HEALED),
    ]


def test_one_whose_reboot_was_refused_is_replaced_after_the_cooldown(stage: Stage):
    stage.world.refusals = [Refused("AWS refuses it.")]
    for _ in range(12):
        run(stage, 30)
    reboot, replacement, *_ = [one.at for one in stage.ledger.lines if one.phase is Phase.INTENT]
    assert (replacement - reboot).total_seconds() >= 300
    assert calls(stage) == ["terminate_instance_in_auto_scaling_group"]


def test_when_all_are_sick_people_are_called_once_and_nothing_is_done(stage: Stage):
    stage.world.fleet = fleet(*(frozen(f"i-{number}") for number in range(3)))
    for _ in range(3):
        run(stage, 60)
    assert stage.world.acted == []
    assert phases(stage, "all") == [Phase.SEEN, Phase.PAGED]
    stage.world.fleet = fleet(*(member(f"i-{number}") for number in range(3)))
    run(stage, 60)
    assert phases(stage, "all")[-1] is Phase.PASSED


def test_a_member_is_not_called_well_because_all_are_sick_by_now(stage: Stage):
    run(stage)
    stage.world.fleet = fleet(frozen(), frozen("i-2"), frozen("i-3"))
    run(stage, 60)
    run(stage, 200)
    run(stage, 60)
    assert phases(stage) == [Phase.SEEN, Phase.INTENT, Phase.ACTED, Phase.FAILED]
    assert calls(stage) == ["reboot_instances"]


@pytest.mark.parametrize("is_deployed", [True, False])
def test_a_member_that_others_replace_is_not_called_well_before_it_is_gone(
    stage: Stage, is_deployed: bool
):
    first = frozen(is_healthy=is_deployed, target_since=None)
    run(stage)
    whole = with_first(stage.world.fleet, first)
    stage.world.fleet = replace(whole, is_refreshing=is_deployed)
    run(stage, 60)
    run(stage, 200)
    assert phases(stage)[-1] is Phase.FAILED
    run(stage, 60)
    assert phases(stage)[-1] is Phase.FAILED
    stage.world.fleet = with_first(whole, member("i-4", launched_at=ago(0)))
    run(stage, 60)
    assert phases(stage)[-1] is Phase.HEALED


def test_one_that_bears_too_much_is_drained_once(stage: Stage):
    idle = [member(f"i-{number}", cpu_percent=[20] * 5) for number in (2, 3)]
    stage.world.fleet = fleet(member(cpu_percent=[97] * 5), *idle)
    run(stage)
    run(stage, 60)
    assert calls(stage) == ["set_instance_health"]
    stage.world.fleet = fleet(*idle, member("i-4", launched_at=ago(0)))
    run(stage, 60)
    assert phases(stage)[-1] is Phase.HEALED
