"""The watch over the worker: started again a few times, and given up on in words."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from cloudscale.settings import ROOT
from tests.e2e.store_process import free_port, wait_until
from tests.ending import STACKS, ended, outcome

SERVER = Path(__file__).with_name("tiny_server.py")


def start(port: int, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
    return ended(
        subprocess.Popen(
            [sys.executable, str(SERVER), str(port), *arguments],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), **STACKS},
            stderr=subprocess.PIPE,
            text=True,
        )
    )


def test_a_worker_that_dies_again_and_again_is_given_up():
    port = free_port()
    said = []
    with start(port) as server:
        assert server.stderr
        for line in server.stderr:
            said.append(line.strip())
            if said[-1] in {"up", "The store answers again"}:
                with pytest.raises(http.client.RemoteDisconnected):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/die", timeout=20)
        server.wait(30)
    assert server.returncode == 1
    again = ["The server process ended unexpectedly; starting it again", "The store answers again"]
    assert said == ["up", *again * 5, "The server process dies again and again; giving up."]


def test_a_worker_that_cannot_start_is_given_up_at_once():
    with start(free_port(), "stillborn") as server:
        _, said = outcome(server, 60)
    assert server.returncode == 1
    assert said.count("RuntimeError: broken on purpose") == 1
    assert said.endswith("The store could not start; the reason is above.\n")


def test_a_stop_is_no_failure():
    with start(free_port()) as server:
        assert server.stderr
        assert server.stderr.readline() == "up\n"
        server.terminate()
        _, said = outcome(server, 30)
    assert server.returncode == 0
    assert "unexpectedly" not in said


def test_a_signal_that_arrives_at_another_thread_stops_it_too():
    with start(free_port(), "stray") as server:
        _, said = outcome(server, 30)
    assert server.returncode == 0
    assert "unexpectedly" not in said


@pytest.fixture
def connections():
    """Opens connections that stay open, each to whichever worker the kernel picks."""
    opened: list[http.client.HTTPConnection] = []

    def connect(port: int) -> http.client.HTTPConnection:
        opened.append(http.client.HTTPConnection("127.0.0.1", port, timeout=5))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def who(connection: http.client.HTTPConnection) -> int:
    """The pid of the worker that answers."""
    connection.request("GET", "/")
    return int(connection.getresponse().read())


def test_a_worker_that_dies_is_started_again_alone(connections):
    port = free_port()
    with start(port, "3") as server:
        assert server.stderr
        assert server.stderr.readline() == "up\n"
        met: dict[int, http.client.HTTPConnection] = {}

        def has_met_all() -> bool:
            connection = connections(port)
            met.setdefault(who(connection), connection)
            return len(met) == 3

        wait_until(has_met_all, "all three answered")
        dead, *others = met
        os.kill(dead, signal.SIGKILL)
        said = [server.stderr.readline().strip() for _ in range(2)]
        assert said == [
            "The server process ended unexpectedly; starting it again",
            "3 of 3 server processes serve",
        ]
        assert [who(met[pid]) for pid in others] == others  # on the same connections
        wait_until(lambda: who(connections(port)) not in met, "the new one answers")
        server.terminate()
        _, rest = outcome(server, 30)
    assert (server.returncode, rest) == (0, "")


def test_of_several_that_cannot_start_it_is_told_once():
    with start(free_port(), "stillborn", "2") as server:
        _, said = outcome(server, 60)
    assert server.returncode == 1
    assert said.count("The store could not start; the reason is above.\n") == 1


@pytest.mark.parametrize(
    "sent", ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["silent", "slow", "idle"]
)
def test_a_connection_that_says_nothing_is_closed(sent: str):
    port = free_port()
    with start(port, "impatient") as server:
        assert server.stderr
        assert server.stderr.readline() == "up\n"
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            began = time.monotonic()
            connection.sendall(sent.encode())
            while connection.recv(4096):
                pass
        assert 1.4 < time.monotonic() - began < 15
        server.terminate()
