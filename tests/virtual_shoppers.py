"""The processes of virtual shoppers, for tests that look for them or end them."""

from contextlib import suppress

import psutil

from cloudscale.adapters.load_lab.process import MODULE


def shoppers_of(pid: int) -> list[psutil.Process]:
    """Those that a process has sent, itself or by a child; what is ending just now is none."""
    found = []
    with suppress(psutil.NoSuchProcess):
        for one in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a zombie is one too
                if MODULE in one.cmdline():
                    found.append(one)
    return found


def is_gone(process: psutil.Process) -> bool:
    """Whether it has ended, seen to or not."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
