"""Waiting for the end of a program; where it does not come, the program says what it was at.

Every Python that tests start writes the stacks of its threads when it is aborted.
"""

import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psutil

STACKS = {"PYTHONFAULTHANDLER": "1"}
WRITING_SECONDS = 5


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A program that has ended when the block has, whatever a test found out.

    `Popen` by itself would wait for it, and a test that has failed would never say so.
    """
    with process:
        try:
            yield process
        finally:
            process.kill()


def outcome(process: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """What a program wrote until its end.

    Raises:
        AssertionError: It had not ended after so long; says what it wrote, and its stacks.
    """
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        abort([psutil.Process(process.pid)])
        out, words = process.communicate()
        raise AssertionError(f"not ended after {seconds} s:\n{out}\n{words}") from None


def abort(processes: Iterable[psutil.Process]) -> None:
    """Have programs write their stacks, and end them."""
    aborted = list(processes)
    for one in aborted:
        with suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGABRT)
    psutil.wait_procs(aborted, WRITING_SECONDS)
    for one in aborted:
        with suppress(psutil.NoSuchProcess):
            one.kill()
