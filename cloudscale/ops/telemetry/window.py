"""What was measured in one span of time, by one process or by the whole fleet. Pure.

    processes of one second --join--> the fleet's second --append, second by second--> a longer span

Both merges are associative, so that late news can be added and a roll-up can be rolled up again.
Percentiles come from merged histograms; a mean carries what it is the mean of.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from cloudscale.ops.telemetry.histogram import LatencyHistogram

# What a foreign document could bring has bounds.
MOST_INSTANCES = 200
MOST_SLUGS = 100
NAME_LENGTH = 120
LARGEST = 1e15  # of which many can still be added up exactly


@dataclass(slots=True)
class Gauge:
    """Readings of something that goes up and down.

    Attributes:
        total: Their sum.
        count: How many.
        highest: The largest.
    """

    total: float = 0.0
    count: int = 0
    highest: float = 0.0

    @classmethod
    def of(cls, value: float) -> "Gauge":
        """One reading."""
        return cls(value, 1, value)

    @property
    def mean(self) -> float:
        """Their mean; there must be one at least."""
        return self.total / self.count

    def merge(self, other: "Gauge") -> None:
        """Add other readings of the same."""
        if other.count:
            self.highest = max(self.highest, other.highest) if self.count else other.highest
        self.total += other.total
        self.count += other.count


@dataclass(slots=True)
class InstanceWindow:
    """What one instance measured in a span.

    Attributes:
        zone: Where it runs.
        host: Its machine; several instances may share one.
        seconds: For how many seconds of the span it told.
        counts: What it counted, by slug.
        gauges: What it read, by slug.
    """

    zone: str = ""
    host: str = ""
    seconds: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    gauges: dict[str, Gauge] = field(default_factory=dict)

    def merge(self, other: "InstanceWindow") -> None:
        """Add what the same instance measured at another time."""
        self.zone, self.host = other.zone or self.zone, other.host or self.host
        self.seconds += other.seconds
        _add_counts(self.counts, other.counts)
        _merge_all(self.gauges, other.gauges)


@dataclass(slots=True)
class Window:
    """What was measured in a span.

    Attributes:
        seconds: How many seconds of it were measured at all.
        counts: What happened how often, whole fleet, by slug.
        gauges: What is known of the shop as a whole, by slug.
        histograms: Durations, whole fleet, by slug.
        instances: What each instance measured, by its name.
    """

    seconds: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    gauges: dict[str, Gauge] = field(default_factory=dict)
    histograms: dict[str, LatencyHistogram] = field(default_factory=dict)
    instances: dict[str, InstanceWindow] = field(default_factory=dict)

    def join(self, other: "Window") -> None:
        """Add what others measured in the same span."""
        self.seconds = max(self.seconds, other.seconds)
        self._add(other)

    def append(self, other: "Window") -> None:
        """Add what was measured in another span."""
        self.seconds += other.seconds
        self._add(other)

    def _add(self, other: "Window") -> None:
        _add_counts(self.counts, other.counts)
        _merge_all(self.gauges, other.gauges)
        _merge_all(self.histograms, other.histograms)
        _merge_all(self.instances, other.instances)

    def as_json(self) -> dict[str, Any]:
        """Itself as JSON; what is empty is left out."""
        whole = {
            "seconds": self.seconds,
            "counts": _without_zeros(self.counts),
            "gauges": _gauges_json(self.gauges),
            "histograms": {
                slug: histogram.as_json()
                for slug, histogram in self.histograms.items()
                if histogram.count
            },
            "instances": {name: _instance_json(one) for name, one in self.instances.items()},
        }
        return {name: value for name, value in whole.items() if value}

    @classmethod
    def of_json(cls, value: Any) -> "Window":
        """What `as_json` wrote, here, in another process or in another version.

        What cannot be understood counts as not measured.
        """
        given = _mapping(value)
        histograms = {}
        for slug, written in _mapping(given.get("histograms")).items():
            try:
                histograms[slug] = LatencyHistogram.of_json(written)
            except ValueError:
                continue
        instances = _mapping(given.get("instances"), MOST_INSTANCES).items()
        return cls(
            seconds=_whole(given.get("seconds")),
            counts=_counts_of(given.get("counts")),
            gauges=_gauges_of(given.get("gauges")),
            histograms=histograms,
            instances={name[:NAME_LENGTH]: _instance_of(one) for name, one in instances},
        )


def is_number(value: Any) -> bool:
    """Whether it is a number that can be merged and stored."""
    return type(value) in (int, float) and -LARGEST <= value <= LARGEST


def joined(windows: Iterable[Window]) -> Window:
    """One window of all that was measured in the same span."""
    whole = Window()
    for window in windows:
        whole.join(window)
    return whole


def appended(windows: Iterable[Window]) -> Window:
    """One window of all that was measured in several spans."""
    whole = Window()
    for window in windows:
        whole.append(window)
    return whole


def _add_counts(counts: dict[str, int], more: dict[str, int]) -> None:
    for slug, count in more.items():
        counts[slug] = counts.get(slug, 0) + count


def _merge_all(into: dict[str, Any], more: dict[str, Any]) -> None:
    """Merge what has a `merge`, without ever sharing an object with the other side."""
    for slug, value in more.items():
        if slug not in into:
            into[slug] = type(value)()
        into[slug].merge(value)


def _without_zeros(counts: dict[str, int]) -> dict[str, int]:
    return {slug: count for slug, count in counts.items() if count}


def _gauges_json(gauges: dict[str, Gauge]) -> dict[str, float | list[float]]:
    """A single reading as itself; several as sum, number and highest."""
    return {
        slug: round(gauge.total, 4)
        if gauge.count == 1
        else [round(gauge.total, 4), gauge.count, round(gauge.highest, 4)]
        for slug, gauge in gauges.items()
        if gauge.count
    }


def _instance_json(one: InstanceWindow) -> dict[str, Any]:
    return {
        "zone": one.zone,
        "host": one.host,
        "seconds": one.seconds,
        "counts": _without_zeros(one.counts),
        "gauges": _gauges_json(one.gauges),
    }


def _instance_of(value: Any) -> InstanceWindow:
    given = _mapping(value)
    return InstanceWindow(
        zone=_name(given.get("zone")),
        host=_name(given.get("host")),
        seconds=_whole(given.get("seconds")),
        counts=_counts_of(given.get("counts")),
        gauges=_gauges_of(given.get("gauges")),
    )


def _counts_of(value: Any) -> dict[str, int]:
    counts = {slug: _whole(count) for slug, count in _mapping(value).items()}
    return _without_zeros(counts)


def _gauges_of(value: Any) -> dict[str, Gauge]:
    gauges = {}
    for slug, written in _mapping(value).items():
        if type(written) is list and len(written) == 3:
            total, count, highest = written
            if is_number(total) and is_number(count) and count >= 1 and is_number(highest):
                gauges[slug] = Gauge(total, int(count), highest)
        elif is_number(written):
            gauges[slug] = Gauge(written, 1, written)
    return gauges


def _mapping(value: Any, most: int = MOST_SLUGS) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return value if len(value) <= most else dict(islice(value.items(), most))


def _name(value: Any) -> str:
    return value[:NAME_LENGTH] if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    return int(value) if is_number(value) and value >= 0 else 0
