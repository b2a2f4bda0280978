"""The real machine, read with psutil."""

import os
import threading
import time

from cloudscale.adapters.local import LocalMachine


def burn_until(condition) -> None:
    """Keep one core busy until a condition holds, for at most ten seconds."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        sum(range(10_000))


def test_the_first_reading_claims_no_cpu():
    assert "cpu_percent" not in LocalMachine().read()


def test_a_busy_core_shows_in_the_next_reading():
    machine = LocalMachine()
    machine.read()
    readings: list[float] = []

    def is_measured() -> bool:
        if (share := machine.read().get("cpu_percent")) is not None:
            readings.append(share)
        return len(readings) >= 5

    burn_until(is_measured)
    # One of n cores is ours the whole time; the kernel counts in steps of 10 ms.
    assert max(readings) > 50 / (os.cpu_count() or 1)
    assert all(0 <= reading <= 100 for reading in readings)


def test_a_reading_from_another_thread_is_as_good():
    machine = LocalMachine()
    machine.read()
    found: list[float | None] = []

    def read() -> None:
        burn_until(lambda: "cpu_percent" in machine.read())
        burn_until(lambda: found.append(machine.read().get("cpu_percent")) or len(found) > 200)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert max(value for value in found if value is not None) > 0


def test_memory_is_plausible():
    reading = LocalMachine().read()
    assert 0 < reading["memory_percent"] <= 100
    assert 5 < reading["process_memory_mb"] < 10_000


def test_what_was_read_last_stays_to_be_told():
    machine = LocalMachine()
    assert machine.cpu_percent is None
    assert machine.read().get("cpu_percent") == machine.cpu_percent
    burn_until(lambda: "cpu_percent" in machine.read())
    assert machine.cpu_percent is not None
    assert machine.host
