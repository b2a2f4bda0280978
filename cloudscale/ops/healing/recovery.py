"""What is done about sick members: reboot once where that can help, then replace. Pure.

Fleet --members.judge--> sick --actions--> REBOOT, REPLACE, REGISTER, or one REPORT: all are sick

A member is replaced by its group, which stays as large as it is:

serves nobody     ended at once; the group starts another in the same moment
serves somebody   called unhealthy; the group has the new one serve before this one goes
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from cloudscale.ops.healing import caring, members
from cloudscale.ops.healing.action import Action, Command, Verb
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.guards import ALL_SICK, OF_MEMBERS
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.members import Judged, Sickness
from cloudscale.ops.healing.observed import Fleet, Member, Observed
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.words import typed

EVERYBODY = Ref(OF_MEMBERS, "all")
"""Names all members together."""

NEEDED = {
    "terminate_instance_in_auto_scaling_group": frozenset({"Launch"}),
    "set_instance_health": frozenset({"Launch", "Terminate", "ReplaceUnhealthy"}),
}
"""What the group must not have suspended: else it would shrink, or do nothing.

Source: Amazon EC2 Auto Scaling User Guide, "Suspend and resume processes".
"""

NO_WAY_BACK = "Nothing to undo: the group starts another one in its place."
WAY_BACK = (
    "While it is still there: aws autoscaling set-instance-health --instance-id {id} "
    "--health-status Healthy. Afterwards there is another one in its place."
)


def actions(desired: Desired, observed: Observed, history: History) -> Sequence[Action]:
    """What is done about sick members and the database.

    Args:
        desired: How far to go, and where.
        observed: What was found; what nobody told is not acted on.
        history: Who was rebooted lately: once is enough.
    """
    found: list[Action] = []
    rebooted = history.rebooted(desired.limits)
    if observed.fleet is not None:
        judged = members.judge(observed.fleet, desired, history.now)
        found += _of_members(observed.fleet, judged, history.now, rebooted)
    return [*found, *caring.actions(desired, observed, rebooted)]


def ref_of(member: Member) -> Ref:
    """A member's name."""
    return Ref(OF_MEMBERS, member.id)


def _of_members(
    fleet: Fleet, judged: Judged, now: datetime, rebooted: Collection[Ref]
) -> list[Action]:
    if judged.is_all_sick:
        return [_report(fleet, judged)]
    if fleet.is_refreshing:  # a deployment replaces them, and rolls back by itself
        return []
    sick = [
        one
        for one in (*judged.sick, *judged.stuck)
        if members.can_be_touched(one.member) and not members.is_left_to_group(one, now)
    ]
    lost = [one for one in judged.lost if members.can_be_touched(one.member)]
    known = {one.member.id for one in judged.sick}
    return [
        *(_treated(one, fleet, rebooted) for one in sick if one.cause != members.NOT_KEPT),
        *(_registered(one, fleet) for one in lost if one.member.id not in known),
    ]


def _treated(sick: Sickness, fleet: Fleet, rebooted: Collection[Ref]) -> Action:
    if sick.can_reboot_help and ref_of(sick.member) not in rebooted:
        return _rebooted(sick)
    tried = " It was rebooted already." if sick.can_reboot_help else ""
    return replaced(
        fleet, sick.member, Verb.REPLACE, sick.cause, f"{sick.words}{tried}", fault_at=sick.since
    )


def _rebooted(sick: Sickness) -> Action:
    return Action(
        ref=ref_of(sick.member),
        verb=Verb.REBOOT,
        cause=sick.cause,
        reason=f"{sick.words} A reboot may help, and is tried once.",
        before=_seen(sick.member),
        after={"target": "healthy", "checks": "ok"},
        commands=(Command("ec2", "reboot_instances", {"InstanceIds": [sick.member.id]}),),
        undo_words="Nothing to undo: it starts again as it was.",
        fault_at=sick.since,
    )


def replaced(
    fleet: Fleet,
    member: Member,
    verb: Verb,
    cause: str,
    reason: str,
    *,
    fault_at: datetime | None = None,
    before: Mapping[str, Any] | None = None,
) -> Action:
    """Have the group put another one in a member's place.

    Args:
        fleet: Its group.
        member: Who.
        verb: What it is called.
        cause: Why, as a word.
        reason: Why, in sentences.
        fault_at: When it broke, where somebody knows.
        before: What was found, where that is more than its state.
    """
    serves = member.target == "healthy" or verb is Verb.DRAIN
    command = _called_unhealthy(member) if serves else _ended(member)
    missing = sorted(NEEDED[command.operation] & set(fleet.suspended))
    if missing:
        return _not_replaced(fleet, member, cause, reason, missing)
    how = "The new one serves before it goes" if serves else "Another one starts in its place"
    return Action(
        ref=ref_of(member),
        verb=verb,
        cause=cause,
        reason=f"{reason} {how}; the group stays at {fleet.desired}.",
        before=before or _seen(member),
        after={"member": "replaced", "desired": fleet.desired},
        commands=(command,),
        undo_words=WAY_BACK.format(id=member.id) if serves else NO_WAY_BACK,
        fault_at=fault_at,
    )


def _not_replaced(
    fleet: Fleet, member: Member, cause: str, reason: str, missing: Sequence[str]
) -> Action:
    arguments = {"AutoScalingGroupName": fleet.group, "ScalingProcesses": list(missing)}
    return Action(
        ref=ref_of(member),
        verb=Verb.REPORT,
        cause=cause,
        reason=f"{reason} It is not replaced while its group has {', '.join(missing)} suspended: "
        "nobody would come in its place.",
        before=_seen(member),
        by_hand=typed(Command("autoscaling", "resume_processes", arguments)),
    )


def _ended(member: Member) -> Command:
    arguments = {"InstanceId": member.id, "ShouldDecrementDesiredCapacity": False}
    return Command("autoscaling", "terminate_instance_in_auto_scaling_group", arguments)


def _called_unhealthy(member: Member) -> Command:
    """By the group's maintenance policy the new one is in service before the old one goes."""
    told = {"HealthStatus": "Unhealthy", "ShouldRespectGracePeriod": False}
    return Command("autoscaling", "set_instance_health", {"InstanceId": member.id, **told})


def _registered(lost: Sickness, fleet: Fleet) -> Action:
    arguments = {"TargetGroupArn": fleet.target_group, "Targets": [{"Id": lost.member.id}]}
    return Action(
        ref=ref_of(lost.member),
        verb=Verb.REGISTER,
        cause=lost.cause,
        reason=lost.words,
        before={"target": "absent"},
        after={"target": "healthy"},
        commands=(Command("elbv2", "register_targets", arguments),),
        undo=(Command("elbv2", "deregister_targets", arguments),),
    )


def _report(fleet: Fleet, judged: Judged) -> Action:
    told = " ".join(f"{one.member.id}: {one.words}" for one in judged.sick)
    arguments = {"TargetGroupArn": fleet.target_group}
    of_group = {"AutoScalingGroupName": fleet.group}
    look = (
        Command("elbv2", "describe_target_health", arguments)
        if fleet.target_group
        else Command("autoscaling", "describe_scaling_activities", of_group)
    )
    return Action(
        ref=EVERYBODY,
        verb=Verb.REPORT,
        cause=ALL_SICK,
        reason=f"{_all_sick(judged)} {told}",
        before={one.member.id: one.cause for one in judged.sick},
        by_hand=typed(look),
    )


def _all_sick(judged: Judged) -> str:
    """Of one server alone nobody can tell whether it is itself, or what all would suffer from."""
    where = "the database, a release, the load balancer's check"
    if judged.in_service == 1:
        return (
            f"The only server in service is sick, and the cause may be elsewhere: {where}. "
            "Nothing is done to it."
        )
    return (
        f"{len(judged.sick)} of {judged.in_service} servers in service are sick at once, so the "
        f"cause is elsewhere: {where}. Nothing is done to any of them."
    )


def _seen(member: Member) -> dict[str, Any]:
    seen = {
        "lifecycle": member.lifecycle,
        "machine": member.machine,
        "checks": member.checks,
        "target": member.target,
    }
    return {name: value for name, value in seen.items() if value is not None}
