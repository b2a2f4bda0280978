"""Breaking a real stack on purpose, made ready as values: what is done, what takes it back. Pure.

slug, Desired, Observed --stage--> Staged: target, calls, undo      or NothingToBreak

Targets are those of the desired document and of its group; nobody types one.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from cloudscale.ops.healing import scripts
from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.compare import compare, drifted
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.kinds.alarm import ALARM, OF_POLICY
from cloudscale.ops.healing.kinds.kind import WHOLE, Broken, Drift
from cloudscale.ops.healing.observed import Fleet, Found, Member, Observed
from cloudscale.ops.healing.resource import Fields, Ref, Resource

NOWHERE = "192.0.2.0/24"
"""Addresses that documentation uses and nobody has. Source: RFC 5737.

The healer closes a port that was opened to them as it closes one that was opened to the world, and
meanwhile nobody comes in.
"""
SSH = 22
DEAF_BY = 1_000
"""So far an alarm's threshold is moved, away from where it would go off: it must not scale."""

MEMBERS = Ref("member", "*")
"""Has a look tell of the fleet."""


class NothingToBreak(Exception):
    """The stack has nothing that the trial could be done to.

    Attributes:
        reason: In words safe to show.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Staged:
    """One trial, ready to begin.

    Attributes:
        slug: Its name.
        ref: What healing must find.
        words: What is broken, in a sentence.
        commands: The calls that break it.
        undo: The calls that put it back, safe to make twice.
        member: The server that it is done to; empty where it is done to none.
        takes_away: Whether the fleet serves with one less for a while.
    """

    slug: str
    ref: Ref
    words: str
    commands: tuple[Command, ...]
    undo: tuple[Command, ...]
    member: str = ""
    takes_away: bool = False


@dataclass(frozen=True)
class Scene:
    """What a trial is made ready from.

    Attributes:
        desired: What there should be.
        observed: What there is.
        seconds: After so long, what is done inside a server ends by itself.
        spared: Alarms that somebody watches the trial by.
    """

    desired: Desired
    observed: Observed
    seconds: int
    spared: Collection[str] = ()


def stage(slug: str, scene: Scene) -> Staged:
    """Make one ready.

    Args:
        slug: One of `STAGES`.
        scene: The stack now.

    Raises:
        NothingToBreak: Nothing of the kind is there, well, and known.
    """
    return STAGES[slug](scene)


def is_serving(fleet: Fleet, member: Member) -> bool:
    """Whether a member is known to serve customers: what nobody said of it does not count."""
    is_sent_to = member.target == "healthy" or (not fleet.target_group and member.target is None)
    is_kept = member.lifecycle == "InService" and member.is_healthy
    return is_kept and member.machine == "running" and is_sent_to


def serving(fleet: Fleet) -> list[Member]:
    """The members that serve, by their ids."""
    return sorted((one for one in fleet.members if is_serving(fleet, one)), key=lambda one: one.id)


def _kill(scene: Scene) -> Staged:
    name = _member(scene)
    arguments = {"InstanceIds": [name]}
    return Staged(
        "kill-instance",
        Ref("member", name),
        f"The server {name} is stopped.",
        (Command("ec2", "stop_instances", arguments),),
        (Command("ec2", "start_instances", arguments),),
        member=name,
        takes_away=True,
    )


def _freeze(scene: Scene) -> Staged:
    script = scripts.freeze(scene.seconds), scripts.THAW
    return _inside("freeze-instance", scene, "The shop on {} is frozen; its machine runs.", *script)


def _fill(scene: Scene) -> Staged:
    script = scripts.fill(scene.seconds), scripts.EMPTY
    return _inside("fill-memory", scene, "The memory of {} is filled.", *script)


def _inside(slug: str, scene: Scene, words: str, do: list[str], undo: list[str]) -> Staged:
    """Something done inside a server, by Systems Manager."""
    name = _member(scene)
    return Staged(
        slug,
        Ref("member", name),
        words.format(name),
        (scripts.sent(name, do),),
        (scripts.sent(name, undo),),
        member=name,
        takes_away=True,
    )


def _open_port(scene: Scene) -> Staged:
    group = _servers_group(scene)
    origin = {"CidrIp": NOWHERE, "Description": "Opened on purpose"}
    rule = {"IpProtocol": "tcp", "FromPort": SSH, "ToPort": SSH, "IpRanges": [origin]}
    arguments = {"GroupId": group.id, "IpPermissions": [rule]}
    return Staged(
        "open-port",
        group.ref,
        f"Port {SSH} of the servers' security group {group.id} is opened to {NOWHERE}.",
        (Command("ec2", "authorize_security_group_ingress", arguments),),
        (Command("ec2", "revoke_security_group_ingress", arguments),),
    )


def _delete_alarm(scene: Scene) -> Staged:
    alarm, found = _alarm(scene, lambda fields: True)
    whole = Drift(alarm.ref, WHOLE, dict(found.fields), None)
    as_it_was = replace(alarm, fields=found.fields)
    remedy = ALARM.mend(Broken(as_it_was, None, (whole,), scene.observed.resources))
    return Staged(
        "delete-alarm",
        alarm.ref,
        f"The alarm {alarm.id} is deleted.",
        (Command("cloudwatch", "delete_alarms", {"AlarmNames": [alarm.id]}),),
        remedy.commands,
    )


def _change_threshold(scene: Scene) -> Staged:
    alarm, found = _alarm(scene, lambda fields: _deaf(fields) is not None)
    before, after = found.fields["threshold"], _deaf(found.fields)
    changed = replace(alarm, fields={**found.fields, "threshold": after})
    drift = Drift(alarm.ref, "threshold", after, before)
    remedy = ALARM.mend(Broken(changed, found, (drift,), scene.observed.resources))
    return Staged(
        "change-threshold",
        alarm.ref,
        f"The threshold of the alarm {alarm.id} is set from {before:g} to {after:g}.",
        remedy.commands,
        remedy.undo,
    )


def _lose_zone(scene: Scene) -> Staged:
    group, found = _found(scene, lambda one: one.id == scene.desired.stack.group)
    subnets = found.fields.get("subnets") or []
    if group.ref.kind != "auto_scaling_group" or len(subnets) < 2:
        raise NothingToBreak("The group has one zone only: taking it away would end the shop.")
    named = {"AutoScalingGroupName": group.id}
    remaining, whole = ",".join(subnets[:-1]), ",".join(subnets)
    update = "update_auto_scaling_group"
    return Staged(
        "lose-zone",
        group.ref,
        f"The subnet {subnets[-1]}, and with it its zone, is taken out of the group {group.id}.",
        (Command("autoscaling", update, {**named, "VPCZoneIdentifier": remaining}),),
        (Command("autoscaling", update, {**named, "VPCZoneIdentifier": whole}),),
        takes_away=True,
    )


Stage = Callable[[Scene], Staged]
STAGES: Mapping[str, Stage] = {
    "kill-instance": _kill,
    "freeze-instance": _freeze,
    "fill-memory": _fill,
    "open-port": _open_port,
    "delete-alarm": _delete_alarm,
    "change-threshold": _change_threshold,
    "lose-zone": _lose_zone,
}
"""How each trial is done to a real stack, by its slug."""


# Targets


def _member(scene: Scene) -> str:
    """A server that serves, and that nobody marked to be left alone."""
    fleet = scene.observed.fleet
    if fleet is None:
        raise NothingToBreak("The group's members could not be read.")
    found = [one.id for one in serving(fleet) if not one.is_protected]
    if not found:
        raise NothingToBreak("No server serves that healing may touch.")
    return found[0]


def _servers_group(scene: Scene) -> Resource:
    """The security group that servers are launched with."""
    ids = {
        name
        for one in scene.desired.resources
        if one.ref.kind == "launch_template"
        for name in (one.fields.get("content") or {}).get("security_groups") or ()
    }

    def is_servers(one: Resource) -> bool:
        is_named = one.id in ids if ids else one.ref.name == "fleet"
        return one.ref.kind == "security_group" and is_named

    return _found(scene, is_servers)[0]


def _alarm(scene: Scene, is_fit: Callable[[Fields], bool]) -> tuple[Resource, Found]:
    """An alarm that is as it should be; one that only tells people before one that scales."""
    of_scaling = {
        one.id
        for one in scene.desired.resources
        if any(OF_POLICY in str(named) for named in one.fields.get("alarm_actions") or ())
    }

    def fits(one: Resource) -> bool:
        sight = scene.observed.resources.get(one.ref)
        is_known = isinstance(sight, Found) and not sight.absent and is_fit(sight.fields)
        return one.ref.kind == "alarm" and one.id not in scene.spared and is_known

    return _found(scene, fits, first=lambda one: (one.id in of_scaling, one.id))


def _deaf(fields: Fields) -> float | None:
    """A threshold at which an alarm goes off even less; `None` where it compares with none."""
    threshold, comparison = fields.get("threshold"), str(fields.get("comparison", ""))
    if not isinstance(threshold, int | float) or not comparison.endswith("Threshold"):
        return None
    if comparison.startswith("GreaterThan"):
        return threshold + DEAF_BY
    return threshold - DEAF_BY


def _found(
    scene: Scene,
    is_it: Callable[[Resource], bool],
    first: Callable[[Resource], tuple] = lambda one: (str(one.ref),),
) -> tuple[Resource, Found]:
    """The first of the document's resources that fits, is there, and is as it should be.

    Raises:
        NothingToBreak: None is.
    """
    broken = drifted(compare(scene.desired, scene.observed))
    fitting = sorted(filter(is_it, scene.desired.resources), key=first)
    for one in fitting:
        sight = scene.observed.resources.get(one.ref)
        if isinstance(sight, Found) and one.ref not in broken:
            return one, sight
    named = ", ".join(str(one.ref) for one in fitting[:3])
    why = f"{named} is not as it should be, or unknown" if named else "the document names none"
    raise NothingToBreak(f"Nothing fits this trial: {why}.")
