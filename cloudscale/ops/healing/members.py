"""Who of the fleet is sick, by what all say who know of it, and whether it is all of them. Pure.

Fleet --judge--> Judged: sick members with causes; whether they are too many at once

What nobody said is no sickness: a fact that is missing is never acted on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.observed import Fleet, Member

STOPPED = "stopped"
CHECKS_FAILED = "checks-failed"
FROZEN = "frozen"
NEVER_HEALTHY = "never-healthy"
NOT_REGISTERED = "deregistered"
NOT_KEPT = "not-kept"

LEAVE_ALONE = "cloudscale:healing"
"""The tag that keeps healing away: `off`, or `off until 2026-11-27T04:00Z`."""

MARGIN = timedelta(seconds=120)
"""So long after its grace a member may still not have become healthy. And so long after the
group should have given a launch up, healing does."""

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"

GROUP_PATIENCE = timedelta(minutes=15)
"""So long the group itself may take to replace a member that it does not mean to keep."""

SETTLED = timedelta(seconds=120)
"""After its launch a member is registered by the group within that."""


@dataclass(frozen=True, slots=True)
class Sickness:
    """What is wrong with one member.

    Attributes:
        member: Who.
        cause: As a word.
        words: What is seen of it, as a sentence.
        since: Since when, where somebody knows.
        can_reboot_help: Whether what is wrong may be gone after a reboot.
    """

    member: Member
    cause: str
    words: str
    since: datetime | None = None
    can_reboot_help: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """The fleet, judged.

    Attributes:
        sick: Those in service that are sick, the longest sick first.
        stuck: Those whose launch does not end.
        lost: Those in service that the load balancer does not know.
        in_service: How many are in service, sick or not.
        is_all_sick: Whether so many are sick at once that the cause must be elsewhere.
    """

    sick: tuple[Sickness, ...]
    stuck: tuple[Sickness, ...]
    lost: tuple[Sickness, ...]
    in_service: int
    is_all_sick: bool


def judge(fleet: Fleet, desired: Desired, now: datetime) -> Judged:
    """Judge every member.

    Args:
        fleet: The members.
        desired: How long one must be sick, and how long a launch may take.
        now: Aware UTC.
    """
    serving = [one for one in fleet.members if state_of(one) == "InService"]
    sick = [found for one in serving if (found := sickness(one, fleet, desired.limits, now))]
    launching = [one for one in fleet.members if state_of(one) == "Pending"]
    longest = _longest_launch(fleet, desired)
    return Judged(
        sick=tuple(sorted(sick, key=lambda one: (one.since or now, one.member.id))),
        stuck=tuple(found for one in launching if (found := _stuck(one, longest, now))),
        lost=tuple(found for one in serving if (found := _lost(one, fleet, now))),
        in_service=len(serving),
        is_all_sick=_are_all_sick(len(sick), len(serving), fleet.desired),
    )


def _are_all_sick(sick: int, serving: int, wanted: int) -> bool:
    """Whether it is all of them, or of three and more most.

    One machine that is a whole fleet says nothing of a common cause: it is healed like any other.
    """
    if not sick or max(serving, wanted) < 2:
        return False
    return sick == serving or (serving >= 3 and 2 * sick > serving)


def sickness(member: Member, fleet: Fleet, limits: Limits, now: datetime) -> Sickness | None:
    """What is wrong with a member in service; `None` where nothing is known to be."""
    return (
        _stopped(member)
        or _failed_checks(member, limits, now)
        or _unhealthy_target(member, fleet, limits, now)
        or _not_kept(member)
    )


def state_of(member: Member) -> str:
    """Its lifecycle, whatever hook it waits for: of `Pending:Wait` that is `Pending`."""
    return member.lifecycle.partition(":")[0]


def can_be_touched(member: Member) -> bool:
    """Whether nobody keeps healing away from it."""
    return not member.is_protected and state_of(member) in ("InService", "Pending")


def is_left_to_group(sick: Sickness, now: datetime) -> bool:
    """Whether the group replaces it already, and has had no more time than that takes."""
    if sick.member.is_healthy:
        return False
    return sick.since is None or now - sick.since < GROUP_PATIENCE


def is_left_alone(tags: Mapping[str, str], now: datetime) -> bool:
    """Whether tags keep healing away now. What they say and nobody understands keeps it away too.

    Args:
        tags: Of the member, or of what it belongs to.
        now: Aware UTC.
    """
    told = str(tags.get(LEAVE_ALONE, "")).strip().lower()
    if told in ("", "on"):
        return False
    off, _, until = told.partition(" until ")
    if off != "off" or not until:
        return True
    try:
        end = datetime.fromisoformat(until.upper())
    except ValueError:
        return True
    return now < (end if end.tzinfo else end.replace(tzinfo=UTC))


def _stopped(member: Member) -> Sickness | None:
    if member.machine != "stopped":
        return None
    return Sickness(member, STOPPED, "Its machine is stopped.")


def _failed_checks(member: Member, limits: Limits, now: datetime) -> Sickness | None:
    since = member.impaired_since
    if member.machine != "running" or member.checks != "impaired" or since is None:
        return None
    if now - since < timedelta(seconds=limits.sick_seconds):
        return None
    whose = "the machine under it" if member.is_host_sick else "its own system"
    words = f"Its status check has failed for {_seconds(now - since)} s: that of {whose}."
    return Sickness(member, CHECKS_FAILED, words, since, can_reboot_help=not member.is_host_sick)


def _unhealthy_target(
    member: Member, fleet: Fleet, limits: Limits, now: datetime
) -> Sickness | None:
    """What the load balancer says, who asks every few seconds and has asked more than once."""
    since, launched = member.target_since, member.launched_at
    if launched is None or member.machine != "running" or member.checks == "initializing":
        return None
    grace, age = timedelta(seconds=fleet.grace_seconds), now - launched
    if age < grace:
        return None
    was_never = member.target == "initial" or (since is not None and since - launched <= grace)
    if member.target in ("initial", "unhealthy") and was_never:
        if age < grace + MARGIN:
            return None
        words = f"{_seconds(age)} s after its launch the load balancer calls it {member.target}: "
        return Sickness(
            member, NEVER_HEALTHY, f"{words}it never became healthy.", since or launched + grace
        )
    if member.target != "unhealthy":
        return None
    if since is not None and now - since < timedelta(seconds=limits.sick_seconds):
        return None
    how_long = f" for {_seconds(now - since)} s" if since else ""
    words = f"It has failed the load balancer's checks{how_long} while its machine runs."
    return Sickness(member, FROZEN, words, since, can_reboot_help=True)


def _not_kept(member: Member) -> Sickness | None:
    """The group knows something that nobody else has told: it counts, and the group acts."""
    if member.is_healthy:
        return None
    return Sickness(member, NOT_KEPT, "The group calls it unhealthy and replaces it.")


def _longest_launch(fleet: Fleet, desired: Desired) -> timedelta:
    """How long a launch may take: as long as its hook waits, or the group's grace without one."""
    seconds = [fleet.grace_seconds]
    for one in desired.resources:
        timeout = one.fields.get("timeout_seconds")
        is_of_launches = one.fields.get("transition") == LAUNCHING
        if one.ref.kind == "lifecycle_hook" and is_of_launches and isinstance(timeout, int | float):
            seconds.append(timeout)
    return timedelta(seconds=max(seconds)) + MARGIN


def _stuck(member: Member, longest: timedelta, now: datetime) -> Sickness | None:
    launched = member.launched_at
    if launched is None or now - launched < longest:
        return None
    words = f"{_seconds(now - launched)} s after its launch it is still not in service."
    return Sickness(member, NEVER_HEALTHY, words, launched)


def _lost(member: Member, fleet: Fleet, now: datetime) -> Sickness | None:
    launched = member.launched_at
    if not fleet.target_group or member.target != "absent" or not member.is_healthy:
        return None
    if member.machine != "running" or launched is None or now - launched < SETTLED:
        return None
    words = "It is in service, and the load balancer does not know it."
    return Sickness(member, NOT_REGISTERED, words)


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.0f}"
