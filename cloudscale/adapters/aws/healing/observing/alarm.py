"""Alarms, with scaling policies by their names where an alarm runs the one that there is now."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import rows as reading
from cloudscale.adapters.aws.healing.observing import scaling_policy
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.kinds.alarm import ACTIONS, OF_POLICY, WORDS
from cloudscale.ops.healing.observed import Found, Sight
from cloudscale.ops.healing.resource import Ref, Resource
from cloudscale.ops.ports import CloudFault

OF_SCALING = ":scalingPolicy:"
"""In an ARN of a scaling policy."""

BATCH = 100
"""AWS takes no more names than so many in one question."""


class _Answers:
    """What besides the alarms themselves has to be asked; each may fail for itself."""

    def __init__(self, calls: Calls, rows: list[Row], stack: StackFacts) -> None:
        self.policies: dict[str, str] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.no_policies = self.no_tags = ""
        try:
            if stack.group and any(_is_scaling(one) for row in rows for one in _actions(row)):
                self.policies = _policies(calls, stack.group)
        except CloudFault as fault:
            self.no_policies = fault.reason
        try:
            self.tags = _tags(calls, [row["AlarmArn"] for row in rows])
        except CloudFault as fault:
            self.no_tags = fault.reason


def observe(calls: Calls, resources: Sequence[Resource], stack: StackFacts) -> Mapping[Ref, Sight]:
    """All of them from three questions: alarms, their tags, and the group's policies."""
    rows: list[Row] = []
    for names in _batches([one.id for one in resources]):
        question = {"AlarmNames": names, "AlarmTypes": ["MetricAlarm"], "MaxRecords": len(names)}
        rows += calls.ask("cloudwatch", "describe_alarms", **question)["MetricAlarms"]
    answers = _Answers(calls, rows, stack)
    by_name = reading.by(rows, "AlarmName")
    return reading.sights(resources, by_name, lambda one, row: _found(row, answers))


def _batches(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[first : first + BATCH] for first in range(0, len(names), BATCH))


def _actions(row: Row) -> Iterable[str]:
    return (one for word in ACTIONS.values() for one in row.get(word, ()))


def _is_scaling(action: str) -> bool:
    return OF_SCALING in action


def _policies(calls: Calls, group: str) -> dict[str, str]:
    rows = scaling_policy.rows_of(calls, group)
    return {row["PolicyARN"]: row["PolicyName"] for row in rows}


def _tags(calls: Calls, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    found = {}
    for some in _batches(arns):
        answer = calls.ask("resourcegroupstaggingapi", "get_resources", ResourceARNList=some)
        for row in answer["ResourceTagMappingList"]:
            found[row["ResourceARN"]] = reading.tags(row.get("Tags"))
    return found


def _found(row: Row, answers: _Answers) -> Found:
    tags = answers.tags.get(row["AlarmArn"], {})
    fields = {name: row.get(word) for name, word in WORDS.items()}
    absent = {}
    fields["dimensions"] = _dimensions(row)
    fields["queries"] = [_query(one) for one in row.get("Metrics") or ()]
    for name, word in ACTIONS.items():
        actions = row.get(word, ())
        fields[name] = [_named(one, answers.policies) for one in actions]
        if answers.no_policies and any(map(_is_scaling, actions)):
            absent[name] = answers.no_policies
    if answers.no_tags:
        absent["tags"] = answers.no_tags
    told = {name: value for name, value in {**fields, "tags": tags}.items() if name not in absent}
    return Found(told, absent, {"arn": row["AlarmArn"], "tags": tags})


def _named(action: str, policies: Mapping[str, str]) -> str:
    """An ARN that no policy has any more stays one, so that it differs from what is wanted."""
    return f"{OF_POLICY}{policies[action]}" if action in policies else action


def _dimensions(row: Mapping[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in row.get("Dimensions") or ()}


def _query(row: Mapping[str, Any]) -> dict[str, Any]:
    told = row.get("MetricStat")
    return {
        "id": row["Id"],
        "expression": row.get("Expression"),
        "label": row.get("Label"),
        "return_data": row.get("ReturnData", True),
        "metric": _metric(told) if told else None,
    }


def _metric(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "namespace": told["Metric"].get("Namespace"),
        "metric": told["Metric"].get("MetricName"),
        "dimensions": _dimensions(told["Metric"]),
        "stat": told["Stat"],
        "period_seconds": told["Period"],
    }
