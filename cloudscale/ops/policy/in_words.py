"""A policy as a table that a person reads. Pure."""

from collections.abc import Iterator

from cloudscale.ops.policy.rules import (
    AdjustmentType,
    Alarm,
    OfferedLoad,
    Rule,
    SimpleScaling,
    StepScaling,
    TargetTracking,
)
from cloudscale.ops.policy.scaling import ScalingPolicy

WIDTH = 22
ADJUSTED: dict[AdjustmentType, str] = {
    "ChangeInCapacity": "{:+d}",
    "ExactCapacity": "to {:d}",
    "PercentChangeInCapacity": "{:+d} %",
}


def table(policy: ScalingPolicy) -> str:
    """The whole policy, a line for each thing that it says."""
    return "\n".join(f"{name:<{WIDTH}}{value}" for name, value in _lines(policy)) + "\n"


def _lines(policy: ScalingPolicy) -> Iterator[tuple[str, str]]:
    bounds, limits = policy.bounds, policy.thresholds
    yield "policy", policy.name
    if policy.description:
        yield "", policy.description
    yield (
        "instances",
        f"{bounds.min_instances} to {bounds.max_instances}, a new fleet starts with "
        f"{bounds.desired_instances}",
    )
    yield (
        "CPU",
        f"out at {limits.cpu_scale_out_percent:g} %, in below {limits.cpu_scale_in_percent:g} %",
    )
    yield (
        "active users",
        f"one more instance at {limits.active_users_scale_out}, and one for each further "
        f"{policy.users_per_instance}",
    )
    yield "warm-up", f"{policy.warm_up_seconds} s"
    yield "health check grace", f"{policy.health_grace_seconds} s"
    for rule in policy.rules:
        for number, line in enumerate(_rule(policy, rule)):
            yield ("" if number else f"rule {rule.name}"), line


def _rule(policy: ScalingPolicy, rule: Rule) -> Iterator[str]:
    if isinstance(rule, TargetTracking):
        what = f"keeps {rule.metric} at {rule.target:g}"
        yield what + (", out only" if rule.is_scale_in_disabled else "")
    elif isinstance(rule, OfferedLoad):
        yield f"sizes for the offered load at {rule.target_percent:g} % an instance"
        yield f"{rule.look_ahead_seconds} s ahead by the trend of {rule.trend_seconds} s"
        yield f"{rule.head_room:g} standard deviations kept free"
        yield (
            f"down to the most of {rule.scale_in_seconds} s, "
            f"with {rule.scale_in_margin_percent:g} % to spare"
        )
    else:
        yield _alarm(policy, rule.alarm)
        yield from _steps(rule) if isinstance(rule, StepScaling) else _simple(rule)


def _alarm(policy: ScalingPolicy, alarm: Alarm) -> str:
    conditions = " and ".join(
        f"{one.metric} {one.comparison} {policy.limit(one.threshold):g}" for one in alarm.conditions
    )
    return (
        f"when {conditions} for {alarm.datapoints_to_alarm} of {alarm.evaluation_periods} "
        f"x {alarm.period_seconds} s"
    )


def _steps(rule: StepScaling) -> Iterator[str]:
    for step in rule.steps:
        change = ADJUSTED[rule.adjustment_type].format(step.adjustment)
        if step.upper is None:
            yield f"{change} from {step.lower:g} off the threshold on"
        elif step.lower is None:
            yield f"{change} up to {step.upper:g} off the threshold"
        else:
            yield f"{change} from {step.lower:g} to {step.upper:g} off the threshold"


def _simple(rule: SimpleScaling) -> Iterator[str]:
    change = ADJUSTED[rule.adjustment_type].format(rule.adjustment)
    yield f"{change}, then a pause of {rule.cooldown_seconds} s"
