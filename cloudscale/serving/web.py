"""The web server: one granian worker that serves pages, websocket and API on one port.

The main process only watches. The worker is a process of its own, is started again when it
dies, and cannot outlive the main process: an orphan would silently share the port.
"""

import math
import multiprocessing
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from cloudscale import routes, tether
from cloudscale.serving.draining import finish_seconds
from cloudscale.serving.signals import STOP_SIGNALS
from cloudscale.serving.terminal import say
from cloudscale.settings import get_settings

TARGET = "cloudscale.cloudscale:app"
KILL_AFTER_SECONDS = 4  # besides what a worker may take to leave
RESTARTS = 5  # within the window
RESTART_WINDOW_SECONDS = 60
STILLBORN = 3  # workers in a row that never answered
PROBE_SECONDS = 0.05
ALARM_SECONDS = 0.1
# A browser's request line and headers take a few kB; more is answered 431 before it is read.
MAX_HEAD_BYTES = 64 * 1024


def load_app(parent_pid: int) -> Any:
    """Runs first in a new worker: tie it to the main process, then import the app.

    Args:
        parent_pid: The main process.

    Returns:
        The ASGI app.
    """
    os.setsid()  # Ctrl-C and a closed terminal are for the main process, which stops this one
    tether.end_with_parent(parent_pid)
    from cloudscale import logs

    logs.configure(get_settings().log_format)
    from cloudscale.cloudscale import app

    return app()


class Alarm:
    """What granian's main loop waits for, instead of a `threading.Event`.

    A signal may arrive at any thread, and Python handles it in the main one, which a wait without
    an end does not wake: a Ctrl-C was lost so. And its handler calls `set`, which for an event
    could wait for a lock that the interrupted wait holds.
    """

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        """End the wait; from any thread or signal handler."""
        self._is_set = True

    def clear(self) -> None:
        """Have the next wait wait."""
        self._is_set = False

    def wait(self) -> None:
        """Return once it is set."""
        while not self._is_set:
            time.sleep(ALARM_SECONDS)


class WebServer:
    """The worker and the watch over it.

    Args:
        address: Numeric address to listen on.
        port: TCP port.
        on_up: Called once, from another thread, when /health answers for the first time.
        load: What a worker runs first; takes the main process's pid and returns an ASGI app.
        notice_seconds: How long a worker that is told to stop serves on.
    """

    def __init__(
        self,
        address: str,
        port: int,
        on_up: Callable[[], None],
        load: Callable[[int], Any] = load_app,
        notice_seconds: float = 0,
    ) -> None:
        self._address, self._port = address, port
        self._on_up = on_up
        self._load = load
        leaving = notice_seconds + finish_seconds(notice_seconds)
        self._kill_after_seconds = math.ceil(leaving) + KILL_AFTER_SECONDS
        self._was_up = False
        self._deaths: list[float] = []
        self._stillborn = 0

    def run(self) -> bool:
        """Serve until told to stop by a signal.

        Returns:
            True when told to stop; False when the worker died and cannot be brought back.
        """
        while not self._serve_and_probe():
            if not self._was_up:
                say("The store could not start; the reason is above.")
                return False
            if self._dies_too_often():
                say("The server process dies again and again; giving up.")
                return False
            say("The server process ended unexpectedly; starting it again")
        return True

    def _serve_and_probe(self) -> bool:
        """Run one worker until it ends; True when that was asked for."""
        ended = threading.Event()
        answered = threading.Event()
        prober = threading.Thread(target=self._probe, args=(ended, answered), daemon=True)
        prober.start()
        was_asked = self._serve_once()
        ended.set()
        self._stillborn = 0 if answered.is_set() else self._stillborn + 1
        return was_asked

    def _serve_once(self) -> bool:
        server = Granian(
            TARGET,
            address=self._address,
            port=self._port,
            interface=Interfaces.ASGI,
            log_level=LogLevels.critical,
            log_access=False,
            workers_kill_timeout=self._kill_after_seconds,
            http1_settings=HTTP1Settings(max_buffer_size=MAX_HEAD_BYTES),
        )
        server.main_loop_interrupt = Alarm()
        before = {number: signal.getsignal(number) for number in STOP_SIGNALS}

        def keep_what_is_ignored() -> None:
            """After granian took the signals: nohup stays nohup, a closed terminal is no reload."""
            for number, handler in before.items():
                is_ignored = handler is signal.SIG_IGN
                signal.signal(number, handler if is_ignored else server.signal_handler_interrupt)

        server.on_startup(keep_what_is_ignored)
        # The worker starts from nothing, whatever this process has open.
        multiprocessing.set_start_method("spawn", force=True)
        try:
            server.serve(target_loader=partial(self._load, os.getpid()), wrap_loader=False)
        except SystemExit:
            pass
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return server.interrupt_signal

    def _dies_too_often(self) -> bool:
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < RESTART_WINDOW_SECONDS]
        self._deaths.append(now)
        return len(self._deaths) > RESTARTS or self._stillborn >= STILLBORN

    def _probe(self, ended: threading.Event, answered: threading.Event) -> None:
        """Ask /health until it answers, and tell; or until the worker is gone."""
        host = f"[{self._address}]" if ":" in self._address else self._address
        url = f"http://{host}:{self._port}{routes.HEALTH}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while not ended.wait(PROBE_SECONDS):
            try:
                opener.open(url, timeout=2).close()
            except OSError:
                continue
            answered.set()
            if self._was_up:
                say("The store answers again")
            else:
                self._was_up = True
                self._on_up()
            return
