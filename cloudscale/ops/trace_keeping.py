"""The loop that stores what was slow, and clears away what is older than an hour.

every few seconds: Tail --take--> slow_trace        every minute: old rows are pruned

Runs in each server process; a process stores its own, and any of them prunes.
"""

import asyncio
import logging
import time

from sqlmodel import Session

from cloudscale.db import in_transaction
from cloudscale.ops.complaints import Complaint
from cloudscale.ops.telemetry import traces
from cloudscale.ops.telemetry.tail import Tail
from cloudscale.tracing import Trace

logger = logging.getLogger(__name__)

WRITE_SECONDS = 5.0
PRUNE_SECONDS = 60.0
PRUNE_ROUNDS = 20


class TraceKeeping:
    """Stores what a tail has picked, off the event loop.

    Args:
        tail: Picks.
        instance: What the fleet calls this process.
    """

    def __init__(self, tail: Tail, instance: str) -> None:
        self._tail = tail
        self._instance = instance
        self._pruned_at = float("-inf")
        self._complaint = Complaint(
            logger, "Slow requests are not kept", "Slow requests are kept again"
        )

    async def run(self) -> None:
        """Work until cancelled; survives whatever a round raises."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            try:
                if await self.round():
                    self._complaint.worked()
            except Exception as failure:  # the next round may find the database again
                self._complaint.failed(failure)

    async def round(self) -> bool:
        """Store what was picked, and prune when it is time.

        Returns:
            Whether there was anything to do, so that the database was asked.
        """
        picked = self._tail.take()
        if picked:
            try:
                await in_transaction(_store, picked, self._instance)
            except BaseException:
                self._tail.put_back(picked)
                raise
        is_time = time.monotonic() - self._pruned_at >= PRUNE_SECONDS
        if is_time:
            self._pruned_at = time.monotonic()
            for _ in range(PRUNE_ROUNDS):
                if not await in_transaction(traces.prune):
                    break
        return bool(picked) or is_time


def _store(session: Session, picked: list[Trace], instance: str) -> None:
    traces.write(session, traces.rows_of(picked, instance))
