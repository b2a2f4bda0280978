"""Scaling policies: by how much the group grows and shrinks. One that is gone is put again.

AWS makes up another ARN then; alarms name a policy by its name, and follow in the same run or the
next one.
"""

from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import spelling
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Remedy
from cloudscale.ops.healing.resource import Fields

NUMBER = spelling.optional(spelling.number)
STEP = spelling.shape(lower=NUMBER, upper=NUMBER, adjustment=spelling.number)
TARGET = spelling.shape(
    value=spelling.number,
    metric=spelling.text,
    label=spelling.optional(spelling.text),
    is_scale_in_disabled=spelling.flag,
)
WORDS = {
    "type": "PolicyType",
    "adjustment_type": "AdjustmentType",
    "adjustment": "ScalingAdjustment",
    "cooldown_seconds": "Cooldown",
    "min_adjustment": "MinAdjustmentMagnitude",
    "aggregation": "MetricAggregationType",
    "warm_up_seconds": "EstimatedInstanceWarmup",
    "is_enabled": "Enabled",
}
WRITTEN = {
    "type": spelling.text,
    "adjustment_type": spelling.text,
    "aggregation": spelling.text,
    "is_enabled": spelling.truth,
}
"""How a call takes a field; a whole number where it is none of these."""


def _mend(broken: Broken) -> Remedy:
    put = _put(broken, broken.resource.fields)
    if broken.found is None:
        return Remedy((put,), undo_words="Nothing to undo: it was gone.")
    return Remedy((put,), (_put(broken, {**broken.resource.fields, **broken.found.fields}),))


def _put(broken: Broken, fields: Fields) -> Command:
    arguments: dict[str, Any] = {
        "AutoScalingGroupName": broken.resource.about["group"],
        "PolicyName": broken.resource.id,
    }
    for name, word in WORDS.items():
        if fields.get(name) not in (None, ""):
            arguments[word] = WRITTEN.get(name, spelling.whole)(fields[name])
    if fields.get("steps"):
        arguments["StepAdjustments"] = [_step(one) for one in fields["steps"]]
    if fields.get("target"):
        arguments["TargetTrackingConfiguration"] = _target(fields["target"])
    return Command("autoscaling", "put_scaling_policy", arguments)


def _step(step: Fields) -> dict[str, Any]:
    bounds = {
        "MetricIntervalLowerBound": step.get("lower"),
        "MetricIntervalUpperBound": step.get("upper"),
    }
    told = {word: spelling.number(one) for word, one in bounds.items() if one not in (None, "")}
    return {**told, "ScalingAdjustment": spelling.whole(step["adjustment"])}


def _target(target: Fields) -> dict[str, Any]:
    metric = {"PredefinedMetricType": target["metric"]}
    if target.get("label"):
        metric["ResourceLabel"] = target["label"]
    return {
        "PredefinedMetricSpecification": metric,
        "TargetValue": spelling.number(target["value"]),
        "DisableScaleIn": spelling.flag(target.get("is_scale_in_disabled")),
    }


SCALING_POLICY = Kind(
    "scaling_policy",
    "scaling policy",
    (
        Field("type", canonical=spelling.text),
        Field("adjustment_type", canonical=spelling.optional(spelling.text)),
        Field("adjustment", canonical=NUMBER),
        Field("cooldown_seconds", canonical=NUMBER),
        Field("min_adjustment", canonical=spelling.amount),
        Field("aggregation", canonical=spelling.optional(spelling.text)),
        Field("warm_up_seconds", canonical=NUMBER),
        Field("steps", canonical=spelling.unordered(STEP)),
        Field("target", canonical=TARGET),
        Field("is_enabled", canonical=spelling.truth),
    ),
    _mend,
)
