"""Marks of activity: kept in memory for a moment, and written by one statement for many visits.

request, any thread --note--> Marks --take--> write --> visit
                              Marks <--put_back-- what could not be written

A mark that waits counts for this process's own idle limits at once. For those of the others, a
visit that was away for long is written in the request's own transaction (`visits.note_activity`).
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from sqlalchemy import text
from sqlmodel import Session

from cloudscale.services.identity import USER_AGENT_LENGTH, Client

# A process serves some 1,400 events a second: this is more visits than two seconds can bring.
MOST_MARKS = 10_000
IP_LENGTH = 45


@dataclass(frozen=True, slots=True)
class Mark:
    """A visit was active: when last, and from where.

    Attributes:
        at: Aware time.
        ip: The client's address; "" if unknown.
        user_agent: What the client says it is.
        is_robot: Whether it called itself a robot since the last mark that was written.
    """

    at: datetime
    ip: str = ""
    user_agent: str = ""
    is_robot: bool = False

    @classmethod
    def of(cls, client: Client, at: datetime) -> "Mark":
        """The mark that a request leaves. What the database would refuse is left out of it."""
        agent = _printable(client.user_agent)[:USER_AGENT_LENGTH]
        return cls(at, _printable(client.ip)[:IP_LENGTH], agent, client.is_robot)

    def joined(self, other: "Mark") -> "Mark":
        """The later of two marks of a visit. Who was a robot once stays one."""
        later = max(self, other, key=lambda mark: mark.at)
        return replace(later, is_robot=self.is_robot or other.is_robot)


class Marks:
    """The newest mark of each visit that is not written yet; any thread may use it.

    Args:
        most: How many visits at most; beyond it those that were noted longest ago are given up.
    """

    def __init__(self, most: int = MOST_MARKS) -> None:
        self._most = most
        self._lock = Lock()
        self._waiting: OrderedDict[int, Mark] = OrderedDict()
        self._taken: Mapping[int, Mark] = {}

    def note(self, visit_id: int, client: Client, now: datetime) -> Mark:
        """Note that a visit is active.

        Returns:
            What this request alone has to tell.
        """
        mark = Mark.of(client, now)
        with self._lock:
            self._add(visit_id, mark)
        return mark

    def latest(self, visit_id: int, known: datetime) -> datetime:
        """When a visit was active last, by its row and by what may not be in the row yet.

        Args:
            visit_id: The visit's.
            known: What the row says.
        """
        with self._lock:
            marks = (self._waiting.get(visit_id), self._taken.get(visit_id))
        return max([known, *(mark.at for mark in marks if mark)])

    def take(self) -> Mapping[int, Mark]:
        """Hand out all that wait, to be written or put back.

        `latest` knows them until the next time: their rows may have been read just before.
        """
        with self._lock:
            self._taken, self._waiting = self._waiting, OrderedDict()
            return self._taken

    def put_back(self, marks: Mapping[int, Mark]) -> None:
        """Keep marks that could not be written; newer ones of the same visits win."""
        with self._lock:
            newer, self._waiting = self._waiting, OrderedDict()
            for visit_id, mark in (*marks.items(), *newer.items()):
                self._add(visit_id, mark)

    def _add(self, visit_id: int, mark: Mark) -> None:
        known = self._waiting.get(visit_id)
        self._waiting[visit_id] = known.joined(mark) if known else mark
        self._waiting.move_to_end(visit_id)
        if len(self._waiting) > self._most:
            self._waiting.popitem(last=False)


MARKS = Marks()
"""Those of this process."""

# Rows that somebody else is at are skipped and told: waiting for them, two processes could wait for
# each other, and a slow sign-in would hold up everybody's marks. NOT IN: it is hashed whatever the
# planner takes the number of marks for.
_WRITE = text(
    """
    WITH mark AS (
        SELECT * FROM unnest(CAST(:ids AS int[]), CAST(:at AS timestamptz[]), CAST(:ip AS text[]),
                             CAST(:agent AS text[]), CAST(:robot AS boolean[]))
            AS mark (id, at, ip, user_agent, is_robot)
    ), due AS (
        SELECT visit.id FROM visit JOIN mark USING (id)
        WHERE visit.last_active_at < mark.at AND visit.ended_at IS NULL
        ORDER BY visit.id
        FOR NO KEY UPDATE OF visit SKIP LOCKED
    ), written AS (
        UPDATE visit SET last_active_at = greatest(visit.last_active_at, mark.at), ip = mark.ip,
                         user_agent = mark.user_agent, is_robot = visit.is_robot OR mark.is_robot
        FROM mark JOIN due USING (id) WHERE visit.id = due.id
        RETURNING visit.id
    )
    SELECT mark.id FROM mark JOIN visit USING (id)
    WHERE visit.last_active_at < mark.at AND visit.ended_at IS NULL
      AND mark.id NOT IN (SELECT id FROM written)
    """
)


def write(session: Session, marks: Mapping[int, Mark]) -> dict[int, Mark]:
    """Write marks into the rows of their visits: one statement, which waits for nobody.

    Time never moves back, and visits that ended or are gone are left as they are.

    Args:
        session: Open transaction.
        marks: By visit.

    Returns:
        Those whose rows somebody else is at, to be written later.
    """
    values = {
        "ids": list(marks),
        "at": [mark.at for mark in marks.values()],
        "ip": [mark.ip for mark in marks.values()],
        "agent": [mark.user_agent for mark in marks.values()],
        "robot": [mark.is_robot for mark in marks.values()],
    }
    left = session.connection().execute(_WRITE, values).scalars()
    return {visit_id: marks[visit_id] for visit_id in left}


def _printable(text_: str) -> str:
    """One client's NUL or half a character would otherwise have everybody's marks refused."""
    if text_.isprintable():
        return text_
    return "".join(character for character in text_ if character.isprintable())
