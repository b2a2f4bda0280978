"""What became of what was wrong before this run: well again, still under way, or failed.

open incidents + what is seen now --settle--> healed, failed, passed, or left open

A crash between a call and its line leaves an intent without an end: it is judged here by what is
seen, and never acted on twice within its cooldown.
"""

from datetime import datetime, timedelta
from typing import Any

from cloudscale.ops.healing.action import DISRUPTIVE, Verb
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.guards import ALL_SICK, OF_MEMBERS
from cloudscale.ops.healing.history import IN_VAIN
from cloudscale.ops.healing.incident import Incident
from cloudscale.ops.healing.kinds.kind import WHOLE
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.lines import Lines
from cloudscale.ops.healing.observed import Fleet, Member, Observed, Unreadable
from cloudscale.ops.healing.plan import DRIFT, Plan
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.recovery import EVERYBODY

OF_DATABASE = "database"
PATIENCE = {
    Verb.REPLACE: timedelta(seconds=900),
    Verb.DRAIN: timedelta(seconds=900),
    Verb.REBOOT_DATABASE: timedelta(seconds=600),
    Verb.FAIL_OVER: timedelta(seconds=600),
    Verb.GROW_STORAGE: timedelta(seconds=3_600),
}
"""So long what was done may take to help. A launch alone takes minutes, and a disk grows slowly.

How long the reboot of a member may take is a limit: `reboot_seconds`.
"""

AT_ONCE = timedelta(seconds=0)


def settle(lines: Lines, desired: Desired, observed: Observed, plan: Plan, now: datetime) -> bool:
    """Write what became of the open incidents.

    Args:
        lines: Where to.
        desired: What there should be.
        observed: What is seen now.
        plan: What this look found wrong, whatever would be done about it.
        now: Aware UTC.

    Returns:
        Whether anything was written.
    """
    still_wrong = {(one.action.ref, one.action.cause) for one in plan.planned}
    wrote = False
    for cause, incident in lines.history(now).incidents.items():
        ended = _unnamed(incident, desired)
        if (
            ended is None
            and _was_looked_at(incident, observed)
            and _was_read(incident, lines, plan)
        ):
            ended = _ended(incident, observed, cause in still_wrong, desired.limits, now)
        if ended is not None:
            _write(lines, desired, incident, *ended, now)
            wrote = True
    return wrote


def _write(
    lines: Lines, desired: Desired, incident: Incident, phase: Phase, reason: str, now: datetime
) -> None:
    trips = phase is Phase.FAILED and lines.history(now).trips(desired.limits)
    in_vain = {IN_VAIN: True} if phase is Phase.FAILED else {}
    detail = {**times(incident, now), **in_vain}
    lines.of_incident(phase, incident, now, reason=reason, detail=detail)
    if trips:
        lines.of_breaker(now, incident.ref, reason)


def _unnamed(incident: Incident, desired: Desired) -> tuple[Phase, str] | None:
    """What was drift of a resource that Terraform has let go since is nobody's any more."""
    is_drift = incident.cause.startswith(DRIFT)
    if not is_drift or any(one.ref == incident.ref for one in desired.resources):
        return None
    return Phase.PASSED, "The desired document does not name it any more."


def _was_read(incident: Incident, lines: Lines, plan: Plan) -> bool:
    """Whether all that was wrong could be read: what nobody knows is neither well nor sick."""
    unreadable = plan.comparison.unreadable
    last = lines.last_of(incident)
    fields = last.after if last else {}
    mine = {name for name in unreadable if name.startswith(f"{incident.ref}.")}
    return (
        not mine if WHOLE in fields else not any(f"{incident.ref}.{one}" in mine for one in fields)
    )


def _was_looked_at(incident: Incident, observed: Observed) -> bool:
    if incident.ref.kind == OF_MEMBERS:
        return observed.fleet is not None
    if incident.ref.kind == OF_DATABASE and incident.ref not in observed.resources:
        return observed.database is not None
    sight = observed.resources.get(incident.ref)
    return sight is not None and not isinstance(sight, Unreadable)


def _ended(
    incident: Incident, observed: Observed, is_still_wrong: bool, limits: Limits, now: datetime
) -> tuple[Phase, str] | None:
    if not incident.is_under_way:
        if is_still_wrong or _is_known_sick(incident, observed):
            return None
        if incident.acted_at is not None:
            return Phase.HEALED, "It is as it should be; what was done to it helped after all."
        return Phase.PASSED, _passed(incident, observed)
    waited = now - (incident.acted_at or now)
    if not is_still_wrong and _is_well(incident, observed):
        return Phase.HEALED, "It was read again and is as it should be."
    verb = Verb(incident.verb)
    if waited <= _patience(verb, limits):
        return None
    if verb in DISRUPTIVE or verb is Verb.GROW_STORAGE:
        return Phase.FAILED, f"It is not well {waited.total_seconds():.0f} s after it was done."
    return Phase.FAILED, "The run that did it ended before it could look, and it still differs."


def _patience(verb: Verb, limits: Limits) -> timedelta:
    if verb is Verb.REBOOT:
        return timedelta(seconds=limits.reboot_seconds)
    return PATIENCE.get(verb, AT_ONCE)


def _is_known_sick(incident: Incident, observed: Observed) -> bool:
    """Whether it is a member that is not well although nothing is to be done about it now.

    So it is while a deployment or the group itself replaces it, and while all are sick; and so are
    all together until one of them serves.
    """
    if incident.ref.kind != OF_MEMBERS or observed.fleet is None:
        return False
    if incident.ref == EVERYBODY:
        return observed.fleet.desired > 0 and not any(map(_serves, observed.fleet.members))
    member = _member_of(incident, observed.fleet)
    if member is None or not member.lifecycle.startswith(("InService", "Pending")):
        return False
    return not _is_called_well(member)


def _passed(incident: Incident, observed: Observed) -> str:
    if incident.ref == EVERYBODY:
        return "Not all are sick any more, and healing did nothing to any of them."
    fleet = observed.fleet if incident.ref.kind == OF_MEMBERS else None
    if fleet is not None and _member_of(incident, fleet) is None:
        return "It is gone, and healing did not end it."
    return "It is as it should be, and nothing was done to it."


def _member_of(incident: Incident, fleet: Fleet) -> Member | None:
    return next((one for one in fleet.members if one.id == incident.ref.name), None)


def _serves(member: Member) -> bool:
    return member.lifecycle == "InService" and _is_called_well(member)


def _is_called_well(member: Member) -> bool:
    is_up = member.machine in ("running", None) and member.checks != "impaired"
    return is_up and member.is_healthy and member.target in ("healthy", None)


def _is_well(incident: Incident, observed: Observed) -> bool:
    """Whether what was taken away is back, and not only that nobody complains of it."""
    if incident.ref.kind != OF_MEMBERS or observed.fleet is None:
        return observed.database is None or _is_database_well(incident, observed)
    if incident.cause == ALL_SICK:
        return True
    return _is_member_well(incident, observed.fleet)


def _is_member_well(incident: Incident, fleet: Fleet) -> bool:
    member = _member_of(incident, fleet)
    if incident.verb in (Verb.REPLACE, Verb.DRAIN) and member is not None:
        return False
    if member is not None:
        return _serves(member)
    serving = [
        one
        for one in fleet.members
        if one.lifecycle == "InService" and one.is_healthy and one.target in ("healthy", None)
    ]
    return len(serving) >= fleet.desired


def _is_database_well(incident: Incident, observed: Observed) -> bool:
    is_about_it = incident.verb in (Verb.REBOOT_DATABASE, Verb.FAIL_OVER)
    return not is_about_it or (
        observed.database is not None and observed.database.status == "available"
    )


def times(incident: Incident, now: datetime) -> dict[str, Any]:
    """Seconds from the fault, or from when it was seen first, to seen, acted and now."""
    broke_at = incident.fault_at or incident.seen_at
    acted = incident.acted_at
    return {
        "isFaultTimeKnown": incident.fault_at is not None,
        "seenSeconds": _seconds(incident.seen_at - broke_at),
        "actedSeconds": _seconds(acted - broke_at) if acted else None,
        "healthySeconds": _seconds(now - broke_at),
    }


def _seconds(span: timedelta) -> float:
    return round(max(span.total_seconds(), 0), 1)
