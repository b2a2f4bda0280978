"""The hub: what all viewers see is drawn once a tick, and only while somebody looks.

loop --tick--> Hub --draw, once--> the same view to every watcher
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

from cloudscale.ops.telemetry.sample import History, Sample

View = TypeVar("View")


class Hub(Generic[View]):
    """Hands the newest view of a history to everyone who watches.

    Args:
        history: What the loop adds samples to.
        draw: Makes the view; pure, a few milliseconds.

    Attributes:
        viewers: How many watch now.
    """

    def __init__(self, history: History, draw: Callable[[History], View]) -> None:
        self.viewers = 0
        self._history = history
        self._draw = draw
        self._drawn: tuple[Sample, View] | None = None
        self._ticked = asyncio.Condition()

    async def tick(self) -> None:
        """Say that the history has a new sample."""
        async with self._ticked:
            self._ticked.notify_all()

    async def watch(self) -> AsyncGenerator[View, None]:
        """Yield the newest view at once, then each new one; close it when done.

        A watcher that is slower than the ticks skips some and is never behind.
        """
        self.viewers += 1
        seen: Sample | None = None
        try:
            while True:
                seen = await self._newer_than(seen)
                yield self._view_of(seen)
        finally:
            self.viewers -= 1

    async def _newer_than(self, seen: Sample | None) -> Sample:
        async with self._ticked:
            while (latest := self._history.latest) is None or latest is seen:
                await self._ticked.wait()
        return latest

    def _view_of(self, sample: Sample) -> View:
        if self._drawn is None or self._drawn[0] is not sample:
            self._drawn = (sample, self._draw(self._history))
        return self._drawn[1]
