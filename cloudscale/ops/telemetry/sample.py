"""Samples and their recent history.

A sample says what was measured at one moment, and of what was not, why.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cloudscale.ops.ports import Reading

HISTORY_SECONDS = 300


@dataclass(frozen=True)
class Sample:
    """What was measured at one moment.

    Attributes:
        at: When, aware UTC.
        values: What was measured, by slug.
        absent: Of what was not measured, why, by slug, in words safe to show.
    """

    at: datetime
    values: Reading
    absent: Mapping[str, str]

    @cached_property
    def second(self) -> int:
        """The full second since 1970 that it was taken in."""
        return int(self.at.timestamp())


class History:
    """The last samples of this process, oldest first, at most one for each second.

    A second without a sample stays a gap. Samples from before the newest one (a clock that was
    set back) start the history anew, since no axis could show both.
    """

    def __init__(self, seconds: int = HISTORY_SECONDS) -> None:
        self.seconds = seconds
        self._samples: deque[Sample] = deque()

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._samples)

    def __len__(self) -> int:
        return len(self._samples)

    @property
    def latest(self) -> Sample | None:
        """The newest sample, if there is any."""
        return self._samples[-1] if self._samples else None

    def add(self, sample: Sample) -> None:
        """Keep a sample and drop what is now too old."""
        if self.latest and sample.second < self.latest.second:
            self._samples.clear()
        elif self.latest and sample.second == self.latest.second:
            self._samples.pop()
        self._samples.append(sample)
        while sample.second - self._samples[0].second >= self.seconds:
            self._samples.popleft()

    def series(self, slug: str) -> list[float | None]:
        """One value a second up to the newest, `None` where there was none.

        Returns:
            `self.seconds` values, oldest first; all `None` when there is no sample yet.
        """
        values: list[float | None] = [None] * self.seconds
        if self.latest is None:
            return values
        first = self.latest.second - self.seconds + 1
        for sample in self._samples:
            values[sample.second - first] = sample.values.get(slug)
        return values
