"""Figures go into CloudWatch in one call, and AWS's own come out in one."""

import base64
import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudscale.adapters.aws.cloudwatch import (
    NO_CPU,
    NO_DATUM,
    NO_RESPONSE,
    CloudWatchFigures,
    CloudWatchSink,
)
from cloudscale.adapters.aws.place import MISSING, Place
from cloudscale.ops.ports import CloudFault, Datum
from tests.integration.adapters.aws.canned import answering
from tests.integration.adapters.aws.conftest import GROUP, REGION, Aws

NOW = datetime.now(UTC).replace(microsecond=0)
DATUMS = [
    Datum("ActiveUsers", 3.0, "Count", NOW, is_high_resolution=True),
    Datum("ResponseTimeP95", 84.5, "Milliseconds", NOW),
    Datum("MemoryUtilization", 41.0, "Percent", NOW),
]
ELB = "arn:aws:elasticloadbalancing:ap-south-1:123456789012"
GROUP_ARN = f"{ELB}:targetgroup/shop/73e2d6bc24d8a067"
BALANCER_ARN = f"{ELB}:loadbalancer/app/shop/50dc6c495c0c9188"
OURS = [
    {"Name": "AutoScalingGroupName", "Value": GROUP},
    {"Name": "Environment", "Value": "production"},
]


def sent(aws: Aws) -> list[dict[str, Any]]:
    return [json.loads(base64.b64decode(call["body"])) for call in aws.calls()]


def test_all_figures_are_told_in_one_call_with_their_dimensions_and_resolution(
    place: Place, aws: Aws
):
    CloudWatchSink(place).publish(DATUMS)
    (call,) = sent(aws)
    assert call["Namespace"] == "CloudScale/Commerce"
    told = [(one["MetricName"], one["Value"], one["Unit"]) for one in call["MetricData"]]
    assert told == [
        ("ActiveUsers", 3, "Count"),
        ("ResponseTimeP95", 84.5, "Milliseconds"),
        ("MemoryUtilization", 41, "Percent"),
    ]
    assert [one["StorageResolution"] for one in call["MetricData"]] == [1, 60, 60]
    assert all(one["Dimensions"] == OURS for one in call["MetricData"])


def test_what_was_told_can_be_read_as_an_alarm_does(place: Place, aws: Aws):
    CloudWatchSink(place).publish(DATUMS)
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace="CloudScale/Commerce",
        MetricName="ActiveUsers",
        Dimensions=OURS,
        StartTime=NOW - timedelta(minutes=1),
        EndTime=NOW + timedelta(minutes=1),
        Period=10,
        Statistics=["Average"],
    )
    assert [point["Average"] for point in found["Datapoints"]] == [3.0]


def test_nothing_to_tell_is_no_call_and_without_a_group_its_dimension_is_left_out(aws: Aws):
    sink = CloudWatchSink(Place(REGION, "demo", aws.url, namespace="Shop"))
    sink.publish([])
    sink.publish(DATUMS)
    (call,) = sent(aws)
    assert call["Namespace"] == "Shop"
    assert call["MetricData"][0]["Dimensions"] == [{"Name": "Environment", "Value": "demo"}]


def test_what_aws_does_not_take_is_told_in_words(place: Place):
    no_number = [Datum("ActiveUsers", math.nan, "Count", NOW)]
    words = "AWS answered cloudwatch:PutMetricData with InvalidParameterValue"
    with pytest.raises(CloudFault, match=words):
        CloudWatchSink(place).publish(no_number)


def aws_measures(aws: Aws, place: Place, minutes_ago: int, cpu: float, hosts: float) -> None:
    """What AWS itself would put there."""
    put = aws.client("cloudwatch").put_metric_data
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    group = [{"Name": "AutoScalingGroupName", "Value": GROUP}]
    balancer = [
        {"Name": "TargetGroup", "Value": (place.target_group_arn or "").split(":")[-1]},
        {
            "Name": "LoadBalancer",
            "Value": (place.load_balancer_arn or "").split("loadbalancer/")[1],
        },
    ]
    for namespace, name, dimensions, value in (
        ("AWS/EC2", "CPUUtilization", group, cpu),
        ("AWS/ApplicationELB", "HealthyHostCount", balancer, hosts),
        ("AWS/ApplicationELB", "UnHealthyHostCount", balancer, 1),
    ):
        datum = {"MetricName": name, "Dimensions": dimensions, "Value": value, "Timestamp": at}
        put(Namespace=namespace, MetricData=[datum])


def test_the_newest_figures_of_aws_are_read_in_one_call(fleet_place: Place, aws: Aws):
    aws_measures(aws, fleet_place, 3, cpu=90, hosts=9)
    aws_measures(aws, fleet_place, 2, cpu=41.5, hosts=2)
    before = len(aws.calls())
    figures = CloudWatchFigures(fleet_place).read()
    assert len(aws.calls()) == before + 1
    assert figures.values["cpu_percent"] == 41.5
    assert (figures.values["healthy_hosts"], figures.values["unhealthy_hosts"]) == (2, 1)
    age = datetime.now(UTC) - figures.measured_at["cpu_percent"]
    assert timedelta(minutes=1) < age < timedelta(minutes=4)
    assert (figures.absent, figures.source) == ({"response_p95_ms": NO_RESPONSE}, "aws")


@pytest.mark.usefixtures("aws")
def test_response_times_are_told_in_ms_and_the_newest_of_several_pages_counts():
    def page(seconds: float, minute: int, **more: str) -> tuple[int, str]:
        at = datetime(2026, 3, 1, 12, minute, tzinfo=UTC).timestamp()
        row = {"Id": "response_p95_ms", "Timestamps": [at], "Values": [seconds]}
        return 200, json.dumps({"MetricDataResults": [row], **more})

    with answering(page(0.084, 7, NextToken="t"), page(0.5, 6)) as (place, asked):
        balanced = replace(place, target_group_arn=GROUP_ARN, load_balancer_arn=BALANCER_ARN)
        figures = CloudWatchFigures(balanced).read()
    assert figures.values == {"response_p95_ms": pytest.approx(84)}
    assert figures.measured_at == {"response_p95_ms": datetime(2026, 3, 1, 12, 7, tzinfo=UTC)}
    queries = {query["Id"]: query["MetricStat"] for query in asked[0]["MetricDataQueries"]}
    assert queries["response_p95_ms"]["Stat"] == "p95"
    assert queries["response_p95_ms"]["Metric"]["Dimensions"] == [
        {"Name": "TargetGroup", "Value": "targetgroup/shop/73e2d6bc24d8a067"},
        {"Name": "LoadBalancer", "Value": "app/shop/50dc6c495c0c9188"},
    ]
    assert queries["cpu_percent"]["Metric"]["MetricName"] == "CPUUtilization"


def test_figures_that_aws_does_not_have_are_absent_with_a_reason(fleet_place: Place):
    figures = CloudWatchFigures(fleet_place).read()
    assert figures.values == {}
    assert figures.absent == {
        "cpu_percent": NO_CPU,
        "response_p95_ms": NO_RESPONSE,
        "healthy_hosts": NO_DATUM,
        "unhealthy_hosts": NO_DATUM,
    }


def test_what_is_not_named_is_not_asked_for(aws: Aws):
    figures = CloudWatchFigures(Place(REGION, "demo", aws.url)).read()
    assert figures.absent["cpu_percent"] == MISSING["auto_scaling_group"]
    assert figures.absent["healthy_hosts"] == MISSING["target_group_arn"]
    assert aws.calls() == []
