"""The loop of running the shop: once a second it takes a sample and tells the hub.

sources --Sampler--> History --tick--> Hub
"""

import asyncio
import logging
import time

from sqlmodel import Session, text

from cloudscale.db import unit_of_work
from cloudscale.ops.ports import Reading
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.sample import History
from cloudscale.ops.telemetry.sampler import Sampler, utc_now
from cloudscale.services import activity

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0


class Shop:
    """A `MetricSource` for what only the database knows."""

    def read(self) -> Reading:
        """Active users and orders a minute; blocks for up to a second."""
        with unit_of_work() as session:
            _be_brief(session)
            now = activity.shop_activity(session, utc_now())
        return {
            "active_users": float(now.active_users),
            "orders_per_minute": float(now.orders_last_minute),
        }


def _be_brief(session: Session) -> None:
    """Connect, and have the server end what is slower than a tick."""
    session.connection().execute(text("SET LOCAL statement_timeout = '900ms'"))


class Monitor:
    """One process's measuring.

    Attributes:
        history: The last samples.
        hub: Where to watch them.
    """

    def __init__(self, sampler: Sampler, history: History, hub: Hub) -> None:
        self.history = history
        self.hub = hub
        self._sampler = sampler

    async def run(self) -> None:
        """Sample on every full second until cancelled; survives whatever a tick raises."""
        try:
            while True:
                await asyncio.sleep(INTERVAL_SECONDS - time.time() % INTERVAL_SECONDS)
                try:
                    await self.tick()
                except Exception:  # a gap in the history is better than no history
                    logger.exception("A sample could not be taken")
        finally:
            self._sampler.close()

    async def tick(self) -> None:
        """Take one sample and tell the watchers."""
        self.history.add(await self._sampler.sample())
        await self.hub.tick()
