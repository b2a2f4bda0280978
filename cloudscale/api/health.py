"""Whether this process is alive, and whether it can do its work."""

from fastapi import APIRouter, Response
from sqlalchemy import text
from sqlmodel import Session

from cloudscale import routes
from cloudscale.db import in_transaction

router = APIRouter(tags=["health"])


@router.get(routes.HEALTH)
async def health() -> dict[str, str]:
    """200 while this process answers; asks no database, so that an outage there kills no node."""
    return {"status": "ok"}


@router.get(routes.READY)
async def ready(response: Response) -> dict[str, str]:
    """200 when the database answers, else 503 with what failed by name."""

    def ask(session: Session) -> None:
        session.connection().execute(text("SELECT 1"))

    try:
        await in_transaction(ask)
    except Exception:  # whatever it was, the answer is the same: not ready
        response.status_code = 503
        return {"status": "unavailable", "database": "unreachable"}
    return {"status": "ok", "database": "ok"}
