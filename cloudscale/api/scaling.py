"""Demand to simulate scaling policies on, for the programs and pages of those who run the shop."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, WITH_A_BODY, Camel, refusals
from cloudscale.api.callers import Member
from cloudscale.api.guards import CSV
from cloudscale.errors import InvalidInput
from cloudscale.ops.scaling import traces
from cloudscale.ops.scaling.traces import Trace
from cloudscale.services import scaling_traces
from cloudscale.services.scaling_traces import LONGEST_NAME, TraceView

router = APIRouter(tags=["staff"])

A_CSV = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {
                "schema": {"type": "string"},
                "example": "time,requests\n2026-11-26T12:00:00Z,310\n2026-11-26T12:01:00Z,322\n"
                "2026-11-26T12:02:00Z,298\n",
            }
        },
    }
}


class Kept(Camel):
    """A trace that can be simulated on, for a day."""

    id: int
    name: str
    step_seconds: int
    steps: int
    filled_steps: int = Field(description="Steps that were not in the file: lines drawn over gaps.")
    began_at: datetime


@router.post(
    routes.SCALING_TRACES,
    status_code=201,
    response_model=Kept,
    responses=refusals(401, *WITH_A_BODY, *ALWAYS),
    openapi_extra=A_CSV,
)
async def upload(
    caller: Member,
    request: Request,
    name: Annotated[str, Query(max_length=LONGEST_NAME)] = "trace.csv",
    fill_gaps: Annotated[bool, Query(alias="fillGaps")] = False,
) -> TraceView:
    """Ops, staff and owner: keep a CSV of times and requests for a day, to try policies on.

    One row a step, sorted, without gaps (up to 15 minutes are filled where `fillGaps` asks for it);
    times are ISO 8601 or seconds since 1970. At most 8 MB and 700,000 rows.
    """
    await caller.work(scaling_traces.require_uploader)
    trace = await asyncio.to_thread(_read, await request.body(), fill_gaps)
    return await caller.work(
        scaling_traces.keep,
        name,
        trace.requests,
        step_seconds=trace.step_seconds,
        filled_steps=trace.filled_steps,
        began_at=_moment(trace.began_at),
    )


def _read(body: bytes, fill_gaps: bool) -> Trace:
    try:
        lines = body.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise InvalidInput.of("trace", "It is no text in UTF-8: is this a CSV?") from None
    return traces.read(lines, fill_gaps=fill_gaps)


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise InvalidInput.of("trace", "Its times are not of any year that can be told.") from None
