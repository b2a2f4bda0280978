"""A real server that is told to stop: the balancer is told, and what is under way is not cut."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.integration.api.test_live_server import Server, start

__all__ = ["start"]

NOTICE_SECONDS = 2
SLOW_MS = 4_000  # outlasts the notice


def test_it_serves_on_while_the_balancer_notices_and_cuts_nothing(start: Callable[..., Server]):
    server = start(DRAIN_SECONDS=str(NOTICE_SECONDS))
    assert server.get("/health").status_code == 200
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(lambda: ask(server, f"/api/sleep/{SLOW_MS}"))
        time.sleep(0.5)
        told_at = time.monotonic()
        server.process.terminate()
        answers = []
        while time.monotonic() - told_at < NOTICE_SECONDS - 0.5:
            time.sleep(0.1)
            answers.append((ask(server, "/health").status_code, ask(server, "/api/sleep/1")))
        assert answers[-1][0] == 503
        assert {status for status, _ in answers[2:]} == {503}
        assert {answer.status_code for _, answer in answers} == {200}
        answer = slow.result()
    assert (answer.status_code, answer.json()) == (200, {"ms": SLOW_MS})
    assert server.process.wait(30) == 0
    assert server.is_quiet


def test_without_a_balancer_it_stops_once_what_is_under_way_has_ended(start: Callable[..., Server]):
    server = start()
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(lambda: ask(server, "/api/sleep/1200"))
        time.sleep(0.4)
        server.process.terminate()
        assert slow.result().status_code == 200
    assert server.process.wait(30) == 0


def test_what_never_ends_does_not_hold_up_a_person_who_waits(start: Callable[..., Server]):
    server = start()
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(lambda: ask(server, "/api/sleep/40000"))
        time.sleep(0.4)
        told_at = time.monotonic()
        server.process.terminate()
        assert server.process.wait(30) == 0
        assert time.monotonic() - told_at < 15
        assert isinstance(slow.exception(), httpx.HTTPError)


def ask(server: Server, path: str) -> httpx.Response:
    """Over a connection of its own."""
    return httpx.get(f"http://127.0.0.1:{server.port}{path}", timeout=60, trust_env=False)
