"""Incidents as events of the timeline, which every chart marks. Never commits.

the record --of_incidents--> one event for each incident, open until it is well again
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from cloudscale.ops import events
from cloudscale.ops.events import Door, Happening, Source, Tone
from cloudscale.ops.events.table import connection_of
from cloudscale.ops.healing.keeping import lines
from cloudscale.ops.healing.record import Entry, Phase

ENDED = frozenset({Phase.HEALED, Phase.PASSED})
TONES: dict[Phase, Tone] = {
    Phase.HEALED: "good",
    Phase.PASSED: "info",
    Phase.FAILED: "bad",
    Phase.PAGED: "bad",
    Phase.TROUBLE: "bad",
    Phase.BREAKER_OPENED: "bad",
    Phase.REPORTED: "warn",
}


def tell(door: Door, entries: Iterable[Entry]) -> None:
    """Tell what a run wrote: of each incident that it touched, how it stands now."""
    written = list(entries)
    touched = dict.fromkeys(one.incident for one in written if one.incident)
    told = [_of_incident(read(door, incident)) for incident in touched]
    told += [_of_itself(one) for one in written if not one.incident and not one.ref]
    events.record(door, told)


def read(door: Door, incident: str) -> list[Entry]:
    """The lines of one incident, oldest first."""
    query = select(lines.c.document).where(lines.c.incident == incident).order_by(lines.c.id)
    return [Entry.of_json(document) for document in connection_of(door).scalars(query)]


def _of_incident(found: Sequence[Entry]) -> Happening:
    first, last = found[0], found[-1]
    return Happening(
        key=f"healing:{first.incident}",
        kind="healing",
        tone=TONES.get(last.phase, "warn"),
        title=last.title,
        cause=first.reason,
        effect=last.reason.removeprefix(first.reason).strip() if last is not first else "",
        subject=str(first.ref or ""),
        source=_source(first),
        started_at=first.fault_at or first.at,
        ended_at=last.at if last.phase in ENDED else None,
        details={"incident": first.incident},
    )


def _of_itself(line: Entry) -> Happening:
    return Happening(
        key=f"healing:{line.id}",
        kind="healing",
        tone=TONES.get(line.phase, "info"),
        title=line.title,
        cause=line.reason,
        source=_source(line),
        started_at=line.at,
        is_moment=True,
    )


def _source(line: Entry) -> Source:
    return "simulated" if line.is_simulated else "aws"
