"""The workers behind one port, and the watch over them.

A worker that dies is started again alone, and the others never notice. As long as one of them
serves, a new try is made now and then; where none does and they die too often, all is given up.

    worker up --pipe--> known;  worker dead --Watch--> at once | later | given up
"""

import asyncio
import atexit
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from granian.server.mp import MPServer, WorkerProcess

from cloudscale.serving.signals import STOP_SIGNALS
from cloudscale.serving.terminal import say

RESTARTS = 5  # of a worker, within the window
RESTART_WINDOW_SECONDS = 60
STILLBORN = 3  # deaths in a row of workers that were never up
LATER_SECONDS = 10  # until the next try, where others serve meanwhile
TICK_SECONDS = 0.1
OPEN_SECONDS = 0.02  # until the next look whether the port is open

Asgi = Any
Place = tuple[str, int]
"""An address and a TCP port."""


class Unheard:
    """In place of the `threading.Event` by which granian's main loop is woken.

    Its `set` is called by signal handlers, and the lock of an event may be held by the very thread
    that a signal interrupts. The loop here looks by itself, ten times a second.
    """

    def set(self) -> None:
        """Nobody waits for it."""


@dataclass
class Watch:
    """What is known of the deaths of workers, and what follows from them.

    Attributes:
        deaths: When each of the last minute was (monotonic).
        stillborn: How many in a row were never up.
        is_proved: One was up once: what does not start now did start before.
    """

    deaths: list[float] = field(default_factory=list)
    stillborn: int = 0
    is_proved: bool = False

    def note(self, was_up: bool, now: float) -> None:
        """A worker died."""
        self.deaths = [at for at in self.deaths if now - at < RESTART_WINDOW_SECONDS] + [now]
        self.stillborn = 0 if was_up else self.stillborn + 1

    def is_too_often(self, workers: int) -> bool:
        """Whether it is no use to start one again at once."""
        return len(self.deaths) > RESTARTS * workers or self.stillborn >= STILLBORN


def tell_when_up(app: Asgi, place: Place, told: Connection) -> Asgi:
    """The same ASGI app, that tells the main process its pid, and whether its port is open.

    It does so twice: once it has begun, and once it serves, for granian opens the port later.
    """
    telling: list[asyncio.Task[None]] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def send_and_tell(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                told.send((os.getpid(), False))
                telling.append(asyncio.create_task(_tell_when_open(place, told)))

        await app(scope, receive, send_and_tell if scope["type"] == "lifespan" else send)

    return watched


async def _tell_when_open(place: Place, told: Connection) -> None:
    while True:
        try:
            _, line = await asyncio.open_connection(*place)
        except OSError:
            await asyncio.sleep(OPEN_SECONDS)
        else:
            line.close()
            told.send((os.getpid(), True))
            return


def end_at_once(work: Callable[..., None], *arguments: Any) -> None:
    """Be a worker, and leave nothing for granian's threads to do after it.

    They may still give back what is Python's when the interpreter is half gone, and then abort the
    process in a panic. So it ends before that: after all that others want done at its exit.
    """
    code = 1

    def end() -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)

    atexit.register(end)  # who is registered first is the last to be called
    work(*arguments)
    code = 0


class Crew(MPServer):
    """granian's main process, with the watch in place of granian's own.

    Args:
        heard: Where workers say that they are up.
        **options: granian's.
    """

    def __init__(self, heard: Connection, **options: Any) -> None:
        super().__init__(**options)
        self.main_loop_interrupt: Any = Unheard()
        self._heard, self._watch = heard, Watch()
        self._up: set[int] = set()
        self._due: dict[int, float] = {}
        self._handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
        self.on_startup(self._keep_what_is_ignored)

    def run(self, load: Callable[[], Asgi]) -> bool:
        """Serve until told to stop.

        Args:
            load: Makes the ASGI app, in each worker.

        Returns:
            True when told to stop; False when the workers died and cannot be brought back.
        """
        try:
            self.serve(target_loader=load, wrap_loader=False)
        except SystemExit:
            pass
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
        return self.interrupt_signal

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any) -> WorkerProcess:
        return super()._spawn_worker(idx, partial(end_at_once, target), callback_loader)

    def _keep_what_is_ignored(self) -> None:
        """After granian took the signals: nohup stays nohup, a closed terminal is no reload."""
        for number, handler in self._handlers.items():
            is_ignored = handler is signal.SIG_IGN
            signal.signal(number, handler if is_ignored else self.signal_handler_interrupt)

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        """Unlike granian's own, it does not end all workers with the first one that dies."""
        while not self.interrupt_signal:
            self._hear()
            while self.interrupt_children:
                if not self._is_to_go_on(self.interrupt_children.pop(0)):
                    return
            for index in [index for index, at in self._due.items() if at <= time.monotonic()]:
                del self._due[index]
                self._respawn_workers([index], spawn_target, target_loader)
            time.sleep(TICK_SECONDS)

    def _hear(self) -> None:
        """Note which workers are up by now, and say so of those that were started again."""
        while self._heard.poll():
            pid, is_open = self._heard.recv()
            self._up.add(pid)
            self._watch.is_proved = True
            if is_open and self._watch.deaths:
                say(self._again())

    def _again(self) -> str:
        if self.workers == 1:
            return "The store answers again"
        return f"{len(self._up)} of {self.workers} server processes serve"

    def _is_to_go_on(self, index: int) -> bool:
        """Have a worker that died started again, now or later; or not, and end with it."""
        pid, now = self.wrks[index].inner.pid, time.monotonic()
        self._watch.note(pid in self._up, now)
        self._up.discard(pid)
        if not self._watch.is_proved:
            say("The store could not start; the reason is above.")
            return False
        is_too_often = self._watch.is_too_often(self.workers)
        if is_too_often and not self._up:
            say("The server process dies again and again; giving up.")
            return False
        say("The server process ended unexpectedly; starting it again")
        self._due[index] = now + (LATER_SECONDS if is_too_often else 0)
        return True
