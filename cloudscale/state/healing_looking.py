"""Looking at healing for open pages: one reading for all tabs of a process, and who may look.

token --Looking--> may they?     rows --Reader, every 2 s, once for all tabs--> HealingView
"""

import asyncio
import time
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import in_reading
from cloudscale.errors import Busy, StoreError
from cloudscale.ops.healing import reading
from cloudscale.ops.healing.reading import HealingView
from cloudscale.services import operators
from cloudscale.state.viewing import Admission, CannotTell

EVERY_SECONDS = 2.0
RETRY_SECONDS = 3.0
AWAY = "The database does not answer. What is shown here was read before, and may have changed."


@dataclass(frozen=True, slots=True)
class Look:
    """What one look came to.

    Attributes:
        view: How healing stands; `None` where nothing is known anew.
        refused: Why nothing may be shown.
        away: Why what is shown may be old.
    """

    view: HealingView | None = None
    refused: str = ""
    away: str = ""

    @property
    def is_last(self) -> bool:
        """Whether looking again is no use."""
        return bool(self.refused and not self.away)

    @property
    def wait_seconds(self) -> float:
        """How long to wait before the next look."""
        return RETRY_SECONDS if self.away else EVERY_SECONDS


class Reader:
    """Reads how healing stands, at most once in `EVERY_SECONDS` however many look."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[float, asyncio.Future[HealingView]]] = {}

    async def read(self, before: str = "") -> HealingView:
        """How it stands, as of a moment ago.

        Args:
            before: Where the page of incidents begins; empty is the newest.

        Raises:
            CannotTell: The database does not answer.
        """
        now = time.monotonic()
        new = {key: one for key, one in self._asked.items() if now - one[0] < EVERY_SECONDS * 0.9}
        self._asked = new  # pages that nobody looks at any more are not kept
        asked = new[before][1] if before in new else None
        if asked is None or asked.cancelled():
            asked = asyncio.ensure_future(in_reading(reading.read, before))
            new[before] = (now, asked)
        try:
            return await asyncio.shield(asked)
        except (SQLAlchemyError, Busy) as failure:
            if self._asked.get(before, (0.0, None))[1] is asked:
                del self._asked[before]  # the next look asks anew
            raise CannotTell from failure


_reader = Reader()


class Looking:
    """One viewer's looks, one after the other.

    Args:
        token: The viewer's session token.
    """

    def __init__(self, token: str | None) -> None:
        self._admission, self._is_admitted = Admission(token), False

    async def look(self, before: str = "") -> Look:
        """How healing stands, if this viewer may know."""
        try:
            if not self._is_admitted:
                await self._admission.ask()
            self._is_admitted = True
            self._admission.check()
            return Look(await _reader.read(before))
        except CannotTell as outage:
            refused = "" if self._admission.is_credible else outage.message
            return Look(refused=refused, away=AWAY)
        except StoreError as refusal:
            return Look(refused=refusal.message)

    def close(self) -> None:
        """Stop asking."""
        self._admission.close()


async def look_now(token: str | None, before: str = "") -> Look:
    """How healing stands after something was just changed, read for this viewer alone."""
    try:
        return Look(await in_reading(operators.looking, token, reading.read, before))
    except (SQLAlchemyError, Busy):
        return Look(away=AWAY)
    except StoreError as refusal:
        return Look(refused=refusal.message)
