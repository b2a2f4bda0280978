"""Alarms: what they look at, when they go off, and whom they tell. One call sets all of it."""

from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import spelling, tags
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Remedy
from cloudscale.ops.healing.observed import Found
from cloudscale.ops.healing.resource import Fields, Ref

OF_POLICY = "policy:"
"""Before the name, in the document, of a scaling policy that it runs, whatever its ARN is now."""

NUMBER = spelling.optional(spelling.number)
TEXT = spelling.optional(spelling.text)
WORDS = {
    "description": "AlarmDescription",
    "namespace": "Namespace",
    "metric": "MetricName",
    "statistic": "Statistic",
    "extended_statistic": "ExtendedStatistic",
    "period_seconds": "Period",
    "evaluation_periods": "EvaluationPeriods",
    "datapoints_to_alarm": "DatapointsToAlarm",
    "threshold": "Threshold",
    "comparison": "ComparisonOperator",
    "missing_data": "TreatMissingData",
    "few_samples": "EvaluateLowSampleCountPercentile",
    "unit": "Unit",
    "is_enabled": "ActionsEnabled",
}
WRITTEN = {
    "period_seconds": spelling.whole,
    "evaluation_periods": spelling.whole,
    "datapoints_to_alarm": spelling.whole,
    "threshold": spelling.number,
    "is_enabled": spelling.truth,
}
"""How the call takes a field; a text where it is none of these."""

MAY_BE_ZERO = {"threshold", "is_enabled"}
ACTIONS = {
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "no_data_actions": "InsufficientDataActions",
}
METRIC = spelling.shape(
    namespace=TEXT,
    metric=TEXT,
    dimensions=spelling.mapping(),
    stat=TEXT,
    period_seconds=NUMBER,
)
QUERY = spelling.shape(
    id=spelling.text,
    expression=TEXT,
    label=TEXT,
    return_data=lambda value: spelling.truth(True if value is None else value),
    metric=METRIC,
)


def _mend(broken: Broken) -> Remedy:
    wanted = broken.resource.fields
    missing = _missing_policies(broken, wanted)
    if missing:
        names = ", ".join(missing)
        why = f"The scaling policy {names} that it runs is not there yet; it comes first."
        return Remedy(not_by_call={one.field: why for one in broken.drifts})
    if broken.found is None:
        return Remedy((_put(broken, wanted),), undo_words="Nothing to undo: it was gone.")
    commands, undo = _tags(broken)
    if _is_more_than_tags(broken):
        commands.insert(0, _put(broken, wanted))
        undo.insert(0, _put(broken, {**wanted, **broken.found.fields}))
    return Remedy(tuple(commands), tuple(undo))


def _is_more_than_tags(broken: Broken) -> bool:
    return any(one.field != "tags" for one in broken.drifts)


def _missing_policies(broken: Broken, fields: Fields) -> list[str]:
    named = [one for word in ACTIONS for one in fields.get(word) or ()]
    policies = [one.removeprefix(OF_POLICY) for one in named if one.startswith(OF_POLICY)]
    return [name for name in policies if _arn(broken, name) is None]


def _arn(broken: Broken, policy: str) -> str | None:
    sight = broken.others.get(Ref("scaling_policy", policy))
    return sight.about.get("arn") if isinstance(sight, Found) else None


def _put(broken: Broken, fields: Fields) -> Command:
    arguments: dict[str, Any] = {"AlarmName": broken.resource.id}
    for name, word in WORDS.items():
        if fields.get(name) not in (None, "") and (fields[name] or name in MAY_BE_ZERO):
            arguments[word] = WRITTEN.get(name, spelling.text)(fields[name])
    for name, word in ACTIONS.items():
        arguments[word] = [_resolved(broken, one) for one in fields.get(name) or ()]
    if fields.get("queries"):
        arguments["Metrics"] = [_query(one) for one in fields["queries"]]
    elif fields.get("dimensions"):
        arguments["Dimensions"] = _dimensions(fields["dimensions"])
    if broken.found is None and fields.get("tags"):
        arguments["Tags"] = tags.pairs(tags.spelled(fields["tags"]))
    return Command("cloudwatch", "put_metric_alarm", arguments)


def _resolved(broken: Broken, action: str) -> str:
    if not action.startswith(OF_POLICY):
        return action
    return _arn(broken, action.removeprefix(OF_POLICY)) or action


def _dimensions(dimensions: Fields) -> list[dict[str, str]]:
    return [{"Name": name, "Value": str(dimensions[name])} for name in sorted(dimensions)]


def _query(query: Fields) -> dict[str, Any]:
    is_told = query.get("return_data")
    told: dict[str, Any] = {"Id": query["id"], "ReturnData": True if is_told is None else is_told}
    if query.get("label"):
        told["Label"] = query["label"]
    if query.get("expression"):
        return {**told, "Expression": query["expression"]}
    metric = query["metric"]
    return {
        **told,
        "MetricStat": {
            "Metric": {
                "Namespace": metric["namespace"],
                "MetricName": metric["metric"],
                "Dimensions": _dimensions(metric.get("dimensions") or {}),
            },
            "Period": spelling.whole(metric["period_seconds"]),
            "Stat": metric["stat"],
        },
    }


def _tags(broken: Broken) -> tuple[list[Command], list[Command]]:
    if not broken.has("tags") or broken.found is None:
        return [], []
    of = {"ResourceARN": broken.found.about.get("arn", "")}
    changed = tags.pairs(tags.missing(broken))
    undo = []
    if said := tags.before(broken):
        undo.append(Command("cloudwatch", "tag_resource", {**of, "Tags": tags.pairs(said)}))
    if names := tags.lost(broken):
        undo.append(Command("cloudwatch", "untag_resource", {**of, "TagKeys": names}))
    return [Command("cloudwatch", "tag_resource", {**of, "Tags": changed})], undo


ALARM = Kind(
    "alarm",
    "alarm",
    (
        Field("description", canonical=TEXT),
        Field("namespace", canonical=TEXT),
        Field("metric", canonical=TEXT),
        Field("dimensions", canonical=spelling.mapping()),
        Field("statistic", canonical=TEXT),
        Field("extended_statistic", canonical=TEXT),
        Field("period_seconds", canonical=spelling.amount),
        Field("evaluation_periods", canonical=spelling.number),
        Field("datapoints_to_alarm", canonical=spelling.amount),
        Field("threshold", canonical=NUMBER),
        Field("comparison", canonical=spelling.text),
        Field("missing_data", canonical=lambda value: TEXT(value) or "missing"),
        Field("few_samples", canonical=TEXT),
        Field("unit", canonical=TEXT),
        Field("queries", canonical=spelling.unordered(QUERY)),
        Field("is_enabled", canonical=spelling.truth),
        Field("alarm_actions", canonical=spelling.unordered()),
        Field("ok_actions", canonical=spelling.unordered()),
        Field("no_data_actions", canonical=spelling.unordered()),
        tags.TAGS,
    ),
    _mend,
    needs=("scaling_policy",),
)
