"""How AWS scales the fleet, read from an AWS API server: alarms, policy, and what is known when it
is away. Nothing is set there."""

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from cloudscale.adapters.aws.alarms import scaling_alarms
from cloudscale.adapters.aws.cloudwatch import CloudWatchFigures, CloudWatchSink
from cloudscale.adapters.aws.fleet import AwsFleet
from cloudscale.adapters.aws.place import Place
from cloudscale.adapters.aws.policy import SsmPolicy
from cloudscale.ops import events
from cloudscale.ops.cloud import CloudWatcher
from cloudscale.ops.policy import POLICY, Thresholds, in_force, keeping
from cloudscale.ops.policy.document import as_text
from cloudscale.ops.policy.rules import OfferedLoad
from cloudscale.ops.ports import CloudFault
from cloudscale.ops.scaling import board
from cloudscale.ops.scaling import keeping as states
from cloudscale.ops.scaling.panel import fleet_panel
from cloudscale.ops.scaling.watching import CloudScaling
from cloudscale.ops.telemetry.point import Point
from tests.integration.adapters.aws.conftest import GROUP, REGION, Aws

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PARAMETER = "/shop/scaling-policy"
OTHER = POLICY.model_copy(
    update={"name": "other", "thresholds": Thresholds(cpu_scale_out_percent=55)}
)
READS = ("Describe", "Get")


def put_alarm(aws: Aws, name: str, group: str = GROUP) -> None:
    """An alarm that runs a scaling policy of a group."""
    action = (
        f"arn:aws:autoscaling:{REGION}:123456789012:scalingPolicy:1:"
        f"autoScalingGroupName/{group}:policyName/{name}"
    )
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="CloudScale/Commerce",
        MetricName="UsersGap",
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Threshold=1,
        Period=10,
        EvaluationPeriods=1,
        Statistic="Average",
        AlarmActions=[action],
    )


def write_policy(aws: Aws, text: str) -> None:
    aws.client("ssm").put_parameter(Name=PARAMETER, Value=text, Type="String", Overwrite=True)


class Leader:
    """A leader's watch of AWS, second by second."""

    def __init__(self, session: Session, place: Place) -> None:
        self.place, self.connection = place, session.connection()
        self.now, self._monotonic = NOON, 0.0
        self.watcher = CloudWatcher(
            CloudWatchSink(place),
            AwsFleet(place),
            CloudWatchFigures(place),
            lambda: self._monotonic,
            desired=AwsFleet(place).desired,
            policy=SsmPolicy(place).read,
        )
        self.duty = CloudScaling(self.watcher)
        self.duty.begin(self.connection, self.now.timestamp())

    async def goes_on(self, seconds: int, **values: float) -> None:
        points = []
        for _ in range(seconds):
            gauges = self.duty.gauges(self.now.timestamp(), values.get("active_users", 0))
            points.append(Point(self.now, 1, {**values, **gauges}))
            await self.watcher.tick(self.now, points[-1].values)
            await self.watcher.settle(60)
            self.now, self._monotonic = self.now + timedelta(seconds=1), self._monotonic + 1
            self.duty.act(self.connection, self.now.timestamp(), points[-300:])
        keeping.refresh(self.connection)
        states.refresh(self.connection)

    def loses_aws(self) -> None:
        self.place.endpoint_url = "http://127.0.0.1:9"
        self.place._clients.clear()

    @property
    def panel(self) -> Any:
        return fleet_panel(board.shown(), in_force.held(), self.now)


@pytest.fixture
def leader(session: Session, fleet_place: Place, aws: Aws) -> Iterator[Leader]:
    write_policy(aws, as_text(OTHER))
    put_alarm(aws, "shop-users-out")
    yield Leader(session, replace(fleet_place, policy_parameter=PARAMETER))


def test_alarms_that_scale_this_group_are_read_from_every_page(place: Place, aws: Aws):
    for number in range(130):  # AWS tells 100 a page at most
        put_alarm(aws, f"other-{number:03}", group="another-shop")
    put_alarm(aws, "shop-users-out")
    put_alarm(aws, "shop-cpu-out")
    told = scaling_alarms(place, GROUP)
    assert [alarm.name for alarm in told] == ["shop-cpu-out", "shop-users-out"]
    assert told[0].since.tzinfo


def test_a_policy_is_read_with_its_version(place: Place, aws: Aws):
    named = replace(place, policy_parameter=PARAMETER)
    with pytest.raises(CloudFault, match=f"There is no SSM parameter {PARAMETER} in {REGION}"):
        SsmPolicy(named).read()
    for number, text in enumerate(("{}", as_text(OTHER)), 1):
        write_policy(aws, text)
        assert SsmPolicy(named).read().text == text
        assert SsmPolicy(named).read().version == f"{PARAMETER}:{number}"
    with pytest.raises(CloudFault, match="SCALING_POLICY_PARAMETER is not set"):
        SsmPolicy(place).read()


async def test_what_terraform_wrote_is_in_force_and_the_page_shows_fleet_and_alarms(leader):
    await leader.goes_on(13, active_users=1.0)
    assert (in_force.in_force(), in_force.held().origin) == (OTHER, "terraform")
    assert (leader.panel.source, leader.panel.fault) == ("aws", "")
    assert (leader.panel.sizes, leader.panel.bounds) == (("2", "2", "0", "0"), "1 to 4 allowed")
    assert leader.panel.alarms[0][0] == "shop-users-out"


async def test_a_policy_that_is_none_is_refused_and_told_and_the_last_one_stays(leader, aws):
    await leader.goes_on(13)
    write_policy(aws, '{"name": "broken"}')
    await leader.goes_on(70)
    assert in_force.in_force() == OTHER
    told = events.latest(leader.connection, "scaling")
    assert told and told.title == "Terraform's scaling policy was refused"
    assert "rules is missing" in told.cause


async def test_the_users_gap_is_told_every_ten_seconds_of_the_size_just_read(leader, aws):
    await leader.goes_on(31, active_users=4.0)
    data = aws.client("cloudwatch").get_metric_statistics(
        Namespace="CloudScale/Commerce",
        MetricName="UsersGap",
        Dimensions=[
            {"Name": "AutoScalingGroupName", "Value": GROUP},
            {"Name": "Environment", "Value": "production"},
        ],
        StartTime=NOON - timedelta(minutes=1),
        EndTime=NOON + timedelta(minutes=1),
        Period=60,
        Statistics=["Maximum", "SampleCount"],
    )["Datapoints"]
    assert [(one["Maximum"], one["SampleCount"]) for one in data] == [(1.0, 3.0)]


async def test_once_the_group_wants_more_the_gap_is_closed_within_ten_seconds(leader, aws):
    await leader.goes_on(13, active_users=4.0)
    assert leader.duty.gauges(leader.now.timestamp(), 4)["users_gap"] == 1
    aws.client("autoscaling").set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=3)
    await leader.goes_on(10, active_users=4.0)
    assert leader.duty.gauges(leader.now.timestamp(), 4)["users_gap"] == 0


async def test_with_a_policy_by_offered_load_its_gap_is_told_too(leader, aws):
    by_load = OTHER.model_copy(update={"rules": (OfferedLoad(name="load", target_percent=50),)})
    write_policy(aws, as_text(by_load))
    await leader.goes_on(15)
    await leader.goes_on(30, cpu_percent=90.0, requests_per_second=10.0)
    assert leader.duty.gauges(leader.now.timestamp(), 0)["load_gap"] == 2


async def test_when_aws_is_away_the_last_known_state_stays_with_its_age_and_no_gap_is_told(leader):
    await leader.goes_on(61, active_users=4.0)
    known = leader.panel
    leader.loses_aws()
    await leader.goes_on(70, active_users=4.0)
    assert leader.panel.fault.startswith("AWS did not answer autoscaling:")
    assert "This is how it was at 1 Mar 12:01:00 UTC." in leader.panel.fault
    assert (leader.panel.sizes, leader.panel.alarms) == (known.sizes, known.alarms)
    assert leader.duty.gauges(leader.now.timestamp(), 4) == {}


async def test_another_leader_shows_what_was_known_while_aws_is_away(leader, session):
    await leader.goes_on(13)
    leader.loses_aws()
    another = Leader(session, leader.place)
    await another.goes_on(13)
    assert another.panel.sizes == ("2", "2", "0", "0")
    assert another.panel.fault.startswith("AWS did not answer autoscaling:")


async def test_nothing_is_set_that_terraform_or_a_policy_owns(leader, aws):
    aws.record.unlink(missing_ok=True)
    await leader.goes_on(70, active_users=4.0, cpu_percent=95.0)
    asked = {action_of(call) for call in aws.calls()}
    assert {action for action in asked if not action.startswith(READS)} == {"PutMetricData"}


def action_of(call: dict[str, Any]) -> str:
    """Which action a call asked for."""
    target = {name.lower(): value for name, value in call["headers"].items()}.get("x-amz-target")
    if target:
        return target.rpartition(".")[2]
    path = call["url"].rpartition("/operation/")[2] if "/operation/" in call["url"] else ""
    body = call.get("body") or ""
    if call.get("body_encoded"):
        body = b64decode(body).decode(errors="replace")
    return path or body.partition("Action=")[2].partition("&")[0] or call["url"]
