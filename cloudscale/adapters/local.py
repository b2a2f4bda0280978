"""This machine and this process, read with psutil."""

import platform
from typing import Any

import psutil

from cloudscale.ops.ports import Reading

BYTES_IN_MB = 1_000_000


class LocalMachine:
    """A `MetricSource` for the machine that this process runs on.

    CPU is the difference between two looks at the kernel's counters, kept here: psutil's own
    `cpu_percent` keeps them per thread and answers 0.0 on a thread that never asked before.

    Attributes:
        host: The machine's name.
        cpu_percent: What was read last; `None` when that could not be told.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._previous: tuple[float, float] | None = None
        self.host = platform.node()
        self.cpu_percent: float | None = None

    def read(self) -> Reading:
        """CPU and memory as they are now; no CPU the first time, with nothing to compare."""
        self.cpu_percent = None  # whatever fails below, an old value is not told as a new one
        values = {
            "memory_percent": psutil.virtual_memory().percent,
            "process_memory_mb": self._process.memory_info().rss / BYTES_IN_MB,
        }
        self.cpu_percent = self._busy_percent(psutil.cpu_times())
        return values if self.cpu_percent is None else {**values, "cpu_percent": self.cpu_percent}

    def _busy_percent(self, times: Any) -> float | None:
        """Busy share of all cores since the look before, 0 to 100."""
        # Linux counts guest time inside user time too, and waiting for a disk is not busy.
        total = sum(times) - getattr(times, "guest", 0) - getattr(times, "guest_nice", 0)
        busy = total - times.idle - getattr(times, "iowait", 0)
        previous, self._previous = self._previous, (busy, total)
        if previous is None or total <= previous[1]:
            return None
        share = (busy - previous[0]) / (total - previous[1])
        return min(max(share * 100, 0.0), 100.0)
