"""The loop of running the shop: once a second it takes a sample and tells the hub.

sources --Sampler--> History --tick--> Hub (dashboard), Feed (API and /ws)
"""

import asyncio
import logging
import time
from collections.abc import Callable

from sqlmodel import Session, text

from cloudscale.db import unit_of_work
from cloudscale.ops import processes
from cloudscale.ops.ports import Reading
from cloudscale.ops.processes import Presence
from cloudscale.ops.telemetry import fleet
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.fleet import ProcessReading
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.sample import History
from cloudscale.ops.telemetry.sampler import Sampler, utc_now
from cloudscale.services import activity

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0


class Shop:
    """A `SlowSource` for what only the database knows: the shop's activity and the fleet.

    Args:
        measured: What this process measured last; called in the thread that reads.
    """

    def __init__(self, measured: Callable[[], ProcessReading]) -> None:
        self._measured = measured
        self._presence = Presence()

    def read(self) -> Reading:
        """Tell the fleet of this process, and read how the shop and the fleet are.

        Blocks for up to a second for each statement.
        """
        with unit_of_work() as session:
            _be_brief(session)
            now = activity.shop_activity(session, utc_now())
            live = processes.beat(session, self._presence, self._measured())
        return {
            "active_users": float(now.active_users),
            "orders_per_minute": float(now.orders_last_minute),
            **fleet.values(live),
        }

    def close(self) -> None:
        """Take this process out of the fleet."""
        with unit_of_work() as session:
            _be_brief(session)
            processes.leave(session, self._presence)


def _be_brief(session: Session) -> None:
    """Connect, and have the server end what is slower than a tick."""
    session.connection().execute(text("SET LOCAL statement_timeout = '900ms'"))


class Monitor:
    """One process's measuring.

    Attributes:
        history: The last samples.
        hub: Where to watch them.
        feed: What of them is told to programs.
    """

    def __init__(self, sampler: Sampler, history: History, hub: Hub, feed: Feed) -> None:
        self.history = history
        self.hub = hub
        self.feed = feed
        self._sampler = sampler

    async def run(self) -> None:
        """Sample now and on every full second until cancelled; survives whatever a tick raises."""
        try:
            while True:
                try:
                    await self.tick()
                except Exception:  # a gap in the history is better than no history
                    logger.exception("A sample could not be taken")
                await asyncio.sleep(INTERVAL_SECONDS - time.time() % INTERVAL_SECONDS)
        finally:
            await self._sampler.close()

    async def tick(self) -> None:
        """Take one sample and tell the watchers."""
        sample = await self._sampler.sample()
        self.history.add(sample)
        self.feed.add(sample)
        await self.hub.tick()
