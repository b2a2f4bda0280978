"""How the fleet does, over HTTP: the newest sample, and those of the last minutes. Public."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, refusals
from cloudscale.api.caching import NEVER
from cloudscale.ops.telemetry.feed import HISTORY_SECONDS, Feed
from cloudscale.ops.telemetry.fleet_sample import FleetSample

# The first sample is taken when the process starts, so a caller is early by less than this.
FIRST_SAMPLE_SECONDS = 2.0
TOO_EARLY = "Nothing has been measured yet. Please try again in a moment."
RETRY_SOON = {"retry-after": "1"}


def _keep_none(response: Response) -> None:
    """A second later there is a newer one."""
    response.headers["cache-control"] = NEVER


router = APIRouter(
    prefix=f"{routes.API}/metrics", tags=["metrics"], dependencies=[Depends(_keep_none)]
)


@router.get("", responses=refusals(*ALWAYS))
async def newest(request: Request) -> FleetSample:
    """The newest sample of the whole fleet; there is one a second."""
    feed: Feed = request.app.state.feed
    if feed.latest is None:
        await feed.wait(FIRST_SAMPLE_SECONDS)
    if feed.latest is None:
        raise HTTPException(503, TOO_EARLY, RETRY_SOON)
    return feed.latest


@router.get("/history", responses=refusals(422, *ALWAYS))
async def history(
    request: Request,
    limit: Annotated[
        int, Query(ge=1, le=HISTORY_SECONDS, description="How many samples, at most")
    ] = 60,
) -> list[FleetSample]:
    """The last samples, newest first, as far back as the process that answers goes (5 minutes)."""
    feed: Feed = request.app.state.feed
    return feed.newest_first(limit)
