"""Holds processes to a share of a core, by a control group of the kernel; needs root."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 20_000
"""Short, so that a process that has used its share waits for milliseconds and not for a tenth."""


def why_not() -> str:
    """Why nothing can be held here; empty where it can."""
    try:
        _remove(_make(1.0))
    except OSError as fault:
        return f"no control group for CPU can be made ({fault.strerror})"
    return ""


@contextmanager
def held(share: float, pids: Sequence[int]) -> Iterator[None]:
    """Give all threads of some processes together at most this share of one core.

    Args:
        share: Of a core, such as 0.25.
        pids: Processes; what they start meanwhile is held too.

    Raises:
        OSError: No control group can be made here.
    """
    group = _make(share)
    try:
        for pid in pids:
            (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        _remove(group)


def _make(share: float) -> Path:
    quota = int(PERIOD_US * share)
    is_unified = (ROOT / "cgroup.controllers").exists()
    group = (ROOT if is_unified else ROOT / "cpu") / f"cloudscale-{uuid.uuid4().hex[:8]}"
    group.mkdir()
    try:
        if is_unified:
            (group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
    except OSError:
        group.rmdir()
        raise
    return group


def _remove(group: Path) -> None:
    """Let them go: back to where everybody is."""
    for pid in (group / "cgroup.procs").read_text().split():
        with suppress(OSError):  # it has ended meanwhile
            (group.parent / "cgroup.procs").write_text(pid)
    group.rmdir()
