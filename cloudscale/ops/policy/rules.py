"""The rules of a scaling policy, with the meaning that AWS gives them. Pure.

An alarm looks at metrics; a rule says what to do while it is in alarm. `decide` (ops/scaling) and
Terraform read the same ones.

Source: AWS, Amazon CloudWatch User Guide, "Using Amazon CloudWatch alarms"; Amazon EC2 Auto Scaling
User Guide, "Step and simple scaling policies" and "Target tracking scaling policies".
"""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Metric = Literal[
    "cpu_percent", "active_users", "users_gap", "requests_per_second", "response_p95_ms"
]
"""What alarms can look at: the fleet's mean, or its sum. `users_gap`: instances that the desired
capacity lacks of the floor that users set."""

HIGH_RESOLUTION = frozenset({"active_users", "users_gap", "response_p95_ms", "requests_per_second"})
"""What the leader publishes every 10 seconds itself; AWS measures CPU once a minute."""

Comparison = Literal[">=", ">", "<", "<="]
ThresholdName = Literal["cpu_scale_out_percent", "cpu_scale_in_percent", "active_users_scale_out"]
MissingData = Literal["missing", "ignore", "breaching", "notBreaching"]
AdjustmentType = Literal["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
LONGEST_SECONDS = 86_400


class Part(BaseModel):
    """A part of the document: nothing unknown in it, and nothing changes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Condition(Part):
    """One comparison of a metric.

    Attributes:
        metric: What is compared.
        comparison: How.
        threshold: With which number, or with which threshold of the policy by its name.
        statistic: What of a period's values.
    """

    metric: Metric
    comparison: Comparison
    threshold: float | ThresholdName
    statistic: Literal["Average", "Maximum", "Minimum"] = "Average"


class Alarm(Part):
    """When a rule acts. Each period is bad when *all* conditions hold in it.

    Attributes:
        conditions: What makes a period bad.
        period_seconds: 10 or 30 where every metric is published so often, else whole minutes.
        evaluation_periods: How many periods are looked at (N).
        datapoints_to_alarm: How many of them must be bad (M).
        missing_data: What a period without data is. The default keeps "no data" from ever being
            taken for "idle".
    """

    conditions: tuple[Condition, ...] = Field(min_length=1, max_length=5)
    period_seconds: int
    evaluation_periods: int = Field(ge=1)
    datapoints_to_alarm: int = Field(ge=1)
    missing_data: MissingData = "missing"

    @model_validator(mode="after")
    def _is_offered(self) -> Self:
        period = self.period_seconds
        if period not in (10, 30) and (period < 60 or period % 60 or period > LONGEST_SECONDS):
            raise ValueError(
                f"period_seconds ({period}) must be 10, 30 or a multiple of 60 up to a day: "
                "CloudWatch offers no other"
            )
        slow = {one.metric for one in self.conditions} - HIGH_RESOLUTION
        if period < 60 and slow:
            raise ValueError(
                f"period_seconds ({period}) must be 60 or more: {', '.join(sorted(slow))} is "
                "measured once a minute"
            )
        if self.datapoints_to_alarm > self.evaluation_periods:
            raise ValueError(
                f"datapoints_to_alarm ({self.datapoints_to_alarm}) must not be above "
                f"evaluation_periods ({self.evaluation_periods})"
            )
        if period * self.evaluation_periods > LONGEST_SECONDS:
            raise ValueError("period_seconds times evaluation_periods must not be above a day")
        return self


class Step(Part):
    """What to do while the metric is so far from the threshold.

    Attributes:
        lower: From this distance on; `None` is without end.
        upper: Up to this distance, without it; `None` is without end.
        adjustment: By how much, in the rule's adjustment type.
    """

    lower: float | None = None
    upper: float | None = None
    adjustment: int

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lower is None and self.upper is None:
            raise ValueError("lower or upper must be given")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise ValueError(f"lower ({self.lower:g}) must be below upper ({self.upper:g})")
        return self


class StepScaling(Part):
    """Acts again and again while its alarm lasts, by how far the metric is from the threshold.

    Attributes:
        name: Its slug.
        alarm: When it acts. The distance is that of the first condition's metric.
        adjustment_type: What the steps' numbers are.
        steps: Without gaps and overlaps, lowest first.
        min_adjustment_magnitude: At least so many instances with `PercentChangeInCapacity`.
        warm_up_seconds: Instead of the policy's.
    """

    kind: Literal["step"] = "step"
    name: Name
    alarm: Alarm
    adjustment_type: AdjustmentType = "ChangeInCapacity"
    steps: tuple[Step, ...] = Field(min_length=1, max_length=20)
    min_adjustment_magnitude: int | None = Field(default=None, ge=1, le=100)
    warm_up_seconds: int | None = Field(default=None, ge=0, le=3_600)

    @model_validator(mode="after")
    def _without_gaps(self) -> Self:
        for one, next_one in pairwise(self.steps):
            if one.upper is None or next_one.lower is None or one.upper != next_one.lower:
                raise ValueError(
                    "steps must follow each other without gap or overlap, lowest first"
                )
        lowest, highest = self.steps[0].lower, self.steps[-1].upper
        if (lowest is not None and lowest < 0) or (highest is not None and highest > 0):
            raise ValueError(
                "steps must go on without end where the metric may: lower or upper null"
            )
        return self


class SimpleScaling(Part):
    """Acts once, then waits until its change is done and a cooldown is over.

    Attributes:
        name: Its slug.
        alarm: When it acts.
        adjustment_type: What the adjustment's number is.
        adjustment: By how much.
        cooldown_seconds: How long nothing simple happens after it.
    """

    kind: Literal["simple"] = "simple"
    name: Name
    alarm: Alarm
    adjustment_type: AdjustmentType = "ChangeInCapacity"
    adjustment: int
    cooldown_seconds: int = Field(default=300, ge=0, le=86_400)


class TargetTracking(Part):
    """Keeps a metric near a target: fast out, slowly in.

    Attributes:
        name: Its slug.
        metric: What is kept; requests are those of each instance in service.
        target: Where.
        is_scale_in_disabled: Whether it only grows.
        warm_up_seconds: Instead of the policy's.
    """

    kind: Literal["target"] = "target"
    name: Name
    metric: Literal["cpu_percent", "requests_per_second"]
    target: float = Field(gt=0)
    is_scale_in_disabled: bool = False
    warm_up_seconds: int | None = Field(default=None, ge=0, le=3_600)


class OfferedLoad(Part):
    """Sizes the fleet for the work that arrives, where it is going, and room for chance.

    The leader computes it from 10 s metrics, and publishes the gap like that of the users.

    Attributes:
        name: Its slug.
        target_percent: How busy an instance should be with the load that is foreseen.
        look_ahead_seconds: How far the trend is drawn out; the time that an instance takes to
            start.
        trend_seconds: Of how long the trend is read.
        head_room: So many standard deviations of the load are kept free.
        scale_in_seconds: Shrink to the most that was wanted within this time, and not below it …
        scale_in_margin_percent: … with so much more load than there was, so that what comes next
            does not ask for the same instance back.
    """

    kind: Literal["offered-load"] = "offered-load"
    name: Name
    target_percent: float = Field(default=60, gt=0, le=95)
    look_ahead_seconds: int = Field(default=120, ge=0, le=3_600)
    trend_seconds: int = Field(default=300, ge=30, le=7_200)
    head_room: float = Field(default=2.0, ge=0, le=10)
    scale_in_seconds: int = Field(default=900, ge=60, le=86_400)
    scale_in_margin_percent: float = Field(default=20, ge=0, le=200)


Rule = Annotated[
    StepScaling | SimpleScaling | TargetTracking | OfferedLoad, Field(discriminator="kind")
]
