"""The load lab for programs: how a run does, starting one, stopping it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, WITH_A_BODY, Body, Camel, refusals
from cloudscale.api.callers import Member
from cloudscale.ops.load_lab import runs
from cloudscale.ops.load_lab.lab import LoadLab
from cloudscale.ops.load_lab.plan import MOST_MINUTES, MOST_SHOPPERS
from cloudscale.ops.load_lab.runs import RunView
from cloudscale.services import operators

router = APIRouter(prefix=routes.API, tags=["ops"])
CHANGES = refusals(401, 403, 409, *ALWAYS)


class LoadFigures(Camel):
    """What the shoppers see, as they see it."""

    shoppers: int = Field(ge=0, description="In the shop now; they come one after the other.")
    requests: int = Field(ge=0, description="Sent since the start.")
    refusals: int = Field(ge=0, description="Of those, refused by a rule of the shop: sold out.")
    errors: int = Field(ge=0, description="Of those, failed: a server error, or no answer.")
    orders: int = Field(ge=0, description="Test orders placed.")
    requests_per_second: float = Field(ge=0)
    p50_ms: float | None = Field(ge=0, description="Of the last 30 seconds; null without any.")
    p95_ms: float | None = Field(ge=0)
    fault: str = Field(description="How the last error came about; empty without any.")


class LoadRun(Camel):
    """One run of virtual shoppers."""

    id: int = Field(examples=[3])
    shoppers: int = Field(ge=1, le=MOST_SHOPPERS, examples=[40])
    seconds: int = Field(ge=1, examples=[300])
    started_by: str = Field(examples=["ada"])
    started_at: datetime
    ended_at: datetime | None = Field(description="`null` while it is under way.")
    is_running: bool
    outcome: str = Field(description="How it ended.", examples=["The time was over."])
    figures: LoadFigures


class LoadLabStatus(Camel):
    """Whether there is a load lab, and its newest run."""

    is_on: bool
    run: LoadRun | None


class NewRun(Body):
    """How many virtual shoppers are to come, and for how long."""

    shoppers: int = Field(ge=1, le=MOST_SHOPPERS, examples=[40])
    minutes: int = Field(ge=1, le=MOST_MINUTES, examples=[5])


def lab_of(request: Request) -> LoadLab:
    """This process's load lab."""
    return request.app.state.lab


Lab = Annotated[LoadLab, Depends(lab_of)]


@router.get("/load-lab", response_model=LoadLabStatus, responses=refusals(401, 403, *ALWAYS))
async def status(caller: Member, lab: Lab) -> Any:
    """Ops, staff and owner: the run that is under way, or the last one."""
    run = await caller.work(operators.asking, runs.newest)
    return {"is_on": lab.is_on, "run": run and _json(run)}


@router.post(
    "/load-lab",
    status_code=201,
    response_model=LoadRun,
    responses={**CHANGES, **refusals(*WITH_A_BODY)},
)
async def start(caller: Member, lab: Lab, wanted: NewRun) -> Any:
    """Ops, staff and owner: send virtual shoppers, one run at a time. Their orders are tests."""
    begun = await caller.work(lab.begin, wanted.shoppers, wanted.minutes)
    lab.go(begun)
    return _json(begun.run)


@router.delete("/load-lab", response_model=LoadRun, responses=CHANGES)
async def stop(caller: Member, lab: Lab) -> Any:
    """Ops, staff and owner: stop them, within a second, in whichever server process they run."""
    run = await caller.work(lab.ask_to_stop)
    lab.hurry(run)
    return _json(run)


def _json(run: RunView) -> dict[str, Any]:
    names = [name for name in LoadRun.model_fields if name != "figures"]
    return {**{name: getattr(run, name) for name in names}, "figures": run.figures.as_json()}
