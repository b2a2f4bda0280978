"""CloudWatch: figures of ours go in, AWS's own figures of the fleet come out.

Datum --CloudWatchSink, one PutMetricData--> CloudWatch --CloudWatchFigures, one GetMetricData-->
                                                                                    CloudFigures
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudscale.adapters.aws.faults import asking
from cloudscale.adapters.aws.place import MISSING, Place
from cloudscale.ops.ports import CloudFigures, Datum

PERIOD_SECONDS = 60
# A minute is there some two minutes after it ended; older than this it says nothing of now.
LOOK_BACK = timedelta(minutes=5)
NO_DATUM = "CloudWatch has had no value in the last 5 minutes."
NO_CPU = f"{NO_DATUM} Is detailed monitoring on?"
NO_RESPONSE = f"{NO_DATUM} The load balancer tells it only while there are requests."


def dimensions(place: Place) -> list[dict[str, str]]:
    """What tells this shop's figures from others'; alarms must name exactly these."""
    named = {"AutoScalingGroupName": place.auto_scaling_group, "Environment": place.environment}
    return _pairs(named)


def _pairs(named: dict[str, str | None]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in named.items() if value]


class CloudWatchSink:
    """A `MetricSink` that tells CloudWatch custom metrics.

    Args:
        place: Where, under which namespace and dimensions.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def publish(self, datums: Sequence[Datum]) -> None:
        """Tell up to 1,000 figures in one call; blocks for up to 15 s.

        Raises:
            CloudFault: AWS did not take them.
        """
        if not datums:
            return
        shared = dimensions(self._place)
        data = [{**_datum(datum), "Dimensions": shared} for datum in datums]
        with asking("cloudwatch:PutMetricData"):
            client = self._place.client("cloudwatch")
            client.put_metric_data(Namespace=self._place.namespace, MetricData=data)


def _datum(datum: Datum) -> dict[str, Any]:
    return {
        "MetricName": datum.name,
        "Timestamp": datum.at,
        "Value": datum.value,
        "Unit": datum.unit,
        "StorageResolution": 1 if datum.is_high_resolution else PERIOD_SECONDS,
    }


@dataclass(frozen=True, slots=True)
class _Figure:
    """One of AWS's metrics, and how it becomes a figure of ours."""

    name: str
    namespace: str
    metric: str
    statistic: str
    needs: tuple[str, ...]
    factor: float = 1.0
    when_none: str = NO_DATUM


_BALANCER = ("target_group_arn", "load_balancer_arn")
FIGURES = (
    _Figure(
        "cpu_percent",
        "AWS/EC2",
        "CPUUtilization",
        "Average",
        ("auto_scaling_group",),
        when_none=NO_CPU,
    ),
    _Figure(
        "response_p95_ms",
        "AWS/ApplicationELB",
        "TargetResponseTime",
        "p95",
        _BALANCER,
        factor=1000,  # AWS tells seconds
        when_none=NO_RESPONSE,
    ),
    # Each of the balancer's nodes counts for itself: the one that sees things worst is believed.
    _Figure("healthy_hosts", "AWS/ApplicationELB", "HealthyHostCount", "Minimum", _BALANCER),
    _Figure("unhealthy_hosts", "AWS/ApplicationELB", "UnHealthyHostCount", "Maximum", _BALANCER),
)


class CloudWatchFigures:
    """A `FigureSource`: what AWS measures of the fleet and its load balancer.

    Args:
        place: Of which fleet; what is not named there is not asked for.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    def read(self) -> CloudFigures:
        """The newest figures, all in one call; blocks for up to 15 s.

        Raises:
            CloudFault: AWS did not tell them.
        """
        absent = {figure.name: words for figure in FIGURES if (words := self._lacks(figure))}
        asked = [figure for figure in FIGURES if figure.name not in absent]
        found = self._newest(asked) if asked else {}
        absent |= {figure.name: figure.when_none for figure in asked if figure.name not in found}
        return CloudFigures(
            values={name: value for name, (_, value) in found.items()},
            measured_at={name: at for name, (at, _) in found.items()},
            absent=absent,
        )

    def _lacks(self, figure: _Figure) -> str | None:
        """What the place does not name that a figure needs, in words."""
        unnamed = (name for name in figure.needs if not getattr(self._place, name))
        return next((MISSING[name] for name in unnamed), None)

    def _newest(self, asked: Sequence[_Figure]) -> dict[str, tuple[datetime, float]]:
        """Moment and value of each figure that has one."""
        now = datetime.now(UTC)
        question = {
            "MetricDataQueries": [self._query(figure) for figure in asked],
            "StartTime": now - LOOK_BACK,
            "EndTime": now,
            "ScanBy": "TimestampDescending",
        }
        with asking("cloudwatch:GetMetricData"):
            pages = self._place.client("cloudwatch").get_paginator("get_metric_data")
            results = [
                row for page in pages.paginate(**question) for row in page["MetricDataResults"]
            ]
        factors = {figure.name: figure.factor for figure in asked}
        return {name: (at, value * factors[name]) for name, at, value in _first_of_each(results)}

    def _query(self, figure: _Figure) -> dict[str, Any]:
        metric = {
            "Namespace": figure.namespace,
            "MetricName": figure.metric,
            "Dimensions": self._dimensions(figure),
        }
        stat = {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": figure.statistic}
        return {"Id": figure.name, "MetricStat": stat}

    def _dimensions(self, figure: _Figure) -> list[dict[str, str]]:
        place = self._place
        if figure.needs is not _BALANCER:
            return _pairs({"AutoScalingGroupName": place.auto_scaling_group})
        # The ends of both names: "app/shop/50dc6c495c0c9188", "targetgroup/shop/73e2d6bc24d8a067"
        balancer = (place.load_balancer_arn or "").partition(":loadbalancer/")[2]
        group = (place.target_group_arn or "").rpartition(":")[2]
        return _pairs({"TargetGroup": group, "LoadBalancer": balancer})


def _first_of_each(results: Iterable[dict[str, Any]]) -> Iterable[tuple[str, datetime, float]]:
    """Name, moment and value of the newest datum of each result; pages may repeat a result."""
    newest: dict[str, tuple[datetime, float]] = {}
    for row in results:
        for at, value in zip(row["Timestamps"], row["Values"], strict=True):
            if row["Id"] not in newest or at > newest[row["Id"]][0]:
                newest[row["Id"]] = (at, float(value))
    return [(name, at, value) for name, (at, value) in newest.items()]
