"""The loop behind the shop: notices leave the outbox, and what guests left is cleared away.

    every few seconds: outbox -> Mailer        every hour: carts, visits and old notices are pruned

Runs in each server process; rows that one process works on are locked and skipped by the others.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from sqlmodel import Session

from cloudscale.db import in_transaction
from cloudscale.services import cart, outbox, sessions
from cloudscale.services.outbox import Mailer

logger = logging.getLogger(__name__)

OUTBOX_SECONDS = 2.0
PRUNE_SECONDS = 3600.0
PRUNE_ROUNDS = 100
PRUNED = (cart.prune, sessions.prune, outbox.prune)


async def keep_house(mailer: Mailer) -> None:
    """Work until cancelled; survives whatever a round raises, such as a database that restarts.

    Args:
        mailer: Who carries the notices out.
    """
    pruned_at = -PRUNE_SECONDS
    while True:
        try:
            await deliver_all(mailer)
            if time.monotonic() - pruned_at >= PRUNE_SECONDS:
                for service in PRUNED:
                    await prune(service)
                pruned_at = time.monotonic()
        except Exception:  # the next round may find the database again
            logger.exception("A round of housekeeping failed")
        await asyncio.sleep(OUTBOX_SECONDS)


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
