"""What became of what was wrong: judged by all that was read, and by nothing that was not."""

from typing import Any

import pytest

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.observed import Found, Gone
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.report import Report
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.run import heal
from tests.fleets import fleet, frozen, member
from tests.healing_fakes import KINDS, Stage, desired, thing

A = Ref("thing", "a")


def run(stage: Stage, seconds_later: float = 0, **how: Any) -> Report:
    stage.clock.go_on(seconds_later)
    return heal(stage.parts, "function", kinds=KINDS, **how)


def phases(stage: Stage) -> list[Phase]:
    return [one.phase for one in stage.ledger.lines]


def stage_of(**fields: Any) -> Stage:
    return Stage(desired(thing("a", **fields)))


# Drift


def test_what_cannot_be_read_any_more_is_not_well_again():
    stage = stage_of(stuck=1, colour="red")
    stage.world.things[A]["stuck"] = 2
    run(stage)
    stage.world.sights[A] = Found({"colour": "red"}, absent={"stuck": "AWS refuses it."})
    run(stage, 60)
    assert phases(stage) == [Phase.SEEN, Phase.REPORTED]
    stage.world.sights[A] = Found({"stuck": 1}, absent={"colour": "AWS refuses it."})
    run(stage, 60)
    assert phases(stage)[-1] is Phase.PASSED


def test_what_is_gone_is_not_back_while_a_part_of_it_cannot_be_read():
    stage = stage_of(colour="red")
    stage.world.sights[A] = Gone()
    run(stage)
    stage.world.sights[A] = Found({}, absent={"colour": "AWS refuses it."})
    run(stage, 60)
    assert phases(stage)[-1] is Phase.FAILED


def test_what_the_document_has_let_go_is_nobodys_any_more():
    stage = stage_of(stuck=1)
    stage.world.things[A]["stuck"] = 2
    run(stage)
    stage.source.document = desired(thing("b", colour="red"))
    stage.world.things[Ref("thing", "b")] = {"colour": "red"}
    run(stage, 60)
    assert phases(stage) == [Phase.SEEN, Phase.REPORTED, Phase.PASSED]


def test_a_read_after_the_call_that_says_nothing_of_it_proves_nothing():
    stage = stage_of(colour="red")
    stage.world.things[A]["colour"] = "green"

    def blind(command: Command) -> None:
        stage.world.sights[A] = Found({}, absent={"colour": "AWS refuses it."})

    stage.world.before_acting = blind
    run(stage)
    failed = stage.ledger.lines[-1]
    assert failed.phase is Phase.FAILED
    assert "could not be read again" in failed.reason


def test_what_was_made_again_and_still_differs_is_not_called_well():
    stage = stage_of(colour="red", size=2)
    del stage.world.things[A]

    def spoil(command: Command) -> None:
        if command.arguments["Name"] == "size":
            stage.world.things[A]["colour"] = "blue"

    stage.world.before_acting = spoil
    run(stage)
    failed = stage.ledger.lines[-1]
    assert (failed.phase, "differs in colour" in failed.reason) == (Phase.FAILED, True)


def test_what_was_made_again_is_well_but_for_what_people_must_mend_and_they_are_told():
    stage = stage_of(colour="red", stuck=1)
    del stage.world.things[A]
    run(stage)
    assert phases(stage)[-1] is Phase.HEALED
    run(stage, 60)
    assert phases(stage)[-1] is Phase.REPORTED


# Members


@pytest.fixture
def stage() -> Stage:
    made = Stage(desired(thing("a", colour="red"), breaker_failures=1))
    made.world.fleet = fleet(frozen(), member("i-2"), member("i-3"))
    return made


def test_a_failure_that_shows_in_a_later_run_counts_for_the_breaker_too(stage: Stage):
    run(stage)
    report = run(stage, 200)
    assert phases(stage)[-3:-1] == [Phase.FAILED, Phase.BREAKER_OPENED]
    assert (report.plan is not None) and report.plan.breaker.is_open
    run(stage, 400)
    assert len(stage.world.acted) == 1


def test_a_rebooted_member_is_well_although_another_one_is_away(stage: Stage):
    run(stage)
    stage.world.fleet = fleet(member(), member("i-2"), desired=3)
    run(stage, 60)
    assert phases(stage)[-1] is Phase.HEALED


def test_a_rebooted_member_is_not_well_while_it_starts(stage: Stage):
    run(stage)
    starting = member(checks="initializing", target="initial")
    stage.world.fleet = fleet(starting, member("i-2"), member("i-3"))
    run(stage, 60)
    assert phases(stage)[-1] is Phase.ACTED


def test_one_that_may_have_been_rebooted_counts_as_away_and_no_other_is(stage: Stage):
    whole = (frozen("i-1"), frozen("i-2"), *(member(f"w-{number}") for number in range(4)))
    stage.document = stage.source.document = desired(thing("a", colour="red"))
    stage.world.fleet = fleet(*whole)
    stage.world.refusals = [Refused("AWS did not answer.", is_unsure=True)]
    run(stage)
    run(stage, 60)
    assert stage.world.acted == []
    run(stage, 200)
    assert [one.arguments["InstanceIds"] for one in stage.world.acted] == [["i-2"]]


def test_all_are_not_well_again_before_one_of_them_serves(stage: Stage):
    stage.world.fleet = fleet(frozen(), desired=2)
    run(stage)
    assert phases(stage) == [Phase.SEEN, Phase.PAGED]
    stage.world.fleet = fleet(
        frozen(is_healthy=False), desired=2
    )  # the group has begun to replace it
    run(stage, 60)
    assert phases(stage) == [Phase.SEEN, Phase.PAGED]
    stage.world.fleet = fleet(member("i-2", lifecycle="Pending", launched_at=stage.clock.now()))
    report = run(stage, 60)
    assert phases(stage) == [Phase.SEEN, Phase.PAGED]
    assert report.words == "Nothing to do just now: 1 server is away or still starting."
    stage.world.fleet = fleet(member("i-2"))
    report = run(stage, 60)
    assert phases(stage)[-1] is Phase.PASSED
    assert stage.ledger.lines[-1].title == "The fleet needs nothing any more"
    assert report.words == "Everything is as it should be."


def test_who_is_gone_is_not_called_well(stage: Stage):
    stage.world.fleet = fleet(member(machine="stopped", target="unhealthy"), member("i-2"))
    stage.source.document = desired(thing("a", colour="red"), mode=Mode.APPROVE)
    run(stage)
    stage.world.fleet = fleet(member("i-2"), member("i-3"))
    run(stage, 60)
    line = stage.ledger.lines[-1]
    assert (line.phase, line.title) == (Phase.PASSED, "Server i-1 needs nothing any more")
    assert line.reason == "It is gone, and healing did not end it."
