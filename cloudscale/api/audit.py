"""Who changed what, for staff's programs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from pydantic.alias_generators import to_camel

from cloudscale import routes
from cloudscale.api.bodies import ALWAYS, MAX_ID, Camel, Id, refusals
from cloudscale.api.callers import Member
from cloudscale.api.paging import page_link
from cloudscale.money import decimal_text
from cloudscale.services import audit
from cloudscale.services.audit import MAX_ENTRY_ID, EntryView

router = APIRouter(prefix=routes.API, tags=["staff"])

MOST_ENTRIES = 50
"""The most entries on one page."""
Kind = Literal["product", "order", "user", "policy", "load_lab", "healing"]


class Entry(Camel):
    """One change: who, by which door, from what, to what, when and why."""

    id: int = Field(examples=[12])
    at: datetime
    actor: str = Field(description="An e-mail.", examples=["staff@shop.example.com"])
    via: str = Field(description='`session`, `token`, or "command line".', examples=["token till"])
    action: str = Field(examples=["price_set"])
    subject_kind: Kind
    subject_id: Id
    before: dict[str, Any] = Field(examples=[{"price": "899.00"}])
    after: dict[str, Any] = Field(examples=[{"price": "849.00"}])
    reason: str = Field(examples=["Counted on the shelf."])


class AuditQuery(Camel):
    """What the log is narrowed to."""

    subject_kind: Kind | None = None
    subject_id: int | None = Field(None, ge=1, le=MAX_ID, description="Together with its kind.")
    limit: int = Field(20, ge=1, le=MOST_ENTRIES)
    cursor: int | None = Field(None, ge=1, le=MAX_ENTRY_ID)


@router.get("/audit", response_model=list[Entry], responses=refusals(401, 403, 422, *ALWAYS))
async def entries(caller: Member, query: Annotated[AuditQuery, Query()]) -> Any:
    """Staff: who changed what, newest first. The Link header leads to older entries."""
    subject = (query.subject_kind or "", query.subject_id)
    paged = {"before_id": query.cursor, "limit": query.limit + 1}
    found = await caller.work(audit.page, *subject, **paged)
    shown = found[: query.limit]
    if len(found) > query.limit:
        caller.response.headers.update(page_link(caller.request, next=str(shown[-1].id)))
    return [_entry_json(entry) for entry in shown]


def _entry_json(entry: EntryView) -> dict[str, Any]:
    names = (*("id", "at", "actor", "via", "action"), *("subject_kind", "subject_id", "reason"))
    return {
        **{name: getattr(entry, name) for name in names},
        "before": _spelled(entry.before),
        "after": _spelled(entry.after),
    }


def _spelled(values: dict[str, Any]) -> dict[str, Any]:
    """What changed as the rest of the API tells it."""
    found = {to_camel(name): value for name, value in values.items()}
    if "priceCents" in found:
        found["price"] = decimal_text(found.pop("priceCents"))
    if "stock" in found:
        found["stockCount"] = found.pop("stock")
    return found
