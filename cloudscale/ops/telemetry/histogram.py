"""Latency histograms that can be merged, with a known error.

Exponential buckets, as in OpenTelemetry's exponential histogram at scale 4 and Prometheus' native
histogram at schema 4: bucket i holds what is above 2^((i-1)/16) and at most 2^(i/16) seconds.
Percentiles of many processes come from merged histograms, never from averaged percentiles.

Source: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from math import ceil, log2
from typing import Any

BUCKETS_PER_DOUBLING = 16
# A percentile is told as the geometric middle of its bucket: at most half a bucket off.
RELATIVE_ERROR = 2 ** (1 / (2 * BUCKETS_PER_DOUBLING)) - 1  # 2.2 %
# What is outside counts into the outermost bucket; at most `MOST_BUCKETS` in all.
SHORTEST_SECONDS = 1e-5
LONGEST_SECONDS = 600.0
MOST_BUCKETS = 416
MOST = 10**15  # counted in a bucket; what a foreign document could bring has bounds


def bucket_of(seconds: float) -> int:
    """The index of the bucket that holds a duration."""
    bounded = min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)
    return ceil(log2(bounded) * BUCKETS_PER_DOUBLING)


FIRST_BUCKET, LAST_BUCKET = bucket_of(0.0), bucket_of(LONGEST_SECONDS)


class LatencyHistogram:
    """How often which duration was seen. Not for several threads at once.

    Attributes:
        counts: Durations seen, by bucket index; only buckets that are not empty.
        count: Durations seen in all.
    """

    __slots__ = ("count", "counts")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.count = 0

    def record(self, seconds: float) -> None:
        """Count one duration, in seconds."""
        bucket = bucket_of(seconds)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.count += 1

    def merge(self, other: "LatencyHistogram") -> None:
        """Add what another histogram has seen."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.count += other.count

    def percentile(self, share: float) -> float | None:
        """The duration that a share of all is not above (nearest rank).

        Args:
            share: In (0, 1], 0.95 for p95.

        Returns:
            Seconds, within `RELATIVE_ERROR`; `None` when nothing was seen.
        """
        return next(iter(self.percentiles(share)), None)

    def percentiles(self, *shares: float) -> list[float]:
        """Several at once, in rising order; none when nothing was seen."""
        if not self.count:
            return []
        buckets, found = sorted(self.counts), []
        seen = list(accumulate(self.counts[bucket] for bucket in buckets))
        for share in shares:
            bucket = buckets[bisect_left(seen, ceil(share * self.count))]
            found.append(2.0 ** ((bucket - 0.5) / BUCKETS_PER_DOUBLING))
        return found

    def as_json(self) -> str:
        """Itself as JSON, to be merged by whoever reads it.

        A string takes a fifth of the room that PostgreSQL needs for an object: buckets per
        doubling, the first bucket, and the counts from there on, nothing for none.
        """
        first, last = min(self.counts, default=0), max(self.counts, default=-1)
        counts = [str(self.counts.get(bucket) or "") for bucket in range(first, last + 1)]
        return f"{BUCKETS_PER_DOUBLING}:{first}:{','.join(counts)}"

    @classmethod
    def of_json(cls, value: Any) -> "LatencyHistogram":
        """The histogram that `as_json` wrote, here or in another process.

        Raises:
            ValueError: It is none, or its buckets are of other widths (another version's).
        """
        read = cls()
        if not isinstance(value, str):
            raise ValueError("it is no histogram")
        width, start, counts = value.split(":")
        if width != str(BUCKETS_PER_DOUBLING):
            raise ValueError("its buckets are of other widths")
        written = counts.split(",", MOST_BUCKETS)
        first = int(start)
        if first < FIRST_BUCKET or first + len(written) > LAST_BUCKET + 1:
            raise ValueError("it counts what cannot be")
        read.counts = {b: int(count) for b, count in enumerate(written, first) if count}
        if read.counts and not 0 < min(read.counts.values()) <= max(read.counts.values()) <= MOST:
            raise ValueError("it counts what cannot be")
        read.count = sum(read.counts.values())
        return read


def merged(histograms: Iterable[LatencyHistogram]) -> LatencyHistogram:
    """One histogram with all that the given ones have seen."""
    whole = LatencyHistogram()
    for histogram in histograms:
        whole.merge(histogram)
    return whole
