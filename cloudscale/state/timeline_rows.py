"""Events as the timeline shows them. Pure.

EventView --row--> Row
"""

from dataclasses import dataclass
from datetime import datetime

from cloudscale import routes
from cloudscale.ops.events import EventView
from cloudscale.ops.timeline import Timeline, Wanted
from cloudscale.ops.words import duration

KIND_NAMES = {
    "scaling": "Scaling",
    "healing": "Healing",
    "deploy": "Deploys",
    "alarm": "Alarms",
    "system": "System",
}
"""What the filters are called."""
TONE_NAMES = {"good": "Good", "warn": "Warning", "bad": "Trouble", "info": "Note"}
GONE = "That event is not kept any more, or never was: events are deleted after 90 days."
NO_EVENT = -1
"""What the address calls an event and can be none."""
UNKNOWN = "The address asks for an event that there cannot be: events are named by a number."
NOTHING_YET = "Nothing has happened yet. Starts, deploys, alarms and scaling will be told here."
NOTHING_FOUND = "Nothing that happened matches. Try other words, or all kinds."


@dataclass(frozen=True)
class Row:
    """One event as text. Of what is in progress `lasted` is empty: the browser counts on."""

    id: int
    kind: str
    tone: str
    tone_name: str
    badge: str
    title: str
    cause: str
    effect: str
    subject: str
    clock: str
    iso: str
    since_ms: int
    lasted: str
    span: str
    is_running: bool
    href: str


def row(event: EventView) -> Row:
    """An event as text."""
    lasted = event.duration_seconds
    return Row(
        id=event.id,
        kind=event.kind.capitalize(),
        tone=event.tone,
        tone_name=TONE_NAMES.get(event.tone, ""),
        badge=event.source,
        title=event.title,
        cause=event.cause,
        effect=event.effect,
        subject=event.subject,
        clock=f"{event.started_at:%H:%M:%S}",
        iso=event.started_at.isoformat(timespec="seconds"),
        since_ms=int(event.started_at.timestamp() * 1000),
        lasted=duration(lasted) if lasted else "",
        span=_span(event.started_at, event.ended_at),
        is_running=event.ended_at is None,
        href=f"{routes.OPS}?event={event.id}",
    )


def note_of(timeline: Timeline, opened: int) -> str:
    """What is to be said instead of events, or of the one that is looked for."""
    if opened == NO_EVENT:
        return UNKNOWN
    if opened and all(event.id != opened for event in timeline.shown):
        return GONE
    if timeline.shown:
        return ""
    return NOTHING_FOUND if timeline.wanted != Wanted() else NOTHING_YET


def _span(started_at: datetime, ended_at: datetime | None) -> str:
    """From when to when, in words."""
    day = f"{started_at:%B} {started_at.day}, {started_at.year}"
    if ended_at is None:
        return f"{day}, since {started_at:%H:%M:%S} UTC"
    if ended_at == started_at:
        return f"{day}, {started_at:%H:%M:%S} UTC"
    next_day = "" if ended_at.date() == started_at.date() else f"{ended_at:%B} {ended_at.day}, "
    return f"{day}, {started_at:%H:%M:%S} to {next_day}{ended_at:%H:%M:%S} UTC"
