"""Latency histograms that can be merged, with a known error.

Exponential buckets, as in OpenTelemetry's exponential histogram at scale 4 and Prometheus' native
histogram at schema 4: bucket i holds what is above 2^((i-1)/16) and at most 2^(i/16) seconds.
Percentiles of many processes come from merged histograms, never from averaged percentiles.

Source: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
"""

from collections.abc import Iterable
from math import ceil, log2
from typing import Any

BUCKETS_PER_DOUBLING = 16
# A percentile is told as the geometric middle of its bucket: at most half a bucket off.
RELATIVE_ERROR = 2 ** (1 / (2 * BUCKETS_PER_DOUBLING)) - 1  # 2.2 %
# What is outside counts into the outermost bucket; at most 416 buckets in all.
SHORTEST_SECONDS = 1e-5
LONGEST_SECONDS = 600.0


def bucket_of(seconds: float) -> int:
    """The index of the bucket that holds a duration."""
    bounded = min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)
    return ceil(log2(bounded) * BUCKETS_PER_DOUBLING)


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
        rank = ceil(share * self.count)
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return 2.0 ** ((bucket - 0.5) / BUCKETS_PER_DOUBLING)
        return None

    def as_json(self) -> dict[str, Any]:
        """Itself as JSON, to be merged by whoever reads it."""
        counts = {str(bucket): count for bucket, count in self.counts.items()}
        return {"bucketsPerDoubling": BUCKETS_PER_DOUBLING, "counts": counts}

    @classmethod
    def of_json(cls, value: Any) -> "LatencyHistogram":
        """The histogram that `as_json` wrote, here or in another process.

        Raises:
            ValueError: It is none, or its buckets are of other widths (another version's).
        """
        read = cls()
        try:
            if value["bucketsPerDoubling"] != BUCKETS_PER_DOUBLING:
                raise ValueError("its buckets are of other widths")
            read.counts = {int(bucket): int(count) for bucket, count in value["counts"].items()}
        except (KeyError, TypeError, AttributeError, OverflowError) as fault:
            raise ValueError("it is no histogram") from fault
        bounds = range(bucket_of(0.0), bucket_of(LONGEST_SECONDS) + 1)
        if any(bucket not in bounds or count < 0 for bucket, count in read.counts.items()):
            raise ValueError("it counts what cannot be")
        read.count = sum(read.counts.values())
        return read


def merged(histograms: Iterable[LatencyHistogram]) -> LatencyHistogram:
    """One histogram with all that the given ones have seen."""
    whole = LatencyHistogram()
    for histogram in histograms:
        whole.merge(histogram)
    return whole
