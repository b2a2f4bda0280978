"""Lifecycle hooks of a group."""

from collections.abc import Mapping, Sequence

from cloudscale.adapters.aws.healing import refusals
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.adapters.aws.healing.observing.scaling_policy import group_of
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Found, Gone, Sight
from cloudscale.ops.healing.resource import Ref, Resource
from cloudscale.ops.ports import CloudFault


def observe(calls: Calls, resources: Sequence[Resource], stack: StackFacts) -> Mapping[Ref, Sight]:
    """All of a group from one question."""
    found: dict[tuple[str, str], Sight] = {}
    for group in sorted({group_of(one, stack) for one in resources}):
        found |= {(group, row["LifecycleHookName"]): _found(row) for row in _rows(calls, group)}
    return {one.ref: found.get((group_of(one, stack), one.id), Gone()) for one in resources}


def _rows(calls: Calls, group: str) -> list[Row]:
    question = {"AutoScalingGroupName": group}
    try:
        return calls.ask("autoscaling", "describe_lifecycle_hooks", **question)["LifecycleHooks"]
    except CloudFault as fault:
        if refusals.is_vanished(fault):
            return []
        raise


def _found(row: Row) -> Found:
    return Found(
        {
            "transition": row["LifecycleTransition"],
            "default_result": row.get("DefaultResult", "ABANDON"),
            "timeout_seconds": row.get("HeartbeatTimeout", 3600),
        }
    )
