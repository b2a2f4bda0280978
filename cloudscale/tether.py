"""Children that do not outlive their parent, even when it is killed. Standard library only.

A Python child calls `end_with_parent`. Any other program is run through this file:

    python tether.py PARENT_PID USER_ID GROUP_ID program argument… --exec--> program
"""

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
POLL_SECONDS = 0.5


def _ask_the_kernel(signal_number: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def _watch(parent_pid: int, signal_number: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal_number)


def end_with_parent(parent_pid: int, signal_number: int = signal.SIGKILL) -> None:
    """Have this process signalled when its parent ends, however that ends.

    Args:
        parent_pid: The parent, as the parent itself saw its pid.
        signal_number: What this process gets; on Linux from the kernel, and so at once.
    """
    if sys.platform == "linux":
        _ask_the_kernel(signal_number)
        if os.getppid() != parent_pid:  # it ended before we could ask
            os.kill(os.getpid(), signal_number)
        return
    watcher = threading.Thread(target=_watch, args=(parent_pid, signal_number), daemon=True)
    watcher.start()


def _become(user_id: int, group_id: int) -> None:
    if os.geteuid() == 0 and user_id != 0:
        os.setgroups([group_id])
        os.setgid(group_id)
        os.setuid(user_id)


def main(arguments: list[str]) -> None:
    """Become another user, tie this process to its parent, and turn into the program."""
    parent_pid, user_id, group_id = (int(argument) for argument in arguments[:3])
    program = arguments[3:]
    _become(user_id, group_id)
    if sys.platform == "linux":  # elsewhere the tie would not survive exec
        # SIGINT is PostgreSQL's fast, clean shutdown.
        end_with_parent(parent_pid, signal.SIGINT)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would keep that
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
