"""The function, called as EventBridge calls it, on a stack that somebody tampered with."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber

from cloudscale import healer
from cloudscale.adapters.aws.healing.assembly import parts_of
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.ledger import DynamoLedger
from cloudscale.ops.healing import run
from cloudscale.ops.healing.clock import SystemClock
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.ports import CloudFault
from tests import healing_events
from tests.integration.adapters.aws.healing import resources, test_hundred
from tests.integration.adapters.aws.healing.conftest import STACK, TABLE, Stack


@pytest.fixture
def ready(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack that wants two resources, and the environment that Terraform gives the function."""
    variables = {
        "HEALING_STACK": STACK,
        "HEALING_TABLE": TABLE,
        "HEALING_TOPIC_ARN": stack.topic,
        "AWS_REGION": "ap-south-1",
        "AWS_ENDPOINT_URL": stack.aws.url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    stack.want(*resources.build(stack))
    return stack


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pause between two looks takes no time."""
    monkeypatch.setattr(SystemClock, "sleep", lambda self, seconds: time.sleep(min(seconds, 0.05)))


def record(stack: Stack) -> DynamoLedger:
    return DynamoLedger(stack.calls(), TABLE)


def phases(stack: Stack) -> list[Phase]:
    since = datetime.now(UTC) - timedelta(hours=1)
    return [entry.phase for entry in record(stack).entries(since)]


@pytest.mark.parametrize("name", healing_events.EVENTS)
def test_each_event_has_drift_put_back_told_and_recorded(ready: Stack, hurried: None, name: str):
    resources.tamper(ready)
    told = healer.handler(healing_events.EVENTS[name])
    assert told["outcome"] == "acted", told
    assert resources.retention(ready) == 30
    assert phases(ready) == [Phase.SEEN, Phase.INTENT, Phase.ACTED, Phase.HEALED]
    (letter,) = ready.letters()
    assert letter["Subject"] == f"[{STACK}] Log group application is well again: put back"
    for words in ("before: 1", "after:  30", "aws logs put-retention-policy", "To undo it:"):
        assert words in letter["Message"]
    board = record(ready).board()
    assert board and board["outcome"] == "acted"


def ports(stack: Stack, group: str) -> list[int]:
    found = stack.aws.client("ec2").describe_security_groups(GroupIds=[group])
    return [rule["FromPort"] for rule in found["SecurityGroups"][0]["IpPermissions"]]


def test_a_port_opened_by_hand_is_closed_and_alarms_are_put_back(ready: Stack, hurried: None):
    rows = test_hundred.as_read(ready, (test_hundred.alarms, test_hundred.groups))
    ready.want(*rows)
    first, second = (row["id"] for row in rows if row["name"] in ("alarm-0", "alarm-1"))
    group = next(row["id"] for row in rows if row["kind"] == "security_group")
    before, watch, ec2 = ports(ready, group), *map(ready.aws.client, ("cloudwatch", "ec2"))
    ranges = [{"CidrIp": "0.0.0.0/0"}]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    watch.delete_alarms(AlarmNames=[first])
    watch.disable_alarm_actions(AlarmNames=[second])

    told = healer.handler(healing_events.STATE_CHANGE)

    assert told["outcome"] == "acted", told
    assert ports(ready, group) == before
    found = watch.describe_alarms(AlarmNames=[first, second])["MetricAlarms"]
    assert [one["ActionsEnabled"] for one in found] == [True, True]
    assert {one["AlarmName"]: one["Threshold"] for one in found} == {first: 70, second: 71}
    assert phases(ready).count(Phase.HEALED) == 3
    assert len(ready.letters()) == 3
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "calm"


def test_an_untouched_stack_is_calm_and_changes_nothing(ready: Stack):
    told = healer.handler(healing_events.SCHEDULE)
    assert (told["outcome"], told["lines"]) == ("calm", 0)
    assert told["calls"] < 20
    assert phases(ready) == []
    assert ready.letters() == []
    assert json.loads(json.dumps(told)) == told


def test_two_looks_are_ten_seconds_apart(ready: Stack):
    resources.tamper(ready)
    began = time.monotonic()
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "acted"
    assert time.monotonic() - began >= 10


def test_in_plan_mode_nothing_is_changed(ready: Stack):
    ready.limits = {"mode": "plan"}
    ready.want(resources.row("log_group", "application", resources.LOG_GROUP, retention_days=30))
    resources.tamper(ready)
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "planned"
    assert resources.retention(ready) == 1
    board = record(ready).board()
    assert board and board["plan"][0]["ref"] == "log_group/application"


def test_the_kill_switch_is_honoured_by_the_next_run(ready: Stack):
    resources.tamper(ready)
    ready.put("switch", "off")
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "off"
    assert resources.retention(ready) == 1


def test_during_an_apply_it_only_looks(ready: Stack):
    resources.tamper(ready)
    until = datetime.now(UTC) + timedelta(minutes=5)
    ready.put("applying", json.dumps({"change": "b", "hold_until": until.isoformat()}))
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "held"
    assert resources.retention(ready) == 1


@pytest.mark.parametrize("body", [b"{", b'{"schema": 2}', b'{"schema": 0}'])
def test_a_document_that_cannot_be_followed_is_told_once_and_nothing_is_done(
    ready: Stack, body: bytes
):
    resources.tamper(ready)
    ready.write(body)
    for _ in range(2):
        assert healer.handler(healing_events.SCHEDULE)["outcome"] == "trouble"
    assert resources.retention(ready) == 1
    (letter,) = ready.letters()
    assert "Healing cannot work" in letter["Subject"]
    assert "desired" in letter["Message"].lower()


def test_a_run_that_finds_another_under_way_does_nothing(ready: Stack):
    resources.tamper(ready)
    lease = record(ready).take("another", datetime.now(UTC), 120)
    assert lease
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "busy"
    assert resources.retention(ready) == 1


def test_a_record_that_cannot_be_reached_is_an_error_of_the_function(
    ready: Stack, monkeypatch: pytest.MonkeyPatch
):
    resources.tamper(ready)
    monkeypatch.setenv("HEALING_TABLE", "not-there")
    with pytest.raises(CloudFault):
        healer.handler(healing_events.SCHEDULE)
    assert resources.retention(ready) == 1


def test_a_topic_that_is_gone_does_not_keep_it_from_healing(
    ready: Stack, hurried: None, monkeypatch: pytest.MonkeyPatch
):
    resources.tamper(ready)
    monkeypatch.setenv("HEALING_TOPIC_ARN", f"{ready.topic}-gone")
    assert healer.handler(healing_events.SCHEDULE)["outcome"] == "acted"
    assert resources.retention(ready) == 30


def test_of_two_runs_at_once_one_heals_and_the_other_does_nothing(ready: Stack, hurried: None):
    resources.tamper(ready)
    with ThreadPoolExecutor(2) as pool:
        called = [pool.submit(healer.handler, healing_events.SCHEDULE) for _ in range(2)]
        first, second = sorted((one.result() for one in called), key=lambda one: one["outcome"])
    assert first["outcome"] == "acted"
    # Calm: it came after the first had ended. Lost: the local API server looks at a condition and
    # writes in two steps, so that both may be given the lock; the fence then stops one of them.
    assert second["outcome"] in ("busy", "calm") or "lock was lost" in second["words"]
    assert phases(ready).count(Phase.INTENT) == 1


def test_a_service_that_refuses_is_told_and_the_rest_is_healed(ready: Stack, hurried: None):
    resources.tamper(ready)
    client = ready.calls().client("sqs")
    denied = Stubber(client)
    for _ in range(4):
        denied.add_client_error("get_queue_attributes", "AccessDenied")
        denied.add_client_error("get_queue_attributes", "AccessDenied")
    real = ready.calls()
    calls = Calls(lambda name: client if name == "sqs" else real.client(name))
    with denied:
        report = run.heal(parts_of(ready.where, calls), "function")
    assert report.outcome == "acted"
    assert resources.retention(ready) == 30
    assert "sqs:GetQueueAttributes" in report.gaps["queue"]


@pytest.mark.parametrize("event", [None, [], "x", {}, {"source": 1}, {"source": "aws.ec2"}])
def test_whatever_the_event_looks_like_it_only_means_look_now(ready: Stack, event: object):
    assert healer.handler(event)["outcome"] == "calm"


@pytest.mark.parametrize(
    "name, words",
    [
        ("schedule", "the schedule"),
        ("state-change", "EC2: EC2 Instance State-change Notification i-0123456789abcdef0"),
        ("terminated", "Auto Scaling: EC2 Instance Terminate Successful i-0123456789abcdef0"),
        ("alarm", "CloudWatch: CloudWatch Alarm State Change cloudscale-test-unhealthy"),
    ],
)
def test_who_called_is_said_in_words(name: str, words: str):
    assert healer.caller(healing_events.EVENTS[name]) == words
