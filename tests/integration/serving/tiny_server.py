"""A web server as `serve` runs it, with a tiny app: `PORT [WHAT] [WORKERS]`.

WHAT: `stillborn` cannot start, `stray` is told to stop at another thread, `impatient` waits 1.5 s.
"""

import os
import signal
import sys
import threading

from cloudscale.serving.terminal import say
from cloudscale.serving.web import WebServer


async def app(scope, receive, send):
    """Answer /health; end the process on /die."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/die":
        os._exit(3)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})


def load(_parent_pid: int):
    """The tiny app."""
    return app


def load_nothing(_parent_pid: int):
    """What an app that cannot be imported does."""
    raise RuntimeError("broken on purpose")


def be_up() -> None:
    """Say so; if asked, have a Ctrl-C arrive at this thread, which is not the main one."""
    say("up")
    if "stray" in sys.argv:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)


if __name__ == "__main__":
    # As in a terminal; what a script starts with `&` ignores it, and whatever that starts too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    loader = load_nothing if "stillborn" in sys.argv else load
    workers = int(sys.argv[-1]) if len(sys.argv) > 2 and sys.argv[-1].isdigit() else 1
    silence = 1.5 if "impatient" in sys.argv else 30
    server = WebServer(
        "127.0.0.1", int(sys.argv[1]), be_up, loader, workers=workers, silence_seconds=silence
    )
    sys.exit(0 if server.run() else 1)
