"""What follows from the deaths of workers, and how one ends by itself."""

import subprocess
import sys

import pytest

from cloudscale.serving.crew import RESTART_WINDOW_SECONDS, RESTARTS, STILLBORN, Watch
from cloudscale.settings import ROOT

ENDING = """
import atexit, sys
from cloudscale.serving.crew import end_at_once

class Held:
    def __del__(self):
        print("taken down", flush=True)

def work(how):
    global held
    held = Held()  # until the interpreter goes
    atexit.register(print, "theirs")
    if how == "fails":
        raise RuntimeError("no")
    print("done")

end_at_once(work, sys.argv[1])
"""


def watch_of(deaths: int, seconds_between: float, *, was_up: bool) -> Watch:
    watch = Watch()
    for number in range(deaths):
        watch.note(was_up, number * seconds_between)
    return watch


def test_a_few_deaths_in_a_minute_are_borne_and_more_are_too_often():
    assert not watch_of(RESTARTS, 1, was_up=True).is_too_often(1)
    assert watch_of(RESTARTS + 1, 1, was_up=True).is_too_often(1)


def test_of_several_workers_more_may_die():
    assert not watch_of(RESTARTS + 1, 1, was_up=True).is_too_often(2)
    assert watch_of(2 * RESTARTS + 1, 1, was_up=True).is_too_often(2)


def test_what_is_long_past_does_not_count():
    assert not watch_of(100, RESTART_WINDOW_SECONDS / RESTARTS, was_up=True).is_too_often(1)


def test_some_in_a_row_that_were_never_up_are_too_often_however_slow_they_die():
    watch = watch_of(STILLBORN, RESTART_WINDOW_SECONDS, was_up=False)
    assert watch.is_too_often(1)
    watch.note(True, 1_000)
    assert not watch.is_too_often(1)


@pytest.mark.parametrize(
    ("how", "code", "said"), [("ends", 0, ["done", "theirs"]), ("fails", 1, ["theirs"])]
)
def test_a_worker_ends_after_all_that_is_to_be_done_and_before_its_interpreter(how, code, said):
    """Its words are in a pipe, and so in a buffer until somebody writes it out."""
    command = [sys.executable, "-c", ENDING, how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.splitlines()) == (code, said)
