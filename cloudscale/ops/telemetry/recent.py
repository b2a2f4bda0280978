"""Points of a history: each from its own step, and what needs more from the last minute. Pure.

windows in order --points--> points          (percentiles slide over a minute)
"""

from collections import deque
from collections.abc import Iterable, Iterator

from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.histogram import LatencyHistogram
from cloudscale.ops.telemetry.point import Point, point_of
from cloudscale.ops.telemetry.window import Window

MINUTE = 60


class LastMinute:
    """Counts and histograms of the last minute, kept as they come and go.

    Attributes:
        window: What they come to; not to be kept, since it changes.
    """

    def __init__(self) -> None:
        self.window = Window(histograms={})
        self._seconds: deque[tuple[int, Window]] = deque()

    def add(self, second: int, window: Window) -> None:
        """Take a step in, in order, and let go of what is now a minute old."""
        self._seconds.append((second, window))
        _add(self.window, window, 1)
        while second - self._seconds[0][0] >= MINUTE:
            _add(self.window, self._seconds.popleft()[1], -1)


def points(
    windows: Iterable[tuple[int, Window]], step_seconds: int, since: int = 0
) -> Iterator[Point]:
    """Draw the points of a level.

    Args:
        windows: In order of time, with the second at which each starts; those from before `since`
            only count for the minute before.
        step_seconds: Of the level.
        since: Where the points start.
    """
    if step_seconds >= MINUTE:
        for second, window in windows:
            if second >= since:
                yield point_of(moment(second), step_seconds, window, window)
        return
    lately = LastMinute()
    for second, window in windows:
        lately.add(second, window)
        if second >= since:
            yield point_of(moment(second), step_seconds, window, lately.window)


def _add(whole: Window, part: Window, sign: int) -> None:
    whole.seconds += sign * part.seconds
    for slug, count in part.counts.items():
        whole.counts[slug] = whole.counts.get(slug, 0) + sign * count
    for slug, histogram in part.histograms.items():
        into = whole.histograms.setdefault(slug, LatencyHistogram())
        for bucket, count in histogram.counts.items():
            left = into.counts.get(bucket, 0) + sign * count
            if left:
                into.counts[bucket] = left
            else:
                into.counts.pop(bucket, None)
        into.count += sign * histogram.count
