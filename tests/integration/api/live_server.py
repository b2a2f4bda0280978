"""A server process that measures itself and tells the fleet's samples, served as the store is.

    PORT=… DATABASE_URL=… python live_server.py      # writes "up" when it answers

`/api/sleep/MS` takes that many ms; `/api/block/MS` does too, and holds the event loop meanwhile.
`REPEAT_SECONDS` has the newest sample told that often, `MAX_PER_ADDRESS` bounds the connections of
one address, and `WORKERS` processes share the port.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from cloudscale import logs, tether
from cloudscale.api import create_api, live_metrics
from cloudscale.api.methods import Methods
from cloudscale.api.request_ids import RequestIds
from cloudscale.serving.terminal import say
from cloudscale.serving.web import WebServer
from cloudscale.settings import get_settings
from cloudscale.wiring import Telemetry, load_lab

router = APIRouter()


@router.get("/api/sleep/{ms}")
async def sleep(ms: int) -> dict[str, int]:
    """Take a while."""
    await asyncio.sleep(ms / 1000)
    return {"ms": ms}


@router.get("/api/block/{ms}")
async def block(ms: int) -> dict[str, int]:
    """Take a while in which nobody else is served."""
    time.sleep(ms / 1000)  # noqa: ASYNC251 - a fault, on purpose
    return {"ms": ms}


def load(parent_pid: int):
    """The API of a store, and its telemetry."""
    tether.end_with_parent(parent_pid)
    logs.configure("text")
    for name in ("REPEAT_SECONDS", "MAX_PER_ADDRESS"):
        if given := os.environ.get(name):
            setattr(live_metrics, name, float(given))
    telemetry, lab = Telemetry(), load_lab(get_settings())
    api = create_api(router, live=telemetry.live, exposition=telemetry.exposition, lab=lab)

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        async with telemetry.sampling(), lab.open():
            yield

    api.router.lifespan_context = lifespan
    return telemetry.time_requests(RequestIds(Methods(api)))


if __name__ == "__main__":
    port, settings = int(os.environ["PORT"]), get_settings()
    notice, workers = settings.drain_seconds, settings.workers or 1
    server = WebServer("127.0.0.1", port, lambda: say("up"), load, notice, workers)
    sys.exit(0 if server.run() else 1)
