"""What will happen, in order of time: the clock of a discrete-event model."""

from collections.abc import Callable
from heapq import heappop, heappush


class Agenda:
    """Events to come. Those of the same moment happen in the order in which they were planned."""

    def __init__(self) -> None:
        self._events: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self._planned = 0

    @property
    def next_at(self) -> float | None:
        """When the next one is; `None` without any."""
        return self._events[0][0] if self._events else None

    def plan(self, at: float, what: Callable[..., None], *about: object) -> None:
        """Call `what(at, *about)` at that time; never, if it is infinite."""
        if at < float("inf"):
            self._planned += 1
            heappush(self._events, (at, self._planned, what, about))

    def run(self, now: float) -> None:
        """Let everything happen that is due, with what it brings about until now."""
        events = self._events
        while events and events[0][0] <= now:
            at, _, what, about = heappop(events)
            what(at, *about)
