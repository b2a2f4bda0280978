"""Who is active just now, for the programs of those who run the shop."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, Camel, refusals
from cloudscale.api.callers import Member
from cloudscale.services import activity
from cloudscale.services.activity import ActiveVisit

router = APIRouter(prefix=routes.API, tags=["staff"])

MOST_VISITS = 50
"""The most visits of one answer."""


class Active(Camel):
    """One visit that is active."""

    kind: Literal["guest", "member"]
    username: str | None = Field(description="Who is signed in; null for a guest.")
    last_active_at: datetime
    device: str = Field(examples=["Chrome on Android phone"])
    ip: str = Field(
        description="The network it comes from, and for the owner the address; empty if unknown.",
        examples=["203.0.113.x", "2001:db8:7::/48"],
    )
    is_virtual: bool = Field(description="A shopper of the load lab.")


@router.get("/activity", response_model=list[Active], responses=refusals(401, 403, 422, *ALWAYS))
async def active_visits(
    caller: Member,
    limit: Annotated[int, Query(ge=1, le=MOST_VISITS)] = 20,
    virtual: Annotated[bool, Query(description="The load lab's shoppers instead.")] = False,
) -> list[Active]:
    """Ops, staff and owner: who was active in the last 15 minutes, latest first. No robots."""
    found = await caller.work(activity.active_visits, limit=limit, is_virtual=virtual)
    return [_active_json(visit) for visit in found]


def _active_json(visit: ActiveVisit) -> Active:
    return Active(
        kind="guest" if visit.username is None else "member",
        username=visit.username,
        last_active_at=visit.last_active_at,
        device=visit.device,
        ip=visit.ip,
        is_virtual=visit.is_virtual,
    )
