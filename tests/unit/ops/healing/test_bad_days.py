"""Days on which something else is wrong too: nothing is acted on twice, or on the wrong thing."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import DesiredFault
from cloudscale.ops.healing.observed import Found, Unreadable
from cloudscale.ops.healing.ports import LeaseLost, Refused
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.report import Report
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.run import heal
from cloudscale.ops.ports import CloudFault
from tests.healing_fakes import KINDS, Stage, desired, thing

A, B = Ref("thing", "a"), Ref("thing", "b")


def run(stage: Stage, **how: Any) -> Report:
    return heal(stage.parts, "function", kinds=KINDS, diagnoses=(), **how)


def phases(stage: Stage) -> Sequence[Phase]:
    return [one.phase for one in stage.ledger.lines]


@pytest.fixture
def stage() -> Stage:
    stage = Stage(desired(thing("a", colour="red"), thing("b", size=2)))
    stage.world.things[A]["colour"] = "green"
    return stage


@pytest.mark.parametrize(
    "fault",
    [
        DesiredFault("The desired document is missing."),
        DesiredFault("The desired state is of version 9, newer than the 1 that this healer reads."),
        CloudFault("AWS was asked too often for ssm:GetParameters; it is asked again later."),
    ],
)
def test_without_a_document_nothing_is_acted_on_and_people_are_told_once(stage, fault):
    stage.source.fault = fault
    for _ in range(5):
        assert run(stage).outcome == "trouble"
        stage.clock.go_on(60)
    assert (stage.world.looks, stage.world.acted) == ([], [])
    assert phases(stage) == [Phase.TROUBLE]
    (letter,) = stage.messenger.letters
    assert fault.reason in letter.body
    stage.source.fault = None
    run(stage)
    assert stage.world.things[A]["colour"] == "red"
    assert Phase.PASSED in phases(stage)


def test_what_cannot_be_read_is_a_gap_and_the_rest_is_healed(stage):
    stage.world.sights[B] = Unreadable("AWS refuses rds:DescribeDBInstances.")
    stage.world.gaps = {"thing": "AWS refuses rds:DescribeDBInstances."}
    stage.world.things[B]["size"] = 9
    report = run(stage)
    assert report.outcome == "acted"
    assert stage.world.things == {A: {"colour": "red"}, B: {"size": 9}}
    assert stage.ledger.kept is not None
    assert stage.ledger.kept["gaps"] == {"thing": "AWS refuses rds:DescribeDBInstances."}


def test_a_shape_that_nobody_knows_is_not_acted_on(stage):
    stage.world.sights[B] = Found({"size": "many"})
    run(stage)
    assert [one.arguments["Ref"] for one in stage.world.acted] == ["thing/a"]


def test_a_field_that_this_code_does_not_know_is_told_and_let_be(stage):
    stage.source.document = desired(thing("a", colour="red", flavour="sweet"))
    report = run(stage)
    assert report.plan is not None
    assert report.plan.comparison.unknown == ("thing/a.flavour",)
    assert [one.arguments["Name"] for one in stage.world.acted] == ["colour"]


def test_a_read_that_lags_behind_is_read_again_before_it_counts_as_a_failure(stage):
    stage.world.stale = 2
    run(stage)
    assert phases(stage)[-1] is Phase.HEALED
    assert len(stage.world.acted) == 1


def test_what_never_becomes_true_is_a_failure_and_is_not_tried_again_at_once(stage):
    stage.world.stale = 100
    run(stage)
    assert phases(stage)[-1] is Phase.FAILED
    stage.clock.go_on(60)
    run(stage)
    assert len(stage.world.acted) == 1


def test_what_is_deleted_between_look_and_call_is_no_failure_of_ours(stage):
    stage.world.refusals = [Refused("It is not there.", is_vanished=True)]
    run(stage)
    failed = stage.ledger.lines[-1]
    assert (failed.phase, failed.detail) == (Phase.FAILED, {"isVanished": True})
    assert stage.ledger.kept is not None
    assert stage.ledger.kept["breaker"]["failures"] == 0


def test_a_refused_call_is_told_and_the_next_thing_is_done(stage):
    stage.world.things[B]["size"] = 9
    stage.world.refusals = [Refused("AWS refuses thing:Set.")]
    run(stage)
    assert Counter(phases(stage))[Phase.FAILED] == 1
    assert stage.world.things[B]["size"] == 2
    stage.clock.go_on(60)
    run(stage)
    assert stage.world.things[A]["colour"] == "green"  # it waits for its cooldown
    stage.clock.go_on(300)
    run(stage)
    assert stage.world.things[A]["colour"] == "red"


def test_a_crash_between_the_call_and_its_line_is_judged_by_what_is_there(stage):
    stage.ledger.fails_to_append = [None, None, SystemExit()]
    with pytest.raises(SystemExit):
        run(stage)
    assert phases(stage) == [Phase.SEEN, Phase.INTENT]
    assert stage.world.things[A]["colour"] == "red"
    stage.ledger.lease = None
    stage.clock.go_on(130)
    run(stage)
    assert phases(stage)[-1] is Phase.HEALED
    assert len(stage.world.acted) == 1


def test_a_crash_before_the_call_does_not_lead_to_two_calls_within_the_cooldown(stage):
    stage.world.before_acting = _crash
    with pytest.raises(SystemExit):
        run(stage)
    stage.world.before_acting = lambda command: None
    stage.ledger.lease = None
    stage.clock.go_on(130)
    run(stage)
    assert stage.world.acted == []
    stage.clock.go_on(300)
    run(stage)
    assert stage.world.things[A]["colour"] == "red"
    assert len(stage.world.acted) == 1


def _crash(command: Command) -> None:
    raise SystemExit


def test_of_two_runs_at_once_one_heals_and_the_other_does_nothing(stage):
    begun = threading.Barrier(2, timeout=20)
    looks = stage.world.observe
    is_first = threading.Event()

    def slow(*arguments: Any) -> Any:
        if not is_first.is_set():
            is_first.set()
            begun.wait()
        return looks(*arguments)

    stage.world.observe = slow  # type: ignore[method-assign]

    def other() -> Report:
        is_first.wait(20)
        report = run(stage)
        begun.wait()
        return report

    with ThreadPoolExecutor(2) as pool:
        outcomes = [one.result().outcome for one in (pool.submit(run, stage), pool.submit(other))]
    assert sorted(outcomes) == ["acted", "busy"]
    assert len(stage.world.acted) == 1


def test_a_run_that_loses_the_lock_stops_before_its_next_call(stage):
    stage.world.things[B]["size"] = 9

    def stolen(command: Command) -> None:
        stage.ledger.lease = None
        stage.ledger.take("another", stage.clock.now(), 120)

    stage.world.before_acting = stolen
    assert run(stage).outcome == "trouble"
    assert len(stage.world.acted) == 1


def test_a_line_that_cannot_be_written_keeps_the_call_from_being_made(stage):
    stage.ledger.fails_to_append = [None, LeaseLost()]
    assert run(stage).outcome == "trouble"
    assert stage.world.acted == []
    stage.ledger.fails_to_append = [CloudFault("DynamoDB does not answer.")]
    with pytest.raises(CloudFault):
        run(stage)
    assert stage.world.acted == []


def test_people_who_cannot_be_told_do_not_stop_it(stage):
    stage.messenger.fault = CloudFault("SNS does not answer.")
    assert run(stage).outcome == "acted"


@pytest.mark.parametrize("jump", [timedelta(days=2), timedelta(days=-2)])
def test_a_clock_that_jumps_neither_blocks_for_ever_nor_acts_twice(stage, jump):
    run(stage)
    stage.clock.at += jump
    stage.world.things[A]["colour"] = "blue"
    run(stage)
    stage.clock.at -= jump
    stage.clock.go_on(700)
    run(stage)
    assert stage.world.things[A]["colour"] == "red"
    assert len(stage.world.acted) <= 2


def test_a_lost_record_is_begun_anew(stage):
    run(stage)
    stage.ledger.lines.clear()
    stage.ledger.kept = None
    stage.world.things[A]["colour"] = "blue"
    assert run(stage).outcome == "acted"


def test_whoever_does_it_again_and_again_is_reverted_less_and_less_often(stage):
    for _ in range(120):
        stage.world.things[A]["colour"] = "green"
        run(stage)
        stage.clock.go_on(60)
    assert 3 <= len(stage.world.acted) <= 7


def test_after_a_quiet_time_it_is_forgotten(stage):
    run(stage)
    stage.clock.go_on(21_700)
    stage.world.things[A]["colour"] = "green"
    run(stage)
    assert len(stage.world.acted) == 2


def test_after_five_failures_in_a_row_it_stops_itself_until_its_time_is_over(stage):
    stage.source.document = desired(*(thing(str(n), colour="red") for n in range(8)))
    stage.world.things = {Ref("thing", str(n)): {"colour": "green"} for n in range(8)}
    stage.world.refusals = [Refused("No.")] * 8
    run(stage)
    assert Counter(phases(stage))[Phase.FAILED] == 5
    assert phases(stage)[-1] is Phase.BREAKER_OPENED
    stage.world.refusals = []
    stage.clock.go_on(600)
    run(stage)
    assert stage.world.acted == []
    stage.clock.go_on(3_600)
    run(stage)
    assert len(stage.world.acted) == 8
