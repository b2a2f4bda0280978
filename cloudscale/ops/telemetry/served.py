"""What was served by name, in one span of time: which routes, handlers and statements are slow.

Mergeable like a window. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudscale.ops.telemetry.histogram import LatencyHistogram
from cloudscale.ops.telemetry.serving import NAMES_LIMIT, Kind, Name, Tally
from cloudscale.ops.telemetry.window import is_number

SEPARATOR = " "
NAME_LENGTH = 320
KINDS = frozenset(Kind)


@dataclass(slots=True)
class Served:
    """Tallies by kind and name."""

    tallies: dict[Name, Tally] = field(default_factory=dict)

    def merge(self, other: "Served") -> None:
        """Add what another span or process served; names past the limit are left out."""
        for name, tally in other.tallies.items():
            if name in self.tallies or len(self.tallies) < NAMES_LIMIT:
                self.tallies.setdefault(name, Tally()).merge(tally)

    def as_json(self) -> dict[str, Any]:
        """Itself as JSON: by kind and name, failures, seconds in all, and the histogram."""
        return {
            f"{kind}{SEPARATOR}{_storable(name)}": [
                tally.failures,
                round(tally.seconds, 6),
                tally.durations.as_json(),
            ]
            for (kind, name), tally in self.tallies.items()
        }

    @classmethod
    def of_json(cls, value: Any) -> "Served":
        """What `as_json` wrote; what cannot be understood counts as not served."""
        read = cls()
        for key, written in (value if isinstance(value, Mapping) else {}).items():
            kind, _, name = str(key).partition(SEPARATOR)
            if kind in KINDS and name and (tally := _tally_of(written)):
                read.merge(cls({(Kind(kind), name[:NAME_LENGTH]): tally}))
        return read


@dataclass(frozen=True, slots=True)
class SlowName:
    """One route, handler or statement, and how long it took.

    Attributes:
        kind: What it is.
        name: Its template, name or text.
        count: How often it was served.
        failures: How often it failed.
        total_seconds: How long in all.
        p50_ms: Half were quicker.
        p95_ms: 19 of 20 were quicker.
        p99_ms: 99 of 100 were quicker.
    """

    kind: Kind
    name: str
    count: int
    failures: int
    total_seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def slowest(served: Served, kinds: frozenset[Kind], limit: int = 10) -> list[SlowName]:
    """The slowest names of some kinds, by p95."""
    found = [
        _slow_name(name, tally)
        for name, tally in served.tallies.items()
        if name[0] in kinds and tally.durations.count
    ]
    return sorted(found, key=lambda one: (-one.p95_ms, one.name))[:limit]


def _slow_name(name: Name, tally: Tally) -> SlowName:
    p50, p95, p99 = ((tally.durations.percentile(share) or 0) * 1000 for share in (0.5, 0.95, 0.99))
    return SlowName(
        *name, tally.durations.count, tally.failures, round(tally.seconds, 3), p50, p95, p99
    )


def _tally_of(written: Any) -> Tally | None:
    try:
        failures, seconds, durations = written
        histogram = LatencyHistogram.of_json(durations)
    except (TypeError, ValueError):
        return None
    is_one = all(is_number(value) and value >= 0 for value in (failures, seconds))
    return Tally(int(failures), float(seconds), histogram) if is_one else None


def _storable(name: str) -> str:
    """A name without what PostgreSQL's JSON cannot hold."""
    return name.encode(errors="replace").decode().replace("\0", "?")
