"""The watch over the worker: started again a few times, and given up on in words."""

import contextlib
import subprocess
import sys
import urllib.request
from pathlib import Path

from cloudscale.settings import ROOT
from tests.e2e.store_process import free_port

SERVER = Path(__file__).with_name("tiny_server.py")


def start(port: int, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SERVER), str(port), *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_that_dies_again_and_again_is_given_up():
    port = free_port()
    said = []
    with start(port) as server:
        assert server.stderr
        for line in server.stderr:
            said.append(line.strip())
            if said[-1] in {"up", "The store answers again"}:
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/die", timeout=5)
    assert server.returncode == 1
    again = ["The server process ended unexpectedly; starting it again", "The store answers again"]
    assert said == ["up", *again * 5, "The server process dies again and again; giving up."]


def test_a_worker_that_cannot_start_is_given_up_at_once():
    with start(free_port(), "stillborn") as server:
        _, said = server.communicate(timeout=60)
    assert server.returncode == 1
    assert said.count("RuntimeError: broken on purpose") == 1
    assert said.endswith("The store could not start; the reason is above.\n")


def test_a_stop_is_no_failure():
    with start(free_port()) as server:
        assert server.stderr
        assert server.stderr.readline() == "up\n"
        server.terminate()
        _, said = server.communicate(timeout=30)
    assert server.returncode == 0
    assert "unexpectedly" not in said


def test_a_signal_that_arrives_at_another_thread_stops_it_too():
    with start(free_port(), "stray") as server:
        try:
            _, said = server.communicate(timeout=30)
        finally:
            server.kill()
    assert server.returncode == 0
    assert "unexpectedly" not in said
