"""What happened, as headlines tell it: alarms in progress, and the last news. Pure.

alarms in progress --raised--> the reason        events --latest--> one --told--> a sentence
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from cloudscale.ops.events import EventView
from cloudscale.ops.words import counted

TOLD_FOR = timedelta(hours=1)
AT_ONCE = timedelta(minutes=1)
"""What happened within it has one cause, and its worst is the news: an outage, and not the process
that leads after it."""
WORST_FIRST = ("bad", "warn")


def severity(event: EventView) -> int:
    """How bad it is: 0 for the worst."""
    return WORST_FIRST.index(event.tone) if event.tone in WORST_FIRST else len(WORST_FIRST)


def worst_first(alarms: Iterable[EventView]) -> list[EventView]:
    """Alarms in the order in which they are to be looked at: the worst, then the oldest, first."""
    return sorted(alarms, key=lambda one: (severity(one), one.started_at, one.id))


def raised(alarms: Sequence[EventView]) -> str:
    """The alarms in progress in a sentence; empty while there are none."""
    if not alarms:
        return ""
    titles = "; ".join(alarm.title for alarm in worst_first(alarms))
    return f"{'Alarm' if len(alarms) == 1 else 'Alarms'} in progress: {titles}."


def latest(events: Sequence[EventView]) -> EventView | None:
    """What to tell of what happened: the worst of the last minute in which anything did."""
    newest = {event.id: event for event in sorted(events, key=lambda one: one.updated_at)}.values()
    if not newest:
        return None
    last = max(map(_told_at, newest))
    recent = [event for event in newest if last - _told_at(event) <= AT_ONCE]
    return min(recent, key=lambda event: (severity(event), last - _told_at(event), -event.id))


def told(event: EventView | None, at: datetime) -> str:
    """An event with its age and cause, while it is news; its title stays as it was written."""
    if event is None or not timedelta(0) <= at - _told_at(event) <= TOLD_FOR:
        return ""
    minutes = int((at - _told_at(event)).total_seconds() // 60)
    return f"{_when(event, minutes)}: {event.title.removesuffix('.')}. {event.cause}".rstrip()


def _when(event: EventView, minutes: int) -> str:
    """For how long it has lasted, or when it ended."""
    if event.ended_at is None:
        return f"For {counted(minutes, 'minute')}" if minutes else "Just begun"
    has_lasted = event.ended_at > event.started_at
    if not minutes:
        return "Just ended" if has_lasted else "Just now"
    return f"{'Ended ' if has_lasted else ''}{counted(minutes, 'minute')} ago"


def _told_at(event: EventView) -> datetime:
    """When it became news: when it ended, or began if it lasts."""
    return event.ended_at or event.started_at
