"""Desired state and switches from AWS; what is missing, damaged or too new or old is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.source import AwsSource, Switchboard
from cloudscale.ops.healing.desired import DesiredFault
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.ports import CloudFault
from tests.aws_server import REGION
from tests.integration.adapters.aws.healing.conftest import BUCKET, STACK, Stack

NOW = datetime(2026, 11, 26, 22, 30, tzinfo=UTC)
ALARM = {"kind": "alarm", "name": "cpu", "id": "cpu", "address": "a.b", "fields": {"period": 60}}


@pytest.fixture
def source(stack: Stack) -> AwsSource:
    return AwsSource(stack.calls(), STACK)


def read(source: AwsSource) -> object:
    return source.desired(source.switches().pointer)


def test_the_document_that_the_parameter_names_is_read(stack: Stack, source: AwsSource):
    stack.want(ALARM)
    found = source.desired(source.switches().pointer)
    assert found.stack.name == STACK
    assert found.limits.mode is Mode.APPLY
    assert found.by_ref()[Ref("alarm", "cpu")].fields == {"period": 60}


def test_switches_take_one_call_and_a_document_one(stack: Stack):
    stack.want(ALARM)
    calls = stack.calls()
    read(AwsSource(calls, STACK))
    assert calls.made == 2


@pytest.mark.parametrize(
    "value, is_on", [("on", True), (" On\n", True), ("off", False), ("?", False)]
)
def test_anything_but_on_is_off(stack: Stack, source: AwsSource, value: str, is_on: bool):
    stack.want(ALARM)
    stack.put("switch", value)
    assert source.switches().is_on is is_on


def test_without_a_kill_switch_nothing_may_be_done(stack: Stack, source: AwsSource):
    stack.want(ALARM)
    stack.aws.client("ssm").delete_parameter(Name=f"/{STACK}/healing/switch")
    with pytest.raises(DesiredFault, match="kill switch: run terraform apply"):
        source.switches()


def test_without_a_pointer_nothing_may_be_done(source: AwsSource):
    with pytest.raises(DesiredFault, match="healing/desired"):
        source.switches()


def test_a_document_that_is_not_there_is_said_to_be_missing(stack: Stack, source: AwsSource):
    stack.want(ALARM)
    stack.aws.client("s3").delete_object(Bucket=BUCKET, Key="desired.json")
    with pytest.raises(DesiredFault, match="is not in"):
        read(source)


def test_a_bucket_that_is_not_there_is_said_to_be_missing(stack: Stack, source: AwsSource):
    stack.write(b"{}", bucket="no-such-bucket-anywhere")
    with pytest.raises(DesiredFault, match="no-such-bucket-anywhere"):
        read(source)


def test_a_document_that_was_changed_by_hand_is_refused(stack: Stack, source: AwsSource):
    stack.want(ALARM)
    stack.aws.client("s3").put_object(Bucket=BUCKET, Key="desired.json", Body=b"{}")
    with pytest.raises(DesiredFault, match="hash differs"):
        read(source)


@pytest.mark.parametrize(
    "body, words",
    [
        (b"", "no JSON"),
        (b"\xff\xfe{", "no JSON"),
        (b"[1]", "no JSON object"),
        (b'{"schema": 2}', "newer than the 1"),
        (b'{"schema": 0}', "older than 1"),
        (b'{"schema": 1, "change": "x", "stack": {}, "resources": []}', "cannot be read"),
    ],
)
def test_a_document_that_cannot_be_followed_is_refused(
    stack: Stack, source: AwsSource, body: bytes, words: str
):
    stack.write(body)
    with pytest.raises(DesiredFault, match=words):
        read(source)


@pytest.mark.parametrize("facts", [{"name": "another"}, {"region": "eu-west-1"}])
def test_a_document_about_another_stack_is_refused(stack: Stack, facts: dict[str, str]):
    document = stack.want(ALARM)
    document["stack"] |= facts
    stack.write(json.dumps(document).encode())
    with pytest.raises(DesiredFault, match="not about cloudscale-test in ap-south-1"):
        read(AwsSource(stack.calls(), STACK, REGION))


def test_a_document_that_is_larger_than_any_is_not_read_whole(
    stack: Stack, source: AwsSource, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cloudscale.adapters.aws.healing.source.LARGEST_BYTES", 100)
    stack.want(ALARM)
    with pytest.raises(DesiredFault, match="larger than any"):
        read(source)


def test_an_apply_that_was_announced_is_told(stack: Stack, source: AwsSource):
    stack.want(ALARM)
    until = NOW + timedelta(minutes=10)
    stack.put("applying", json.dumps({"change": "new", "hold_until": until.isoformat()}))
    switches = source.switches()
    assert switches.hold
    assert switches.hold.is_on(switches.pointer, NOW)
    assert not switches.hold.is_on(switches.pointer, until)


def test_a_damaged_announcement_stops_everything(stack: Stack, source: AwsSource):
    stack.want(ALARM)
    stack.put("applying", "soon")
    with pytest.raises(DesiredFault, match="whether an apply is under way"):
        source.switches()


def test_people_hold_release_and_switch(stack: Stack, source: AwsSource):
    stack.want(ALARM)
    board = Switchboard(stack.calls(), STACK)
    assert board.hold(30, NOW) == NOW + timedelta(minutes=30)
    switches = source.switches()
    assert switches.hold and switches.hold.is_on(switches.pointer, NOW + timedelta(minutes=29))
    board.release(NOW)
    switches = source.switches()
    assert switches.hold and not switches.hold.is_on(switches.pointer, NOW)
    board.switch("off")
    assert not source.switches().is_on


def test_a_hold_by_hand_does_not_shorten_that_of_an_apply(stack: Stack, source: AwsSource):
    stack.want(ALARM)
    until = NOW + timedelta(hours=1)
    stack.put("applying", json.dumps({"change": "new", "hold_until": until.isoformat()}))
    assert Switchboard(stack.calls(), STACK).hold(5, NOW) == until
    stack.put("applying", "damaged")
    assert Switchboard(stack.calls(), STACK).hold(5, NOW) == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    "code, words", [("ThrottlingException", "too often"), ("AccessDeniedException", "refuses")]
)
def test_what_aws_refuses_is_a_fault_and_no_missing_document(stack: Stack, code: str, words: str):
    client = stack.calls().client("ssm")
    with Stubber(client) as stubber:
        stubber.add_client_error("get_parameters", code)
        source = AwsSource(Calls(lambda service: client), STACK)
        with pytest.raises(CloudFault, match=f"{words}.*ssm:GetParameters|ssm:GetParameters.*"):
            source.switches()
