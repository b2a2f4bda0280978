"""Figures of CloudWatch by the minute, all in one question.

Figure, Figure, … --one GetMetricData--> values by moment --by_minute--> the newest in a row
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloudscale.adapters.aws.healing.calls import Calls

MINUTE = timedelta(minutes=1)
MOST = 500
"""AWS answers no more in one call."""

STALE_AFTER = timedelta(minutes=5)
"""A minute is there some two minutes after it ended; older than this it says nothing of now."""

Values = Mapping[datetime, float]
"""Values by the beginning of their period, aware UTC."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is asked of CloudWatch.

    Attributes:
        id: What it is called in the answer; lower case first, without spaces.
        namespace: As CloudWatch names it.
        metric: As CloudWatch names it.
        dimensions: Exactly those that it was told with.
        statistic: Such as `Average`.
        period_seconds: What one value covers.
    """

    id: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str = "Average"
    period_seconds: int = 60


def ask(
    calls: Calls, figures: Sequence[Figure], since: datetime, until: datetime
) -> dict[str, Values]:
    """Values of all figures; one that CloudWatch does not know has none.

    Args:
        calls: Makes the calls.
        figures: What is asked.
        since: From the beginning of this period on.
        until: Up to then.

    Raises:
        CloudFault: AWS did not tell them.
    """
    found: dict[str, dict[datetime, float]] = {one.id: {} for one in figures}
    for first in range(0, len(figures), MOST):
        pages = calls.pages(
            "cloudwatch",
            "get_metric_data",
            MetricDataQueries=[_query(one) for one in figures[first : first + MOST]],
            StartTime=since,
            EndTime=until,
        )
        for row in (row for page in pages for row in page["MetricDataResults"]):
            found[row["Id"]] |= dict(zip(row["Timestamps"], map(float, row["Values"]), strict=True))
    return dict(found)


def by_minute(values: Values, now: datetime) -> tuple[float, ...]:
    """The newest minutes without a gap, oldest first; none where the newest is too old.

    The minute that is not over yet is left out.
    """
    over = {at: value for at, value in values.items() if at + MINUTE <= now}
    if not over or now - max(over) > STALE_AFTER + MINUTE:
        return ()
    return tuple(reversed(list(_backwards(over))))


def _backwards(values: Values) -> Iterable[float]:
    at = max(values)
    while at in values:
        yield values[at]
        at -= MINUTE


def _query(figure: Figure) -> dict[str, object]:
    pairs = [{"Name": name, "Value": value} for name, value in figure.dimensions.items()]
    metric = {
        "Namespace": figure.namespace,
        "MetricName": figure.metric,
        "Dimensions": pairs,
    }
    stat = {"Metric": metric, "Period": figure.period_seconds, "Stat": figure.statistic}
    return {"Id": figure.id, "MetricStat": stat}
