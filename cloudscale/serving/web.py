"""The web server: workers that serve pages, websocket and API on one port.

The main process only watches. Each worker is a process of its own, is started again alone when it
dies, and cannot outlive the main process: an orphan would silently share the port.
"""

import math
import multiprocessing
import os
import resource
import threading
import urllib.request
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from cloudscale import routes, tether
from cloudscale.serving.crew import Crew, Place, tell_when_up
from cloudscale.serving.draining import finish_seconds
from cloudscale.settings import get_settings

TARGET = "cloudscale.cloudscale:app"
KILL_AFTER_SECONDS = 8  # besides what a worker may take to leave
PROBE_SECONDS = 0.05
# A browser's request line and headers take a few kB; more is answered 431 before it is read.
MAX_HEAD_BYTES = 64 * 1024
# Past so many a worker accepts no connection more; those wait in the kernel's queue. Sockets and
# requests are refused in words long before (api/places.py).
MOST_CONNECTIONS, QUEUE = 8192, 2048


def load_app(parent_pid: int) -> Any:
    """Runs first in a new worker: tie it to the main process, then import the app.

    Args:
        parent_pid: The main process.

    Returns:
        The ASGI app.
    """
    allow_files(MOST_CONNECTIONS)
    os.setsid()  # Ctrl-C and a closed terminal are for the main process, which stops this one
    tether.end_with_parent(parent_pid)
    from cloudscale import logs

    logs.configure(get_settings().log_format)
    from cloudscale.cloudscale import app

    return app()


def allow_files(count: int) -> None:
    """Let this process have so many connections open, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 1024 if hard == resource.RLIM_INFINITY else min(hard, count + 1024)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def load_and_tell(
    load: Callable[[int], Any], parent_pid: int, place: Place, told: Connection
) -> Any:
    """What a worker runs: the app, that tells the main process once it is up."""
    return tell_when_up(load(parent_pid), place, told)


class WebServer:
    """The workers, and the first answer of any of them.

    Args:
        address: Numeric address to listen on.
        port: TCP port.
        on_up: Called once, from another thread, when /health answers for the first time.
        load: What a worker runs first; takes the main process's pid and returns an ASGI app.
        notice_seconds: How long a worker that is told to stop serves on.
        workers: How many there are.
        silence_seconds: How long a connection may say nothing between two requests.
    """

    def __init__(
        self,
        address: str,
        port: int,
        on_up: Callable[[], None],
        load: Callable[[int], Any] = load_app,
        notice_seconds: float = 0,
        workers: int = 1,
        silence_seconds: float = 30,
    ) -> None:
        self._address, self._port, self._workers = address, port, workers
        self._silence_ms = math.ceil(silence_seconds * 1000)
        self._on_up = on_up
        self._load = load
        leaving = notice_seconds + finish_seconds(notice_seconds)
        self._kill_after_seconds = math.ceil(leaving) + KILL_AFTER_SECONDS

    def run(self) -> bool:
        """Serve until told to stop by a signal.

        Returns:
            True when told to stop; False when the workers died and cannot be brought back.
        """
        # A worker starts from nothing, whatever this process has open.
        multiprocessing.set_start_method("spawn", force=True)
        heard, told = multiprocessing.Pipe(duplex=False)
        ended = threading.Event()
        threading.Thread(target=self._probe, args=(ended,), daemon=True).start()
        try:
            place = (self._address, self._port)
            load = partial(load_and_tell, self._load, os.getpid(), place, told)
            return self._crew(heard).run(load)
        finally:
            ended.set()

    def _crew(self, heard: Connection) -> Crew:
        return Crew(
            heard,
            target=TARGET,
            address=self._address,
            port=self._port,
            workers=self._workers,
            interface=Interfaces.ASGI,
            log_level=LogLevels.critical,
            log_access=False,
            workers_kill_timeout=self._kill_after_seconds,
            backlog=QUEUE,
            backpressure=MOST_CONNECTIONS,
            # With both kinds of HTTP granian waits for the first byte, which tells them, for ever.
            http=HTTPModes.http1,
            # Of the whole head, too: between two requests nothing of the next one has come yet.
            http1_settings=HTTP1Settings(
                header_read_timeout=self._silence_ms, max_buffer_size=MAX_HEAD_BYTES
            ),
        )

    def _probe(self, ended: threading.Event) -> None:
        """Ask /health until it answers, and tell; or until the workers are gone."""
        host = f"[{self._address}]" if ":" in self._address else self._address
        url = f"http://{host}:{self._port}{routes.HEALTH}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while not ended.wait(PROBE_SECONDS):
            try:
                opener.open(url, timeout=2).close()
            except OSError:
                continue
            self._on_up()
            return
