"""A small stack with all that trials break, on the API server, and a healer beside it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cloudscale.adapters.aws.healing.assembly import parts_of
from cloudscale.adapters.aws.healing.chaos import AwsHands
from cloudscale.adapters.aws.healing.trial_book import DynamoBook
from cloudscale.ops.healing.run import heal
from cloudscale.ops.healing.trial_ports import Means, Terms
from cloudscale.ops.healing.trying import Trying
from tests.integration.adapters.aws.conftest import GROUP, build_fleet
from tests.integration.adapters.aws.healing.conftest import TABLE, Stack
from tests.integration.adapters.aws.healing.resources import row

Tell = Callable[[str], None]
ERRORS, LATE = "shop-errors", "shop-late"


def build(stack: Stack) -> None:
    """Two servers, their security group and two alarms, as the document wants them."""
    target_group, _ = build_fleet(stack.aws)
    ec2, scaling = stack.aws.client("ec2"), stack.aws.client("autoscaling")
    (group,) = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    made = ec2.create_security_group(GroupName="servers", Description="The servers")
    stack.want(
        row(
            "auto_scaling_group",
            "fleet",
            GROUP,
            subnets=group["VPCZoneIdentifier"].split(","),
            min_size=1,
            max_size=4,
        ),
        row("security_group", "fleet", made["GroupId"], ingress=[]),
        *(_alarm(stack, name) for name in (ERRORS, LATE)),
        group=GROUP,
        target_group=target_group,
    )


def _alarm(stack: Stack, name: str) -> dict[str, Any]:
    stack.aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=2,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[stack.topic],
    )
    return row(
        "alarm",
        name,
        name,
        namespace="Shop",
        metric="Errors",
        statistic="Sum",
        period_seconds=60,
        evaluation_periods=2,
        threshold=5,
        comparison="GreaterThanThreshold",
        alarm_actions=[stack.topic],
    )


def look_once(stack: Stack) -> None:
    """Have the healer run, as it does each minute."""
    heal(parts_of(stack.where, stack.calls()), "function")


@contextmanager
def healer(stack: Stack) -> Iterator[None]:
    """A healer that runs again and again beside the block."""
    is_over = threading.Event()

    def live() -> None:
        while not is_over.wait(0.3):
            look_once(stack)

    thread = threading.Thread(target=live, name="healer")
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(60)


def trying(stack: Stack, tell: Tell, minutes: float = 3, *stop_at: str) -> Trying:
    """A trial of the stack, watched more often than a person's would be."""
    calls = stack.calls()
    parts, book = parts_of(stack.where, calls), DynamoBook(calls, TABLE)
    terms = Terms("ada", minutes, stop_at, look_seconds=0.2)
    return Trying(Means(parts, AwsHands(calls), book, tell, terms))


def threshold(stack: Stack, name: str) -> float | None:
    """An alarm's threshold; `None` where it is gone."""
    found = stack.aws.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found[0]["Threshold"] if found else None


def ingress(stack: Stack) -> list[dict[str, Any]]:
    """The rules of the servers' security group."""
    named = [{"Name": "group-name", "Values": ["servers"]}]
    found = stack.aws.client("ec2").describe_security_groups(Filters=named)["SecurityGroups"]
    return found[0]["IpPermissions"]


def machines(stack: Stack) -> list[str]:
    """The states of all machines, sorted."""
    found = stack.aws.client("ec2").describe_instances()["Reservations"]
    return sorted(one["State"]["Name"] for row in found for one in row["Instances"])


def subnets(stack: Stack) -> list[str]:
    """The group's subnets."""
    (group,) = stack.aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return group["VPCZoneIdentifier"].split(",")
