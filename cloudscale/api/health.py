"""Whether this process is alive, and whether it can do its work."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from redis.asyncio import Redis
from sqlalchemy import text
from sqlmodel import Session

from cloudscale import routes
from cloudscale.db import in_transaction
from cloudscale.drain import DRAIN
from cloudscale.settings import get_settings

# A balancer asks every few seconds and gives up after about five.
READY_TIMEOUT_SECONDS = 2.5

VERSION_HEADER = "x-application-version"
"""Which version answered; a body of these is for balancers, who compare it."""

router = APIRouter(tags=["health"])


@router.get(routes.HEALTH)
async def health(response: Response) -> dict[str, str]:
    """200 while this process answers, 503 once it leaves: a load balancer sends it nobody more.

    Asks no database, so that an outage there kills no node.
    """
    response.headers[VERSION_HEADER] = get_settings().application_version
    if DRAIN.is_begun:
        response.status_code = 503
        return {"status": "draining"}
    return {"status": "ok"}


@router.get(routes.READY)
async def ready(response: Response) -> dict[str, str]:
    """200 when the database and, where one is set, Redis answer; else 503, what failed by name."""
    checks: dict[str, Callable[[], Awaitable[object]]] = {"database": _ask_database}
    if get_settings().redis_url:
        checks["redis"] = _ask_redis
    found = await asyncio.gather(*map(_outcome, checks.values()))
    is_ready = set(found) == {"ok"}
    response.headers[VERSION_HEADER] = get_settings().application_version
    response.status_code = 200 if is_ready else 503
    outcomes = dict(zip(checks, found, strict=True))
    return {"status": "ok" if is_ready else "unavailable", **outcomes}


async def _outcome(ask: Callable[[], Awaitable[object]]) -> str:
    try:
        await asyncio.wait_for(ask(), READY_TIMEOUT_SECONDS)
    except Exception:  # whatever it was, the answer is the same: not ready
        return "unreachable"
    return "ok"


async def _ask_database() -> None:
    def select_one(session: Session) -> None:
        session.connection().execute(text("SELECT 1"))

    await in_transaction(select_one)


async def _ask_redis() -> None:
    url = get_settings().redis_url
    async with Redis.from_url(url.get_secret_value() if url else "") as redis:
        await redis.ping()  # type: ignore[misc]
