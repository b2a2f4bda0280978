"""What is done about the database: a full disk grows, one that answers nobody starts again. Pure.

Database --actions--> GROW_STORAGE, FAIL_OVER, REBOOT_DATABASE, or a REPORT with what to run
"""

from collections.abc import Collection, Sequence
from math import ceil, floor, isfinite

from cloudscale.ops.healing.action import Action, Command, Verb
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.observed import Database, Observed
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.words import typed

OF_DATABASES = "database"
SILENT = "database-silent"
FULL = "storage-low"
BROKEN = "database-broken"

LOW_SHARE = 0.10
"""Less than this of the disk free is low. RDS's own growth begins there too."""

TREND_SHARE = 0.25
TREND_HOURS = 24
"""With less than a quarter free, what would be full within a day at the rate of the last hours
grows too: RDS refuses a second growth within six hours of the first."""

TREND_LEAST_HOURS = 3
"""A rate from fewer hours is a mood, and not a trend."""

LEAST_GROWTH_GB = 5
LEAST_GROWTH_SHARE = 0.10
"""RDS refuses to grow a disk by less than a tenth.

Source: Amazon RDS User Guide, "Increasing DB instance storage capacity".
"""

SILENT_MINUTES = 5
"""So many minutes in a row nobody may be connected before a database counts as silent."""

GROWS_IN = frozenset({"available", "storage-full"})
"""In any other state RDS refuses to change it, or is at work on it."""

POINT_IN_TIME = (
    "aws rds restore-db-instance-to-point-in-time --source-db-instance-identifier {id} "
    "--target-db-instance-identifier {id}-restored --use-latest-restorable-time"
)
BY_HAND = {
    "stopped": "aws rds start-db-instance --db-instance-identifier {id}",
    "failed": POINT_IN_TIME,
    "restore-error": POINT_IN_TIME,
    "inaccessible-encryption-credentials": POINT_IN_TIME,
    "inaccessible-encryption-credentials-recoverable": (
        "aws rds start-db-instance --db-instance-identifier {id}"
    ),
    "incompatible-parameters": "terraform apply -target=module.database",
    "incompatible-network": "terraform apply -target=module.network",
    "incompatible-restore": POINT_IN_TIME,
    "incompatible-option-group": "terraform apply -target=module.database",
}
"""States that no call of ours ends, and what a person would run.

Source: Amazon RDS User Guide, "Viewing Amazon RDS DB instance status".
"""


def actions(
    desired: Desired, observed: Observed, rebooted: Collection[Ref] = ()
) -> Sequence[Action]:
    """What is done about the database.

    Args:
        desired: How the database is named there.
        observed: What was found; what nobody told is not acted on.
        rebooted: What was rebooted lately: once is enough.
    """
    database = observed.database
    if database is None or database.is_protected:
        return ()
    ref = _ref(desired, database)
    broken = _broken(database, ref)
    if broken is not None:
        return (broken,)
    found = (_storage(database, ref), _silence(database, ref, is_rebooted=ref in rebooted))
    return tuple(one for one in found if one is not None)


def _ref(desired: Desired, database: Database) -> Ref:
    """Its name in the document, so that what is done to it is one story with its drift."""
    of_kind = (one for one in desired.resources if one.ref.kind == OF_DATABASES)
    named = (one.ref for one in of_kind if one.id == database.id)
    return next(named, Ref(OF_DATABASES, database.id))


def _broken(database: Database, ref: Ref) -> Action | None:
    by_hand = BY_HAND.get(database.status)
    if by_hand is None:
        return None
    return Action(
        ref=ref,
        verb=Verb.REPORT,
        cause=BROKEN,
        reason=f"The database is {database.status}: no call that healing may make ends that.",
        before={"status": database.status},
        after={"status": "available"},
        by_hand=by_hand.format(id=database.id),
    )


# It answers nobody


def _silence(database: Database, ref: Ref, *, is_rebooted: bool) -> Action | None:
    newest = database.connections[-SILENT_MINUTES:]
    is_empty = len(newest) == SILENT_MINUTES and not any(newest)
    # Elsewhere than in `available` RDS is at work on it, and refuses a reboot.
    if database.answers is not False or not is_empty or database.status != "available":
        return None
    words = (
        f"The database calls itself available, but the shop's servers have had no answer, and "
        f"for {SILENT_MINUTES} minutes nobody has been connected."
    )
    if database.is_standby_there:
        return _restarted(database, ref, Verb.FAIL_OVER, f"{words} Its standby takes over.")
    if is_rebooted:
        return Action(
            ref=ref,
            verb=Verb.REPORT,
            cause=SILENT,
            reason=f"{words} A reboot did not help, and there is no standby.",
            before={"connections": 0},
            after={"status": "answering"},
            by_hand=POINT_IN_TIME.format(id=database.id),
        )
    return _restarted(database, ref, Verb.REBOOT_DATABASE, f"{words} It is rebooted once.")


def _restarted(database: Database, ref: Ref, verb: Verb, reason: str) -> Action:
    is_over = verb is Verb.FAIL_OVER
    arguments = {"DBInstanceIdentifier": database.id, "ForceFailover": is_over}
    reboot = Command("rds", "reboot_db_instance", arguments)
    return Action(
        ref=ref,
        verb=verb,
        cause=SILENT,
        reason=f"{reason} Whoever is connected to it would be cut off, and nobody is.",
        before={"connections": 0, "status": database.status},
        after={"status": "answering"},
        commands=(reboot,),
        undo=(reboot,) if is_over else (),
        undo_words="" if is_over else "Nothing to undo: it starts again as it was.",
    )


# Its disk


def _storage(database: Database, ref: Ref) -> Action | None:
    size = database.allocated_gb
    words = _shortage(database)
    if words is None or size is None or database.status not in GROWS_IN:
        return None
    wanted = grown(size, database.largest_gb)
    if wanted is None or database.largest_gb is None:
        return _at_largest(database, ref, words)
    if database.is_change_pending and database.status != "storage-full":
        return _beside_pending(database, ref, words, wanted)
    return Action(
        ref=ref,
        verb=Verb.GROW_STORAGE,
        cause=FULL,
        reason=f"{words} It grows from {size:g} to {wanted} GB, of at most "
        f"{database.largest_gb:g}.",
        before={"allocated_gb": size},
        after={"allocated_gb": wanted},
        commands=(_growth(database, wanted),),
        undo_words="Nothing takes it back: a disk of RDS never shrinks. A smaller one means a new "
        "database, restored from a dump.",
    )


def grown(size: float, largest: float | None) -> int | None:
    """What a disk grows to, in GB; `None` where its bound leaves less than RDS accepts.

    Args:
        size: Its size now, in GB.
        largest: So far it may grow, in GB; `None`: not at all.
    """
    wanted = ceil(size + max(size * LEAST_GROWTH_SHARE, LEAST_GROWTH_GB))
    bounded = min(wanted, floor(largest or 0))
    return bounded if bounded - size >= size * LEAST_GROWTH_SHARE else None


def _shortage(database: Database) -> str | None:
    """Why the disk is too small, in a sentence; `None` where it is not known to be."""
    if database.status == "storage-full":
        return "The database's disk is full, and it takes no more writes."
    free, size = database.free_gb, database.allocated_gb
    if free is None or not size or not isfinite(free) or free < 0:
        return None
    left = f"{free:.1f} of {size:g} GB are free"
    if free < LOW_SHARE * size:
        return f"Of the database's disk only {left}."
    hours = _hours_left(database)
    if hours is not None and hours < TREND_HOURS and free < TREND_SHARE * size:
        return f"Of the database's disk {left}, and at this rate it is full in {hours:.0f} h."
    return None


def _hours_left(database: Database) -> float | None:
    """How long the disk lasts at the rate of the last hours; `None` where it does not fill."""
    told = database.free_gb_by_hour
    if len(told) <= TREND_LEAST_HOURS or database.free_gb is None:
        return None
    rate = (told[0] - told[-1]) / (len(told) - 1)
    return database.free_gb / rate if isfinite(rate) and rate > 0 else None


def _growth(database: Database, wanted: int) -> Command:
    arguments = {
        "DBInstanceIdentifier": database.id,
        "AllocatedStorage": wanted,
        "ApplyImmediately": True,
    }
    return Command("rds", "modify_db_instance", arguments)


def _at_largest(database: Database, ref: Ref, words: str) -> Action:
    largest = database.largest_gb
    raised = ceil(2 * (database.allocated_gb or 0))
    bound = f"may not grow beyond {largest:g} GB" if largest else "may not grow by itself"
    return Action(
        ref=ref,
        verb=Verb.REPORT,
        cause=FULL,
        reason=f"{words} It {bound}: raise database_max_storage_gb.",
        before={"allocated_gb": database.allocated_gb, "largest_gb": largest},
        after={"largest_gb": raised},
        by_hand=f"terraform apply -var=database_max_storage_gb={raised}",
    )


def _beside_pending(database: Database, ref: Ref, words: str, wanted: int) -> Action:
    return Action(
        ref=ref,
        verb=Verb.REPORT,
        cause=FULL,
        reason=f"{words} Another change waits for the database's maintenance window, and growing "
        "the disk now would make that one now too.",
        before={"allocated_gb": database.allocated_gb},
        after={"allocated_gb": wanted},
        by_hand=typed(_growth(database, wanted)),
    )
