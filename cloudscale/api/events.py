"""What happened in the shop and why, for the programs of those who run it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BeforeValidator, Field

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, Camel, refusals
from cloudscale.api.callers import Member
from cloudscale.api.paging import page_link
from cloudscale.ops import events
from cloudscale.ops.events import Kind, Place, Source, Tone
from cloudscale.services import operators

router = APIRouter(prefix=routes.API, tags=["ops"])

MOST_EVENTS = 100
"""The most events on one page."""
LONGEST_SEARCH = 200
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)


def _written_out(value: Any) -> Any:
    """A time as it is described; Pydantic by itself takes numbers too."""
    if isinstance(value, str) and not RFC_3339.fullmatch(value):
        raise ValueError("must be a time such as 2026-03-01T12:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]


class Event(Camel):
    """Something that happened: what, why, what it changed, and how long it took."""

    id: int = Field(examples=[12])
    kind: Kind
    tone: Tone = Field(description="How it is to be taken.")
    source: Source = Field(description="Who knows of it: our own measuring, AWS, or a model.")
    title: str = Field(examples=["CPU is high"])
    cause: str = Field(examples=["CPU was 74 % on average over 60 s; the threshold is 70 %."])
    effect: str = Field(examples=["Ended after 4 min. CPU was 41 % on average over 20 s."])
    subject: str = Field(description="What it happened to; may be empty.", examples=["i-0c1"])
    started_at: datetime
    ended_at: datetime | None = Field(description="`null` while it lasts.")
    duration_seconds: float | None = Field(ge=0, description="`null` while it lasts.")


class EventQuery(Camel):
    """What the timeline is narrowed to."""

    since: Moment | None = Field(None, description="What ended before is left out.")
    until: Moment | None = Field(None, description="What started later is left out.")
    kind: list[Kind] = Field([], max_length=len(events.KINDS), description="Any of these.")
    q: str = Field("", max_length=LONGEST_SEARCH, description="Words that must all be in it.")
    limit: int = Field(50, ge=1, le=MOST_EVENTS)
    cursor: str = Field("", max_length=60, description="From the Link header of another page.")


@router.get("/events", response_model=list[Event], responses=refusals(401, 403, 422, *ALWAYS))
async def timeline(caller: Member, query: Annotated[EventQuery, Query()]) -> Any:
    """Ops and staff: what happened. In progress first, then newest first; kept for 90 days.

    The Link header leads to older events.
    """
    before = Place.of_text(query.cursor) if query.cursor else None
    found = await caller.work(
        operators.asking,
        events.listed,
        query.since or BEFORE_ALL,
        query.until or datetime.now(UTC),
        query.kind,
        query.q,
        before,
        query.limit + 1,
    )
    shown = found[: query.limit]
    if len(found) > query.limit:
        caller.response.headers.update(page_link(caller.request, next=shown[-1].place.text))
    return shown
