"""The fleet in one reading, from what each server process says of itself. Pure.

readings of all live processes --values--> values of one sample

Percentiles come from merged histograms. A machine with several processes has one CPU.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from cloudscale.ops.ports import Reading
from cloudscale.ops.telemetry.histogram import LatencyHistogram, merged

FLEET_METRICS = (
    "instances",
    "fleet_cpu_percent",
    "fleet_response_p50_ms",
    "fleet_requests_per_minute",
    "fleet_failures_per_minute",
)
"""Slugs of what `values` tells."""


@dataclass(frozen=True, slots=True)
class ProcessReading:
    """What one server process measured last.

    Attributes:
        host: The name of its machine.
        cpu_percent: Of its machine, 0 to 100; `None` when it could not be told.
        durations: Of what it served in the last minute.
        failures: How much of that ended in a server error.
    """

    host: str
    cpu_percent: float | None = None
    durations: LatencyHistogram = field(default_factory=LatencyHistogram)
    failures: int = 0

    def as_json(self) -> dict[str, Any]:
        """Itself as JSON, without its host."""
        return {
            "cpuPercent": self.cpu_percent,
            "durations": self.durations.as_json(),
            "requests": self.durations.count,
            "failures": self.failures,
        }

    @classmethod
    def of_json(cls, host: str, value: Any) -> "ProcessReading":
        """What another process wrote with `as_json`.

        It may be of another version. What cannot be understood counts as not measured, for the
        process itself is there all the same.
        """
        given = value if isinstance(value, dict) else {}
        try:
            durations = LatencyHistogram.of_json(given.get("durations"))
        except ValueError:
            durations = LatencyHistogram()
        return cls(
            host=host,
            cpu_percent=_number(given.get("cpuPercent"), most=100),
            durations=durations,
            failures=int(_number(given.get("failures"), most=durations.count) or 0),
        )


def _number(value: Any, most: float) -> float | None:
    """A number from 0 to `most`, or `None` for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= most else None


def values(processes: Sequence[ProcessReading]) -> Reading:
    """The fleet's values by slug; of what nobody could tell there is none."""
    durations = merged(process.durations for process in processes)
    told = {
        "instances": float(len(processes)),
        "fleet_requests_per_minute": float(durations.count),
        "fleet_failures_per_minute": float(sum(process.failures for process in processes)),
    }
    if (cpu_percent := _mean_cpu_percent(processes)) is not None:
        told["fleet_cpu_percent"] = cpu_percent
    if (seconds := durations.percentile(0.5)) is not None:
        told["fleet_response_p50_ms"] = seconds * 1000
    return told


def _mean_cpu_percent(processes: Iterable[ProcessReading]) -> float | None:
    by_host: dict[str, list[float]] = defaultdict(list)
    for process in processes:
        if process.cpu_percent is not None:
            by_host[process.host].append(process.cpu_percent)
    return fmean(fmean(readings) for readings in by_host.values()) if by_host else None
