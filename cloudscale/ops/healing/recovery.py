"""Sick members, and the database: what is done about them. Pure.

Fleet, Database --actions--> register, reboot once, replace; fail over, grow; or call people

A member is replaced through its group: that ends it without shrinking the fleet, and the group's
maintenance policy has another one serve first. Source: AWS, SetInstanceHealth, API reference.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from cloudscale.ops.healing.action import Action, Command, Verb
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.guards import ALL_SICK, OF_MEMBERS
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.observed import Database, Fleet, Member, Observed
from cloudscale.ops.healing.resource import Ref

STARTING = timedelta(seconds=300)
"""So long beyond the group's grace a new member may take before it counts as one that never
becomes healthy."""

STOPPED = frozenset({"stopped", "stopping"})
FULL_SHARE = 0.10
"""A disk with less than this share free is grown; a tenth of it, and 5 GB at least, at a time.

Source: Amazon RDS User Guide, "Managing capacity automatically with storage autoscaling".
"""
SMALLEST_GROWTH_GB = 5
SILENT_MINUTES = 5


def actions(desired: Desired, observed: Observed, history: History) -> Sequence[Action]:
    """What is to be done about members and the database that are not well.

    Args:
        desired: For the limits: how long one must be sick.
        observed: What was found; of what nobody knows, nothing follows.
        history: Who was rebooted before.
    """
    found: list[Action] = []
    rebooted = history.rebooted(desired.limits)
    if observed.fleet is not None:
        found += _of_fleet(desired, observed.fleet, rebooted, observed.at)
    if observed.database is not None:
        found += _of_database(observed.database, rebooted)
    return found


# Members


def _of_fleet(
    desired: Desired, fleet: Fleet, rebooted: Collection[Ref], now: datetime
) -> Iterable[Action]:
    serving = [one for one in fleet.members if one.lifecycle == "InService"]
    sick_since = timedelta(seconds=desired.limits.sick_seconds)
    found = [
        action
        for one in fleet.members
        if _may_be_touched(one, fleet)
        and (action := _of_member(one, fleet, rebooted, now, sick_since)) is not None
    ]
    sick = [one for one in found if one.verb in (Verb.REBOOT, Verb.REPLACE)]
    if len(serving) > 1 and len(sick) >= len(serving):
        return [_all_sick(fleet, len(serving)), *found]
    return found


def _may_be_touched(member: Member, fleet: Fleet) -> bool:
    """Whoever is protected, set aside, leaving, or being replaced by a deployment is left alone."""
    if member.is_protected or fleet.is_refreshing:
        return False
    return member.lifecycle == "InService" or member.lifecycle.startswith("Pending")


def _of_member(
    member: Member,
    fleet: Fleet,
    rebooted: Collection[Ref],
    now: datetime,
    sick_since: timedelta,
) -> Action | None:
    ref = Ref(OF_MEMBERS, member.id)
    if member.machine in STOPPED:
        return replace(member, "stopped", f"The machine is {member.machine}, and serves nobody.")
    if member.lifecycle.startswith("Pending"):
        return _late(member, fleet, now)
    if _is_impaired(member, now, sick_since):
        why = "EC2's status checks of it fail"
        return _reboot_once(member, ref in rebooted, "checks-failed", why, member.impaired_since)
    if member.target == "absent" and fleet.target_group and _is_of_age(member, fleet, now):
        return _register(member, fleet)
    if _is_frozen(member, fleet, now, sick_since):
        why = "Its health checks fail while its machine runs: the application is frozen"
        return _reboot_once(member, ref in rebooted, "frozen", why, member.target_since)
    return None


def _is_of_age(member: Member, fleet: Fleet, now: datetime) -> bool:
    grace = timedelta(seconds=fleet.grace_seconds)
    return member.launched_at is not None and now - member.launched_at > grace


def _is_impaired(member: Member, now: datetime, sick_since: timedelta) -> bool:
    if member.checks != "impaired":
        return False
    return member.impaired_since is not None and now - member.impaired_since >= sick_since


def _is_frozen(member: Member, fleet: Fleet, now: datetime, sick_since: timedelta) -> bool:
    is_up = member.machine == "running" and member.checks in ("ok", None)
    if member.target != "unhealthy" or not is_up or not _is_of_age(member, fleet, now):
        return False
    return member.target_since is None or now - member.target_since >= sick_since


def _late(member: Member, fleet: Fleet, now: datetime) -> Action | None:
    """One that was launched long ago and never became healthy."""
    if member.launched_at is None or member.target == "healthy":
        return None
    waited = now - member.launched_at
    if waited <= timedelta(seconds=fleet.grace_seconds) + STARTING:
        return None
    why = f"It was launched {waited.total_seconds():.0f} s ago and has never become healthy."
    return replace(member, "never-healthy", why, member.launched_at)


def _reboot_once(
    member: Member, was_rebooted: bool, cause: str, why: str, since: datetime | None
) -> Action:
    if was_rebooted:
        return replace(member, f"{cause}-again", f"{why}, and a reboot did not help.", since)
    return Action(
        ref=Ref(OF_MEMBERS, member.id),
        verb=Verb.REBOOT,
        cause=cause,
        reason=f"{why}. It is rebooted, once.",
        before=_told(member),
        after={"target": "healthy", "checks": "ok"},
        commands=(Command("ec2", "reboot_instances", {"InstanceIds": [member.id]}),),
        undo_words="Nothing to undo: a reboot keeps the machine and its disk.",
        fault_at=since,
    )


def replace(
    member: Member,
    cause: str,
    why: str,
    since: datetime | None = None,
    verb: Verb = Verb.REPLACE,
    *,
    can_wait: bool = False,
) -> Action:
    """End a member through its group, which drains it and has another one in its place."""
    arguments = {
        "InstanceId": member.id,
        "HealthStatus": "Unhealthy",
        "ShouldRespectGracePeriod": False,
    }
    return Action(
        ref=Ref(OF_MEMBERS, member.id),
        verb=verb,
        cause=cause,
        reason=f"{why} Its group replaces it.",
        before=_told(member),
        after={"member": "another one in its place"},
        commands=(Command("autoscaling", "set_instance_health", arguments),),
        undo_words=(
            "While it is still there: set its health to Healthy again "
            f"(aws autoscaling set-instance-health --instance-id {member.id} "
            "--health-status Healthy). Afterwards there is another one in its place."
        ),
        can_wait=can_wait,
        fault_at=since,
    )


def _register(member: Member, fleet: Fleet) -> Action:
    targets = {"TargetGroupArn": fleet.target_group, "Targets": [{"Id": member.id}]}
    return Action(
        ref=Ref(OF_MEMBERS, member.id),
        verb=Verb.REGISTER,
        cause="deregistered",
        reason="It is in service, and the load balancer does not know it: nobody is sent to it.",
        before={"target": "absent"},
        after={"target": "healthy"},
        commands=(Command("elbv2", "register_targets", targets),),
        undo=(Command("elbv2", "deregister_targets", targets),),
    )


def _told(member: Member) -> dict[str, str | None]:
    return {"machine": member.machine, "checks": member.checks, "target": member.target}


def _all_sick(fleet: Fleet, count: int) -> Action:
    return Action(
        ref=Ref("fleet", fleet.group),
        verb=Verb.REPORT,
        cause=ALL_SICK,
        reason=f"All {count} servers in service are sick at once. What they share is at fault: the "
        "database, a secret, a deployment, the network. Nothing is done to them.",
        by_hand="python -m cloudscale doctor",
    )


# The database


def _of_database(database: Database, rebooted: Collection[Ref]) -> Iterable[Action]:
    if (storage := _storage(database)) is not None:
        yield storage
    if _is_silent(database):
        yield _revive(database, Ref("database", database.id) in rebooted)


def _is_silent(database: Database) -> bool:
    """Whether it is said to be available and nobody gets an answer from it.

    No connections alone mean nothing: a shop that is closed has none either.
    """
    lately = list(database.connections)[-SILENT_MINUTES:]
    is_empty = len(lately) == SILENT_MINUTES and not any(lately)
    return database.status == "available" and database.answers is False and is_empty


def _revive(database: Database, was_rebooted: bool) -> Action:
    why = f"Nobody has had a connection for {SILENT_MINUTES} minutes, and no server gets an answer"
    ref = Ref("database", database.id)
    if was_rebooted:
        return Action(
            ref=ref,
            verb=Verb.REPORT,
            cause="database-silent-again",
            reason=f"{why}, though it was rebooted: people must look.",
            by_hand="aws rds describe-events --source-type db-instance "
            f"--source-identifier {database.id}",
        )
    arguments: dict[str, Any] = {"DBInstanceIdentifier": database.id}
    way = "Its standby takes over" if database.is_standby_there else "It is rebooted"
    if database.is_standby_there:
        arguments["ForceFailover"] = True
    return Action(
        ref=ref,
        verb=Verb.FAIL_OVER if database.is_standby_there else Verb.REBOOT_DATABASE,
        cause="database-silent",
        reason=f"{why}. {way}.",
        before={"status": database.status, "answers": database.answers},
        after={"answers": True},
        commands=(Command("rds", "reboot_db_instance", arguments),),
        undo_words="Nothing to undo: its data is the same.",
    )


def _storage(database: Database) -> Action | None:
    size, free = database.allocated_gb, database.free_gb
    is_full = database.status == "storage-full"
    if size is None or (not is_full and (free is None or free >= size * FULL_SHARE)):
        return None
    left = "nothing" if is_full or free is None else f"{free:.1f} GB"
    why = f"Of its disk of {size:g} GB {left} is free."
    largest = database.largest_gb or size
    wanted = min(size + max(size * FULL_SHARE, SMALLEST_GROWTH_GB), largest)
    ref = Ref("database", database.id)
    if wanted <= size:
        return Action(
            ref=ref,
            verb=Verb.REPORT,
            cause="storage-at-its-largest",
            reason=f"{why} It may not grow further than {largest:g} GB.",
            by_hand="terraform apply -var database_max_storage_gb=… (a larger one)",
        )
    arguments = {
        "DBInstanceIdentifier": database.id,
        "AllocatedStorage": int(wanted),
        "ApplyImmediately": True,
    }
    return Action(
        ref=ref,
        verb=Verb.GROW_STORAGE,
        cause="storage-low",
        reason=f"{why} It is grown to {int(wanted)} GB before it is full.",
        before={"allocated_gb": size, "free_gb": free},
        after={"allocated_gb": int(wanted)},
        commands=(Command("rds", "modify_db_instance", arguments),),
        undo_words="Nothing to undo: a disk does not shrink.",
    )
