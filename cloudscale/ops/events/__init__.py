"""The timeline: what happened to the fleet, why, what it changed, and how long it took.

Happening --record, begin, end, happened--> ops_event --listed, changed_since--> EventView
"""

from cloudscale.ops.events.reading import (
    MAX_EVENT_ID,
    MOST_LISTED,
    changed_since,
    changed_within,
    event,
    in_progress,
    latest,
    listed,
)
from cloudscale.ops.events.recording import KEPT_DAYS, begin, end, happened, prune, record
from cloudscale.ops.events.table import Door
from cloudscale.ops.events.views import KINDS, EventView, Happening, Kind, Place, Source, Tone

__all__ = [
    "KEPT_DAYS",
    "KINDS",
    "MAX_EVENT_ID",
    "MOST_LISTED",
    "Door",
    "EventView",
    "Happening",
    "Kind",
    "Place",
    "Source",
    "Tone",
    "begin",
    "changed_since",
    "changed_within",
    "end",
    "event",
    "happened",
    "in_progress",
    "latest",
    "listed",
    "prune",
    "record",
]
