"""The fleet read from an AWS API server, and what is said where AWS refuses or is away."""

import json
import socket
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from cloudscale.adapters.aws import connecting
from cloudscale.adapters.aws.fleet import AwsFleet
from cloudscale.adapters.aws.place import MISSING, Place
from cloudscale.ops.ports import CloudFault, Lifecycle, ScalingActivity, ZoneTargets
from tests.integration.adapters.aws.canned import answering
from tests.integration.adapters.aws.conftest import GROUP, REGION, ZONES, Aws

NAMESPACE = 'xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"'
GROWN = """<member><ActivityId>{id}</ActivityId><AutoScalingGroupName>shop</AutoScalingGroupName>
<Description>Launching a new EC2 instance: i-1</Description>
<Cause>At 2026-03-01T12:00:00Z a monitor alarm users-high changed the desired capacity.</Cause>
<StartTime>2026-03-01T12:00:05.110Z</StartTime>{end}
<StatusCode>{status}</StatusCode><Progress>{progress}</Progress></member>"""


def activities(rows: str, token: str = "") -> tuple[int, str]:
    more = f"<NextToken>{token}</NextToken>" if token else ""
    result = f"<DescribeScalingActivitiesResult><Activities>{rows}</Activities>{more}"
    return 200, (
        f"<DescribeScalingActivitiesResponse {NAMESPACE}>{result}"
        "</DescribeScalingActivitiesResult></DescribeScalingActivitiesResponse>"
    )


def refusal(code: str, status: int = 400) -> tuple[int, str]:
    return status, (
        f"<ErrorResponse {NAMESPACE}><Error><Type>Sender</Type><Code>{code}</Code><Message>User "
        "arn:aws:iam::123456789012:role/hidden may not</Message></Error></ErrorResponse>"
    )


def test_a_fleet_is_read_with_its_instances_and_targets_by_zone(fleet_place: Place):
    state = AwsFleet(fleet_place).read()
    assert (state.desired, state.smallest, state.largest, state.source) == (2, 1, 4, "aws")
    assert state.instances and len({instance.id for instance in state.instances}) == 2
    assert all(instance.is_healthy and instance.zone in ZONES for instance in state.instances)
    assert state.count(Lifecycle.IN_SERVICE) == 2
    assert state.targets and sum(zone.healthy for zone in state.targets) == 2
    assert {zone.zone for zone in state.targets} == {one.zone for one in state.instances}
    assert (state.activities, state.absent) == ((), {})


def test_the_target_group_is_found_by_the_auto_scaling_group(fleet_place: Place, aws: Aws):
    unnamed = Place(REGION, "production", aws.url, GROUP)
    assert AwsFleet(unnamed).read().targets == AwsFleet(fleet_place).read().targets


def test_instances_are_told_apart_by_what_they_are_about_to_do(fleet_place: Place, aws: Aws):
    fleet = AwsFleet(fleet_place)
    instances = fleet.read().instances
    assert instances
    aws.client("autoscaling").enter_standby(
        AutoScalingGroupName=GROUP,
        InstanceIds=[instances[0].id],
        ShouldDecrementDesiredCapacity=True,
    )
    state = fleet.read()
    assert (state.desired, state.count(Lifecycle.STANDBY), state.count(Lifecycle.IN_SERVICE)) == (
        *(1, 1, 1),
    )


def test_without_a_fleet_that_is_said_in_words(place: Place):
    state = AwsFleet(place).read()
    words = "There is no Auto Scaling group shop in ap-south-1."
    assert (state.instances, state.absent["instances"]) == (None, words)
    assert "no target group" in state.absent["targets"]


def test_a_fleet_that_is_not_named_is_not_asked_for(fleet_place: Place, aws: Aws):
    before = len(aws.calls())
    balancer_only = Place(REGION, "production", aws.url, None, fleet_place.target_group_arn)
    state = AwsFleet(balancer_only).read()
    assert state.targets == (ZoneTargets("unknown", healthy=2),)
    assert state.instances is None and state.count(Lifecycle.PENDING) is None
    assert state.absent == dict.fromkeys(
        ("instances", "activities", "alarms"), MISSING["auto_scaling_group"]
    )
    assert len(aws.calls()) == before + 1
    with pytest.raises(CloudFault, match="AUTO_SCALING_GROUP is not set"):
        AwsFleet(Place(REGION, "production", aws.url)).read()


@pytest.fixture
def may_only(aws: Aws, monkeypatch: pytest.MonkeyPatch):
    """Have the server ask for permissions, of which this process gets those named."""

    def allow(*actions: str) -> None:
        iam = aws.client("iam")
        iam.create_user(UserName="server")
        policy: dict[str, Any] = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
        iam.put_user_policy(UserName="server", PolicyName="only", PolicyDocument=document)
        key = iam.create_access_key(UserName="server")["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        aws.tell("reset-auth", b"0")

    yield allow
    aws.tell("reset-auth", b"inf")


def test_a_missing_permission_is_named_and_the_rest_is_read(fleet_place: Place, may_only):
    may_only("autoscaling:*")
    state = AwsFleet(fleet_place).read()
    assert state.desired == 2
    assert state.targets is None
    assert state.absent == {
        "targets": "AWS refuses elasticloadbalancing:DescribeTargetHealth: allow it in the role of "
        "this server.",
        "alarms": "AWS refuses cloudwatch:DescribeAlarms: allow it in the role of this server.",
    }


def test_credentials_that_aws_does_not_know_are_told_without_them(fleet_place: Place, may_only):
    may_only("autoscaling:*")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIAHIDDEN")
        with pytest.raises(CloudFault, match="does not accept this server's credentials") as fault:
            AwsFleet(fleet_place).read()
    assert "AKIAHIDDEN" not in fault.value.reason


def test_without_credentials_nothing_is_called(fleet_place: Place, aws: Aws, monkeypatch):
    before = len(aws.calls())
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CloudFault, match="There are no AWS credentials"):
        AwsFleet(fleet_place).read()
    assert len(aws.calls()) == before


@pytest.mark.usefixtures("aws")
def test_activities_come_from_several_pages_with_what_is_still_under_way():
    end = "<EndTime>2026-03-01T12:01:30Z</EndTime>"
    running = GROWN.format(id="a-2", end="", status="InProgress", progress=50)
    done = GROWN.format(id="a-1", end=end, status="Successful", progress=100)
    pages = (activities(running, token="t"), activities(done))
    with answering(refusal("AccessDenied", 403), *pages) as (place, asked):
        state = AwsFleet(place).read()
    assert [one.get("Action") for one in asked][:3] == [
        "DescribeAutoScalingGroups",
        "DescribeScalingActivities",
        "DescribeScalingActivities",
    ]
    assert state.activities and [one.id for one in state.activities] == ["a-2", "a-1"]
    assert state.activities[1] == ScalingActivity(
        id="a-1",
        started_at=datetime(2026, 3, 1, 12, 0, 5, 110_000, UTC),
        ended_at=datetime(2026, 3, 1, 12, 1, 30, tzinfo=UTC),
        status="Successful",
        cause="At 2026-03-01T12:00:00Z a monitor alarm users-high changed the desired capacity.",
        description="Launching a new EC2 instance: i-1",
        progress_percent=100,
    )
    assert (state.activities[0].ended_at, state.activities[0].progress_percent) == (None, 50)
    assert "hidden" not in str(state.absent)


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal("Throttling"), "asked too often for autoscaling:DescribeAutoScalingGroups"),
        (refusal("InternalFailure", 500), "answered autoscaling:.* with InternalFailure"),
        ((200, "no xml"), "could not be asked|did not answer"),
        ((502, "<html>a proxy</html>"), "autoscaling:DescribeAutoScalingGroups"),
    ],
)
def test_whatever_aws_answers_becomes_words(answer: tuple[int, str], words: str):
    with answering(answer) as (place, _), pytest.raises(CloudFault, match=words) as fault:
        AwsFleet(place).read()
    assert "hidden" not in str(fault.value)


@pytest.mark.usefixtures("aws")
def test_an_aws_that_does_not_answer_is_given_up_on_at_the_first_part(monkeypatch):
    monkeypatch.setattr(connecting, "READ_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(CloudFault, match="did not answer") as fault:
            AwsFleet(Place(REGION, "production", url, GROUP)).read()
    assert fault.value.is_total
    assert time.monotonic() - started < 20


@pytest.mark.usefixtures("aws")
def test_an_aws_that_is_not_there_is_told_in_words():
    nowhere = Place(REGION, "production", "http://127.0.0.1:9", GROUP)
    with pytest.raises(CloudFault, match="did not answer autoscaling:DescribeAutoScalingGroups"):
        AwsFleet(nowhere).read()
