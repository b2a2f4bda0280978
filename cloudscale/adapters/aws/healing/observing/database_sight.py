"""The database as RDS and CloudWatch see it, and whether the shop gets answers from it.

RDS --> state, disk --> CloudWatch: what is free, who is connected, what the shop told: two calls
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import figures
from cloudscale.adapters.aws.healing.observing.figures import MINUTE, STALE_AFTER, Figure, Values
from cloudscale.adapters.aws.healing.observing.rows import tags
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.members import is_left_alone
from cloudscale.ops.healing.observed import Database
from cloudscale.ops.ports import CloudFault

HOUR = timedelta(hours=1)
LOOK_BACK_HOURS = 6
GB = 1024**3

TOLD = "ActiveUsers"
"""What the shop's leader tells CloudWatch every 10 s.

Who leads holds a lock in the database, and counts users there: it tells this only while the
database answers. So its silence, where it had been telling it, is that of the database.
"""

SILENCE = timedelta(minutes=5)
TOLD_BEFORE = timedelta(minutes=60)
TOLD_LEAST = 3
"""In so many minutes of the hour before it must have been told: a shop that never told it, or was
only just set up, proves nothing by its silence."""


def observe(calls: Calls, stack: StackFacts) -> Database:
    """The database now.

    Raises:
        CloudFault: RDS did not tell of it, or AWS takes no question at all.
    """
    now = datetime.now(UTC)
    named = {"DBInstanceIdentifier": stack.database}
    row = calls.ask("rds", "describe_db_instances", **named)["DBInstances"][0]
    told, absent = _told(calls, stack, now)
    free, free_by_hour = told.get("free", {}), told.get("freeByHour", {})
    return Database(
        id=stack.database,
        status=row["DBInstanceStatus"],
        is_standby_there=bool(row.get("MultiAZ")),
        allocated_gb=row.get("AllocatedStorage"),
        largest_gb=row.get("MaxAllocatedStorage"),
        free_gb=_newest(free, now),
        connections=figures.by_minute(told.get("connections", {}), now),
        answers=_answers(told, now),
        free_gb_by_hour=_by_hour(free_by_hour, now),
        is_change_pending=bool(row.get("PendingModifiedValues")),
        is_protected=is_left_alone(tags(row.get("TagList")), now),
        absent=absent,
    )


def _told(
    calls: Calls, stack: StackFacts, now: datetime
) -> tuple[Mapping[str, Values], dict[str, str]]:
    of = {"DBInstanceIdentifier": stack.database}
    of_group = {"AutoScalingGroupName": stack.group}
    of_shop = {**of_group, "Environment": stack.environment}
    asked = [
        Figure("free", "AWS/RDS", "FreeStorageSpace", of, "Minimum"),
        Figure("freeByHour", "AWS/RDS", "FreeStorageSpace", of, "Minimum", 3_600),
        Figure("connections", "AWS/RDS", "DatabaseConnections", of, "Maximum"),
        Figure("told", stack.namespace, TOLD, of_shop, "SampleCount"),
        Figure("serving", "AWS/AutoScaling", "GroupInServiceInstances", of_group, "Minimum"),
    ]
    since = now.replace(minute=0, second=0, microsecond=0) - LOOK_BACK_HOURS * HOUR
    try:
        return figures.ask(calls, asked, since, now), {}
    except CloudFault as fault:
        if fault.is_total:
            raise
        return {}, {"figures": fault.reason}


def _newest(values: Values, now: datetime) -> float | None:
    told = figures.by_minute(values, now)
    return told[-1] / GB if told else None


def _by_hour(values: Values, now: datetime) -> tuple[float, ...]:
    """Whole hours, oldest first; none where one is missing."""
    over = sorted(at for at in values if at + HOUR <= now)
    is_whole = all(later - before == HOUR for before, later in pairwise(over))
    is_new = bool(over) and now - over[-1] <= 2 * HOUR
    return tuple(values[at] / GB for at in over) if is_whole and is_new else ()


def _answers(told: Mapping[str, Values], now: datetime) -> bool | None:
    """Whether the shop's servers get answers; `None` where nothing proves it either way."""
    moments = [at for at, count in told.get("told", {}).items() if count > 0]
    silent_since = now - SILENCE
    if any(at + MINUTE > silent_since for at in moments):
        return True
    before = [at for at in moments if now - at <= TOLD_BEFORE]
    serving = told.get("serving", {})
    is_served = bool(serving) and now - max(serving) <= STALE_AFTER and serving[max(serving)] >= 1
    return False if len(before) >= TOLD_LEAST and is_served else None
