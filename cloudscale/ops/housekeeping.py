"""The loops behind the shop: what was put off is done, and what guests left is cleared away.

    every two seconds: outbox -> Mailer        marks of activity -> visits
    hourly: old carts, visits, notices, events, traces and virtual shoppers go; where visits came
    from is erased

Runs in each server process; rows that one process works on are locked and skipped by the others.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from sqlmodel import Session

from cloudscale.db import in_transaction
from cloudscale.ops import events
from cloudscale.ops.complaints import Complaint
from cloudscale.ops.healing import keeping as healing
from cloudscale.ops.healing import trials
from cloudscale.ops.load_lab import runs
from cloudscale.services import (
    activity,
    build_files,
    cart,
    outbox,
    scaling_traces,
    sessions,
    virtual,
)
from cloudscale.services.outbox import Mailer

logger = logging.getLogger(__name__)

OUTBOX_SECONDS = 2.0
ACTIVITY_SECONDS = 2.0
# A stop waits no longer for a database that is stuck.
LAST_ACTIVITY_SECONDS = 1.0
PRUNE_SECONDS = 3600.0
PRUNE_ROUNDS = 100
SHOPPERS = (virtual.prune, cart.prune, sessions.prune)
KEPT_A_WHILE = (outbox, events, runs, scaling_traces, healing, trials, build_files)
PRUNED = (*SHOPPERS, *(one.prune for one in KEPT_A_WHILE))


async def keep_house(mailer: Mailer) -> None:
    """Work until cancelled; survives whatever a round raises, such as a database that restarts.

    Args:
        mailer: Who carries the notices out.
    """
    pruned_at, services = -PRUNE_SECONDS, (*PRUNED, activity.Eraser())
    complaint = Complaint(
        logger, "Notices wait, and nothing is cleared away", "Notices go out again"
    )
    while True:
        try:
            await deliver_all(mailer)
            if time.monotonic() - pruned_at >= PRUNE_SECONDS:
                for service in services:
                    await prune(service)
                pruned_at = time.monotonic()
            complaint.worked()
        except Exception as failure:  # the next round may find the database again
            complaint.failed(failure)
        await asyncio.sleep(OUTBOX_SECONDS)


async def keep_activity() -> None:
    """Write who was active, until cancelled, and once more then; survives a database that is away.

    A lifespan task of each server process.
    """
    complaint = Complaint(
        logger, "Activity cannot be written just now", "Activity is written again"
    )
    try:
        while True:
            await asyncio.sleep(ACTIVITY_SECONDS)
            await _save(complaint)
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_save(complaint), LAST_ACTIVITY_SECONDS)


async def save_activity(marks: activity.Marks = activity.MARKS) -> bool:
    """Write all marks that wait; those that could not be written wait on.

    Returns:
        Whether there were any, so that the database was asked.
    """
    if not (taken := marks.take()):
        return False
    left = taken
    try:
        left = await in_transaction(activity.write, taken)
    finally:
        marks.put_back(left)
    return True


async def _save(complaint: Complaint) -> None:
    try:
        if await save_activity():
            complaint.worked()
    except Exception as failure:  # the marks wait for the database to come back
        complaint.failed(failure)


async def deliver_all(mailer: Mailer) -> int:
    """Empty the outbox of what is due.

    One message a transaction: a process that dies repeats at most the one it was sending.

    Returns:
        How many were tried.
    """
    tried = 0
    while await in_transaction(outbox.deliver_due, mailer, limit=1):
        tried += 1
    return tried


async def prune(service: Callable[[Session], int]) -> int:
    """Delete what is too old, in short transactions.

    Args:
        service: Deletes a bounded batch and says how many rows it was.

    Returns:
        How many were deleted.
    """
    deleted = 0
    for _ in range(PRUNE_ROUNDS):
        batch = await in_transaction(service)
        deleted += batch
        if not batch:
            break
    return deleted
