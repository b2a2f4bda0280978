"""How many server processes share the port: one a core, where their memory allows it."""

import os
from pathlib import Path

from cloudscale.serving.refusal import Refused
from cloudscale.settings import Settings

# One takes 170 MB once it is up, and 200 kB more for each open page.
WORKER_BYTES = 512 * 1024**2
MOST = 8
QUOTA = Path("/sys/fs/cgroup/cpu.max")
ALONE = (
    "WORKERS={asked} needs REDIS_URL: without it the state of open pages is in the memory of one "
    "process, and another would know nothing of them. Set REDIS_URL, or leave WORKERS out."
)


def worker_count(settings: Settings) -> int:
    """How many workers to start.

    Raises:
        Refused: Several are asked for, and have nothing to share their state by.
    """
    asked = settings.workers
    if settings.redis_url is None:
        if asked is not None and asked > 1:
            raise Refused(ALONE.format(asked=asked))
        return 1
    return asked or sensible(cores(), memory_bytes())


def sensible(cores: int, memory_bytes: int) -> int:
    """One worker a core; fewer on a machine with little memory, and never none."""
    return max(1, min(cores, memory_bytes // WORKER_BYTES, MOST))


def cores() -> int:
    """Whole processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    usable = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(usable, quota(QUOTA) or usable))


def quota(file: Path) -> int | None:
    """Whole processors that a container is held to; None where it is held to none.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, "cpu.max".
    """
    try:
        most, _, period = file.read_text().strip().partition(" ")
        return max(1, int(most) // int(period))
    except (OSError, ValueError):  # no such file, or "max"
        return None


def memory_bytes() -> int:
    """The memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
