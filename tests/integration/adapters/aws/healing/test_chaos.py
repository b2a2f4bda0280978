"""Breaking a stack on the API server on purpose: healed by a real run, or put back by us."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudscale.adapters.aws.healing.chaos import AwsHands
from cloudscale.adapters.aws.healing.trial_book import DynamoBook
from cloudscale.ops.healing import scripts
from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.staging import NOWHERE, STAGES
from cloudscale.ops.healing.trial_ports import NotNow
from tests.integration.adapters.aws.healing import chaos_stage
from tests.integration.adapters.aws.healing.chaos_stage import ERRORS, LATE
from tests.integration.adapters.aws.healing.conftest import TABLE, Stack
from tests.integration.adapters.aws.healing.recorded import recorded


@pytest.fixture
def ready(stack: Stack) -> Stack:
    """A stack at which the healer has looked, and found nothing; it takes the sick at once."""
    stack.limits["sick_seconds"] = 0
    chaos_stage.build(stack)
    chaos_stage.look_once(stack)
    return stack


def state(stack: Stack) -> dict[str, Any]:
    """All that trials break on AWS itself, and what servers were told to do."""
    return {
        "machines": chaos_stage.machines(stack),
        "ingress": chaos_stage.ingress(stack),
        "alarms": [chaos_stage.threshold(stack, name) for name in (ERRORS, LATE)],
        "subnets": chaos_stage.subnets(stack),
        "commands": sent(stack),
    }


def sent(stack: Stack) -> list[str]:
    """What servers were told to do last, oldest first."""
    commands = stack.aws.client("ssm").list_commands()["Commands"]
    return [one["Parameters"]["commands"][-1] for one in commands]


def when_broken(act: Callable[[], None]) -> chaos_stage.Tell:
    """Takes the lines that are told, and acts once it is broken."""

    def tell(line: str) -> None:
        if " broken: " in line:
            act()

    return tell


def test_each_trial_breaks_something_and_puts_it_back_when_its_time_is_up(ready: Stack):
    before, seen = state(ready), list[dict[str, Any]]()
    trying = chaos_stage.trying(ready, when_broken(lambda: seen.append(state(ready))), 0.02)
    for slug in STAGES:
        score = trying.run(trying.prepare(slug))
        assert not score.is_healed
        assert score.outcome.endswith("It was put back."), slug
        assert state(ready) | {"commands": []} == before, slug
    broken = dict(zip(STAGES, seen, strict=True))
    assert broken["kill-instance"]["machines"] == ["running", "stopped"]
    (rule,) = broken["open-port"]["ingress"]
    assert rule["IpRanges"][0]["CidrIp"] == NOWHERE
    assert broken["delete-alarm"]["alarms"] == [None, 5.0]
    assert broken["change-threshold"]["alarms"] == [1005.0, 5.0]
    assert broken["lose-zone"]["subnets"] == before["subnets"][:-1]
    done = " ".join(sent(ready))
    for words in ("SIGSTOP", "thaw.timer", "MemAvailable", "memory.service"):
        assert words in done


def test_a_real_run_heals_a_port_an_alarm_and_a_server_and_the_record_times_it(ready: Stack):
    told: list[str] = []
    trying = chaos_stage.trying(ready, told.append)
    with chaos_stage.healer(ready):
        for slug in ("open-port", "delete-alarm", "kill-instance"):
            score = trying.run(trying.prepare(slug))
            assert score.outcome == "Healed.", told
            assert list(score.steps()) == ["seen", "acted", "healthy"]
            assert score.steps()["acted"] >= 10, "two looks are ten seconds apart"
    assert chaos_stage.ingress(ready) == []
    assert chaos_stage.threshold(ready, ERRORS) == 5
    assert chaos_stage.machines(ready) == ["running", "running", "terminated"]
    assert not any(" stopped: " in line for line in told)
    newest, *others = DynamoBook(ready.calls(), TABLE).done()
    assert (newest, len(others)) == (score, 2)


def test_an_alarm_that_goes_off_meanwhile_has_it_put_back(ready: Stack):
    def ring() -> None:
        named = {"AlarmName": LATE, "StateValue": "ALARM", "StateReason": "It is late."}
        ready.aws.client("cloudwatch").set_alarm_state(**named)

    trying = chaos_stage.trying(ready, when_broken(ring), 3, LATE)
    score = trying.run(trying.prepare("open-port"))
    assert f"The alarm {LATE} has gone off. It was put back." in score.outcome
    assert chaos_stage.ingress(ready) == []


def test_the_kill_switch_lets_nothing_begin_and_stops_what_is_under_way(ready: Stack):
    trying = chaos_stage.trying(ready, when_broken(lambda: ready.put("switch", "off")))
    score = trying.run(trying.prepare("delete-alarm"))
    assert "The kill switch is off" in score.outcome
    assert chaos_stage.threshold(ready, ERRORS) == 5
    with pytest.raises(NotNow, match="kill switch"):
        trying.prepare("delete-alarm")


def test_one_trial_at_a_time_and_one_that_was_left_behind_is_told(ready: Stack):
    now, grace = datetime.now(UTC), DynamoBook(ready.calls(), TABLE)
    trying = chaos_stage.trying(ready, lambda line: None, 0.01)
    staged = trying.prepare("open-port")
    assert grace.begin(staged, "grace", now, now + timedelta(minutes=20)) == ""
    with pytest.raises(NotNow, match="under way: open-port by grace"):
        trying.run(staged)
    assert chaos_stage.ingress(ready) == []
    marker = grace.open()
    assert marker
    assert "left behind" in marker.words(now + timedelta(minutes=20))
    assert "revoke-security-group-ingress" in marker.undo[0]
    later = now + timedelta(minutes=21)
    assert DynamoBook(ready.calls(), TABLE).begin(staged, "ada", later, later) == ""


def test_the_hands_make_no_other_call(stack: Stack):
    hands = AwsHands(stack.calls())
    with pytest.raises(Refused, match="No trial calls terminate_instances"):
        hands.do(Command("ec2", "terminate_instances", {"InstanceIds": ["i-1"]}))


def test_a_port_that_the_healer_closed_first_is_put_back_already(ready: Stack):
    trying = chaos_stage.trying(ready, lambda line: None)
    AwsHands(ready.calls()).do(trying.prepare("open-port").undo[0])


@pytest.mark.parametrize(
    ("status", "is_done"), [("Success", True), ("Failed", False), ("Undeliverable", False)]
)
def test_what_is_done_inside_a_server_is_waited_for(status: str, is_done: bool):
    command = scripts.sent("i-0aaaaaaaaaaaaaaa1", scripts.THAW)
    number = "12345678-1234-1234-1234-123456789012"
    answers = [
        ("send_command", {"Command": {"CommandId": number}}),
        ("get_command_invocation", {"Status": "Pending"}),
        ("get_command_invocation", {"Status": status}),
    ]
    with recorded({"ssm": answers}) as calls:
        if is_done:
            AwsHands(calls).do(command)
            return
        with pytest.raises(Refused, match=status) as refused:
            AwsHands(calls).do(command)
    assert refused.value.is_unsure
