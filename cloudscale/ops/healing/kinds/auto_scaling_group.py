"""The Auto Scaling group: its bounds, where and what it launches. Its size is the autoscaler's."""

from collections.abc import Mapping, Sequence
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import spelling, tags
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Owner, Remedy
from cloudscale.ops.healing.resource import Fields, Resource

UPDATES = {
    "min_size": ("MinSize", spelling.whole),
    "max_size": ("MaxSize", spelling.whole),
    "health_check_type": ("HealthCheckType", spelling.text),
    "health_check_grace_seconds": ("HealthCheckGracePeriod", spelling.whole),
    "default_warm_up_seconds": ("DefaultInstanceWarmup", spelling.whole),
    "max_lifetime_seconds": ("MaxInstanceLifetime", spelling.whole),
    "protects_new_instances": ("NewInstancesProtectedFromScaleIn", spelling.truth),
    "termination_policies": ("TerminationPolicies", list),
}
"""Fields that one call sets, its words for them, and how it takes their values."""

UNSET = {"default_warm_up_seconds": -1, "max_lifetime_seconds": 0, "health_check_grace_seconds": 0}
"""What the call takes for nothing. Source: AWS, UpdateAutoScalingGroup."""


def is_within_bounds(resource: Resource, found: Any) -> bool:
    """Whether the size may stay: scaling sets it, between the bounds."""
    fields = resource.fields
    smallest, largest = fields.get("min_size", 0), fields.get("max_size", float("inf"))
    return spelling.number(smallest) <= spelling.number(found) <= spelling.number(largest)


def is_of_terraform(resource: Resource, found: Any) -> bool:
    """Whether a launch template may stay: a version that Terraform wrote, the newest or before it.

    Which of them is launched, a deployment sets, and AWS where it takes a version back.
    """
    wanted, version = resource.fields["launch_template"], str((found or {}).get("version", ""))
    is_it = found is not None and found.get("id") == wanted["id"]
    return is_it and version.isdigit() and 0 < int(version) <= spelling.whole(wanted["version"])


def _mend(broken: Broken) -> Remedy:
    if broken.found is None:
        return Remedy(not_by_call={"*": "It takes balancer, policies and alarms with it."})
    name, wanted, found = broken.resource.id, broken.resource.fields, broken.found.fields
    commands, undo = [], []
    if updated := _update(name, broken, wanted):
        commands.append(updated)
        undo += filter(None, [_update(name, broken, found)])
    for change in (_processes, _metrics, _target_groups):
        commands += change(name, broken, wanted, found)
        undo += change(name, broken, found, wanted)
    if broken.has("tags"):
        commands.append(_tag(name, tags.missing(broken)))
        undo += _untag(name, broken)
    words = "Its size is scaling's to set." if broken.has("desired_capacity") else ""
    return Remedy(tuple(commands), tuple(undo), words)


def _update(name: str, broken: Broken, target: Fields) -> Command | None:
    arguments: dict[str, Any] = {}
    for field, (word, written) in UPDATES.items():
        value = UNSET.get(field) if target.get(field) in (None, "") else target[field]
        if broken.has(field) and value is not None:
            arguments[word] = written(value)
    if broken.has("subnets") and target.get("subnets"):
        arguments["VPCZoneIdentifier"] = ",".join(target["subnets"])
    if broken.has("launch_template") and target.get("launch_template"):
        template = target["launch_template"]
        chosen = {"LaunchTemplateId": template.get("id"), "Version": template.get("version")}
        arguments["LaunchTemplate"] = {word: str(one) for word, one in chosen.items() if one}
    if broken.has("maintenance"):
        percents = target.get("maintenance") or {}
        arguments["InstanceMaintenancePolicy"] = {
            "MinHealthyPercentage": spelling.whole(percents.get("min_healthy_percent", -1)),
            "MaxHealthyPercentage": spelling.whole(percents.get("max_healthy_percent", -1)),
        }
    if broken.has("desired_capacity") and target is broken.resource.fields:
        arguments["DesiredCapacity"] = _kept(broken)  # and never undone: size is scaling's
    if not arguments:
        return None
    named = {"AutoScalingGroupName": name, **arguments}
    return Command("autoscaling", "update_auto_scaling_group", named)


def _kept(broken: Broken) -> int:
    """The nearest size within the bounds to the one that scaling set."""
    fields = broken.resource.fields
    smallest = spelling.whole(fields.get("min_size", 0))
    found = broken.found.fields.get("desired_capacity") if broken.found else None
    size = max(smallest if found is None else spelling.whole(found), smallest)
    return min(size, spelling.whole(fields.get("max_size", size)))


def _processes(name: str, broken: Broken, target: Fields, now: Fields) -> list[Command]:
    if not broken.has("suspended_processes"):
        return []
    return _difference(
        name,
        set(target.get("suspended_processes") or ()),
        set(now.get("suspended_processes") or ()),
        more=("suspend_processes", "ScalingProcesses"),
        fewer=("resume_processes", "ScalingProcesses"),
    )


def _metrics(name: str, broken: Broken, target: Fields, now: Fields) -> list[Command]:
    if not broken.has("metrics"):
        return []
    wanted, told = set(target.get("metrics") or ()), set(now.get("metrics") or ())
    of, commands = {"AutoScalingGroupName": name}, []
    if wanted - told:
        arguments = {**of, "Metrics": sorted(wanted), "Granularity": "1Minute"}
        commands.append(Command("autoscaling", "enable_metrics_collection", arguments))
    if told - wanted:
        arguments = {**of, "Metrics": sorted(told - wanted)}
        commands.append(Command("autoscaling", "disable_metrics_collection", arguments))
    return commands


def _target_groups(name: str, broken: Broken, target: Fields, now: Fields) -> list[Command]:
    if not broken.has("target_groups"):
        return []
    return _difference(
        name,
        set(target.get("target_groups") or ()),
        set(now.get("target_groups") or ()),
        more=("attach_load_balancer_target_groups", "TargetGroupARNs"),
        fewer=("detach_load_balancer_target_groups", "TargetGroupARNs"),
    )


def _difference(
    name: str,
    target: set[str],
    now: set[str],
    more: tuple[str, str],
    fewer: tuple[str, str],
) -> list[Command]:
    commands = []
    for (operation, word), names in ((more, target - now), (fewer, now - target)):
        if names:
            arguments = {"AutoScalingGroupName": name, word: sorted(names)}
            commands.append(Command("autoscaling", operation, arguments))
    return commands


def _untag(name: str, broken: Broken) -> list[Command]:
    undo = [_tag(name, said)] if (said := tags.before(broken)) else []
    of = {"ResourceId": name, "ResourceType": "auto-scaling-group"}
    if lost := [{**of, "Key": key} for key in tags.lost(broken)]:
        undo.append(Command("autoscaling", "delete_tags", {"Tags": lost}))
    return undo


def _tag(name: str, changed: Mapping[str, str]) -> Command:
    rows: Sequence[dict[str, Any]] = [
        {
            "ResourceId": name,
            "ResourceType": "auto-scaling-group",
            "PropagateAtLaunch": True,
            **pair,
        }
        for pair in tags.pairs(changed)
    ]
    return Command("autoscaling", "create_or_update_tags", {"Tags": rows})


NUMBER = spelling.optional(spelling.number)
AUTO_SCALING_GROUP = Kind(
    "auto_scaling_group",
    "Auto Scaling group",
    (
        Field("min_size", canonical=spelling.number),
        Field("max_size", canonical=spelling.number),
        Field(
            "desired_capacity",
            Owner.AUTOSCALER,
            "Scaling sets it; it is only kept within the bounds.",
            canonical=NUMBER,
            is_kept=is_within_bounds,
        ),
        Field("subnets", canonical=spelling.unordered()),
        Field("health_check_type", canonical=spelling.text),
        Field("health_check_grace_seconds", canonical=spelling.amount),
        Field("suspended_processes", canonical=spelling.unordered()),
        Field(
            "launch_template",
            Owner.AUTOSCALER,
            "Deployments set which version, and AWS where it takes one back.",
            canonical=spelling.shape(id=spelling.text, version=spelling.text),
            is_kept=is_of_terraform,
        ),
        Field("target_groups", canonical=spelling.unordered()),
        Field("default_warm_up_seconds", canonical=NUMBER),
        Field("max_lifetime_seconds", canonical=spelling.amount),
        Field(
            "maintenance",
            canonical=spelling.shape(min_healthy_percent=NUMBER, max_healthy_percent=NUMBER),
        ),
        Field("metrics", canonical=spelling.unordered()),
        Field("protects_new_instances", canonical=spelling.truth),
        Field("termination_policies", canonical=spelling.ordered()),
        tags.TAGS,
    ),
    _mend,
)
