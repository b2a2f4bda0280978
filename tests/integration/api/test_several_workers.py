"""Several processes behind one port: they are told apart, led by one, and leave together."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
from sqlalchemy import text

from cloudscale.db import unit_of_work
from cloudscale.ops.leadership import LOCK
from tests.e2e.store_process import wait_until
from tests.integration.api.test_live_server import NO_FLEET, PATIENCE_SECONDS, Server, rows, start

__all__ = ["start"]

NOTICE_SECONDS, SLOW_MS = 5, 8_000
LEADERS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock")


def workers(server: Server) -> list[psutil.Process]:
    """The processes that answer requests."""
    children = psutil.Process(server.process.pid).children()
    return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]


def ask(server: Server, path: str) -> httpx.Response:
    """Over a connection of its own, so that any of them may answer."""
    return httpx.get(f"http://127.0.0.1:{server.port}{path}", timeout=60, trust_env=False)


def test_both_are_live_processes_of_the_fleet_and_one_of_them_leads(start: Callable[..., Server]):
    server = start(WORKERS="2", **NO_FLEET)
    wait_until(lambda: server.newest()["ec2Instances"] == 2, "both are known", PATIENCE_SECONDS)
    assert rows() == len(workers(server)) == 2
    with unit_of_work() as session:
        assert session.connection().scalar(LEADERS, {"lock": LOCK}) == 1
    workers(server)[0].kill()
    wait_until(lambda: rows() == 3, "another takes its place", PATIENCE_SECONDS)
    wait_until(lambda: server.newest()["ec2Instances"] == 2, "two are live", PATIENCE_SECONDS)
    with unit_of_work() as session:
        assert session.connection().scalar(LEADERS, {"lock": LOCK}) == 1
    assert server.is_quiet


def test_told_to_stop_both_finish_what_is_under_way(start: Callable[..., Server]):
    server = start(WORKERS="2", DRAIN_SECONDS=str(NOTICE_SECONDS))
    wait_until(lambda: rows() == 2, "both are up", PATIENCE_SECONDS)
    with ThreadPoolExecutor(16) as threads:
        slow = [threads.submit(ask, server, f"/api/sleep/{SLOW_MS}") for _ in range(16)]
        time.sleep(1)
        busy = Counter(_connections(server))
        assert len(busy) == 2, busy  # both have some of them
        server.process.terminate()
        wait_until(lambda: healths(server) == {503}, "both say that they leave", NOTICE_SECONDS)
        assert {request.result().status_code for request in slow} == {200}
    assert server.process.wait(30) == 0
    assert rows() == 0
    assert server.is_quiet


def healths(server: Server) -> set[int]:
    """What a few asks for health are answered."""
    return {ask(server, "/health").status_code for _ in range(8)}


def _connections(server: Server) -> list[int]:
    """For each connection the process that has it."""
    return [
        worker.pid
        for worker in workers(server)
        for one in worker.net_connections("tcp")
        if one.status == psutil.CONN_ESTABLISHED and one.laddr.port == server.port
    ]
