"""When somebody should look: alarms on metrics.

Where the fleet scales by itself too, they read the thresholds of the policy in force.
"""

from dataclasses import dataclass, replace
from typing import Literal

from cloudscale.ops.policy.declared import THRESHOLDS
from cloudscale.ops.policy.scaling import Thresholds

CPU_MARGIN = 5
"""So far below its threshold CPU must fall, so that the alarm does not come and go."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """When somebody should look, by one metric. It is read once a period.

    Attributes:
        slug: Its name in keys.
        title: What is the matter, in a few words.
        metric: The slug of what it reads.
        said: How a sentence about a value begins: "CPU was".
        tone: How bad it is.
        raise_at: At or over this value a reading is bad.
        clear_below: Under this value a reading is good; what is between keeps the alarm as it is.
        period_seconds: How much time one reading covers.
        bad_readings: So many of the last `readings` raise it.
        readings: How many readings are looked at to raise it.
        good_readings: So many good readings in a row end it.
        reads: The mean of a period, or its newest value where that covers a minute itself.
        least_requests: With fewer requests in all readings nothing is judged.
    """

    slug: str
    title: str
    metric: str
    said: str
    tone: Literal["warn", "bad"]
    raise_at: float
    clear_below: float
    period_seconds: int
    bad_readings: int
    readings: int
    good_readings: int
    reads: Literal["mean", "newest"] = "newest"
    least_requests: int = 0


ALARMS = (
    Alarm(
        slug="cpu-high",
        title="CPU is high",
        metric="cpu_percent",
        said="CPU was",
        tone="warn",
        raise_at=THRESHOLDS.cpu_scale_out_percent,
        clear_below=THRESHOLDS.cpu_scale_out_percent - CPU_MARGIN,
        period_seconds=20,  # a minute in all: one busy moment is no news
        bad_readings=3,
        readings=3,
        good_readings=3,
        reads="mean",
    ),
    Alarm(
        slug="users-high",
        title="Many users are active",
        metric="active_users",
        said="Active users were",
        tone="warn",
        raise_at=THRESHOLDS.active_users_scale_out,
        clear_below=THRESHOLDS.active_users_scale_out,
        period_seconds=10,  # users come faster than servers start
        bad_readings=2,
        readings=2,
        good_readings=6,
    ),
    Alarm(
        slug="failures",
        title="Requests fail",
        metric="failures_per_minute",
        said="Failed requests were",
        tone="bad",
        raise_at=5,  # one may be a visitor's bad luck; several in one minute have a cause
        clear_below=1,
        period_seconds=10,
        bad_readings=2,
        readings=3,
        good_readings=3,
    ),
    Alarm(
        slug="slow",
        title="Answers are slow",
        metric="response_p95_ms",
        said="Response p95 was",
        tone="warn",
        raise_at=300,  # the latency objective's limit; a test holds the two together
        clear_below=250,
        period_seconds=20,
        bad_readings=3,
        readings=3,
        good_readings=3,
        least_requests=20,  # of fewer, a single slow one is more than one in twenty
    ),
)
"""Every alarm on a metric, under the declared policy. Those on error budgets: `ops/slo.py`."""


def alarms_under(thresholds: Thresholds) -> tuple[Alarm, ...]:
    """Them under other thresholds: those of the policy that is in force."""
    cpu, users = thresholds.cpu_scale_out_percent, thresholds.active_users_scale_out
    raised = {"cpu-high": (cpu, max(cpu - CPU_MARGIN, 0)), "users-high": (users, users)}
    return tuple(
        replace(alarm, raise_at=raised[alarm.slug][0], clear_below=raised[alarm.slug][1])
        if alarm.slug in raised
        else alarm
        for alarm in ALARMS
    )
