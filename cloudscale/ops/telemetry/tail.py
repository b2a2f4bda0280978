"""Which traces are kept: known only at their end, when they have failed or were slow.

finished traces --Tail.offer--> the slowest and the failed of these seconds --take--> a batch

On the event loop alone. What is not kept costs a comparison, and what is kept is bounded, so that a
storm in which everything is slow costs no more than an ordinary day.
"""

from cloudscale.tracing import Trace

# Nobody waits for less, however fast the rest is.
FLOOR_SECONDS = 0.05
# Of one batch, for the slow and for the failed each; with one batch in five seconds that is at most
# 48 and 48 a minute, of which 24 and 24 of one route or handler.
BATCH = 4
BATCH_OF_A_NAME = 2
# A threshold follows the 95th percentile of its kind: it rises by the one for what is above it and
# falls by the other for what is not, which is at rest when 5 % are above.
RISE, FALL = 1.0475, 0.9975
SHORTEST_SECONDS, LONGEST_SECONDS = 1e-4, 600.0


class Tail:
    """Picks the traces to be kept. Not for several threads at once."""

    def __init__(self) -> None:
        self._thresholds: dict[str, float] = {}
        self._slow: list[Trace] = []
        self._failed: list[Trace] = []

    def offer(self, trace: Trace) -> None:
        """Look at a finished trace."""
        seconds = trace.seconds
        threshold = self._thresholds.get(trace.kind, FLOOR_SECONDS)
        is_slow = seconds > threshold
        moved = threshold * (RISE if is_slow else FALL)
        self._thresholds[trace.kind] = min(max(moved, SHORTEST_SECONDS), LONGEST_SECONDS)
        if trace.is_failure:
            _keep(self._failed, trace)
        elif is_slow and seconds >= FLOOR_SECONDS:
            _keep(self._slow, trace)

    def take(self) -> list[Trace]:
        """What was picked since the last time, and begin anew."""
        picked = self._slow + self._failed
        self._slow, self._failed = [], []
        return picked

    def put_back(self, traces: list[Trace]) -> None:
        """Take again what could not be stored; only the slowest have room."""
        for trace in traces:
            _keep(self._failed if trace.is_failure else self._slow, trace)


def _keep(kept: list[Trace], trace: Trace) -> None:
    """Add a trace, in place of the fastest where its name or the batch has no room."""
    same = [other for other in kept if (other.kind, other.name) == (trace.kind, trace.name)]
    rivals = same if len(same) >= BATCH_OF_A_NAME else kept if len(kept) >= BATCH else []
    if rivals:
        fastest = min(rivals, key=_seconds)
        if fastest.seconds >= trace.seconds:
            return
        kept.remove(fastest)
    kept.append(trace)


def _seconds(trace: Trace) -> float:
    return trace.seconds
