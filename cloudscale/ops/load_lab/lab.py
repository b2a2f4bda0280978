"""The load lab of one server process: begins runs, carries them out, stops them.

    operator --begin--> row, members, audit, timeline; committed --go--> task: Crew -> beat, beat, …
    operator, in any process --ask_to_stop--> row --> the next beat is refused, and the task ends

Carried out by the process that was asked. What it sends is a process of its own that ends with it.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from cloudscale.db import in_transaction
from cloudscale.errors import InvalidInput, RuleRefused
from cloudscale.models import utc_now
from cloudscale.ops.load_lab import runs
from cloudscale.ops.load_lab.errand import Crew, CrewLost, Errand, Papers
from cloudscale.ops.load_lab.figures import Figures
from cloudscale.ops.load_lab.plan import MOST_MINUTES, MOST_SHOPPERS, Plan
from cloudscale.ops.load_lab.runs import LOST_SECONDS, RunView
from cloudscale.services import audit, virtual
from cloudscale.services.checks import whole_number
from cloudscale.services.identity import OPERATORS, Shopper

logger = logging.getLogger(__name__)

OFF = "The load lab is off in this shop. Whoever runs the server can set LOAD_LAB=on."
NONE_RUNS = "No virtual shoppers are in the shop."
# A proof that is found in a log a minute later is worth nothing.
PROOF_KEPT = timedelta(minutes=1)
# Others take a run for lost after LOST_SECONDS; by then its own process has given up.
SILENCE_SECONDS = LOST_SECONDS - 5.0
BEAT_SECONDS = 4.0
FAREWELL_SECONDS = 1.0

OVER = "The time was over."
CLOSED = "The server was stopped."
UNHEARD = "The database did not answer."


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that is written down and not carried out yet."""

    run: RunView
    errand: Errand


class LoadLab:
    """The runs of this process, one at a time.

    Args:
        crew: Sends the shoppers.
        is_on: Whether runs may be begun here.
    """

    def __init__(self, crew: Crew, *, is_on: bool) -> None:
        self.is_on = is_on
        self._crew = crew
        self._task: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._run_id = 0

    def begin(self, session: Session, shopper: Shopper, shoppers: Any, minutes: Any) -> Begun:
        """Write a run down, with all that its shoppers need; `go` carries it out after the commit.

        Args:
            session: Open transaction.
            shopper: Ops, staff or the owner.
            shoppers: How many, 1 to MOST_SHOPPERS.
            minutes: For how long, 1 to MOST_MINUTES.

        Raises:
            NotSignedIn: The shopper is a guest (401).
            NotAllowed: The user holds no such role, or the token lacks the scope (403).
            InvalidInput: A number cannot be taken; it is named (422).
            RuleRefused: The lab is off here, or a run is under way (409).
        """
        user = shopper.require_role(*OPERATORS)
        if not self.is_on:
            raise RuleRefused(OFF)
        asked = _checked(shoppers=(shoppers, MOST_SHOPPERS), minutes=(minutes, MOST_MINUTES))
        plan = Plan(asked["shoppers"], asked["minutes"] * 60, secrets.randbelow(2**31))
        runs.end_lost(session)
        run = runs.open_(session, plan, user.username)
        if run is None:
            raise RuleRefused(_under_way(session))
        audit.record(session, shopper, "load_lab_started", "load_lab", run.id, {}, asked)
        return Begun(run, _errand(session, plan))

    def ask_to_stop(self, session: Session, shopper: Shopper) -> RunView:
        """Have the run that is under way stopped, in whichever process; `hurry` ends it here.

        Raises:
            NotSignedIn: The shopper is a guest (401).
            NotAllowed: The user holds no such role, or the token lacks the scope (403).
            RuleRefused: There is none (409).
        """
        user = shopper.require_role(*OPERATORS)
        run = runs.ask_to_stop(session, user.username)
        if run is None:
            raise RuleRefused(NONE_RUNS)
        audit.record(session, shopper, "load_lab_stopped", "load_lab", run.id, {}, {})
        return run

    def go(self, begun: Begun) -> None:
        """Carry a run out that `begin` wrote down, in the background."""
        self._run_id = begun.run.id
        self._task = asyncio.create_task(self._carry_out(begun), name="load lab")

    def hurry(self, run: RunView) -> None:
        """End a run at once that is to be stopped, if it is this process's."""
        if self._run_id == run.id:
            self._end()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """A lifespan task of each server process: at its end this process's run ends too."""
        try:
            yield
        finally:
            if self._task is not None:
                self._end()
                await asyncio.wait({self._task}, timeout=FAREWELL_SECONDS + 1)

    def _end(self) -> None:
        """Cancel the task once: a second time it would not write down how it ended."""
        if self._task is not None and self._ending is not self._task:
            self._ending = self._task
            self._task.cancel()

    async def _carry_out(self, begun: Begun) -> None:
        """Never raises: how it ended is written down."""
        carried = _Carried(begun.run.id)
        outcome = CLOSED
        try:
            outcome = await carried.out(self._crew, begun.errand)
        except asyncio.CancelledError:  # stopped: the row says by whom, or the server ends
            if task := asyncio.current_task():
                task.uncancel()  # what follows has a time limit of its own
        except CrewLost as loss:
            outcome = f"The shoppers ended before their time: {loss}."
        except Exception:
            logger.exception("The load lab failed")
            outcome = "Something went wrong; the log says what."
        await carried.finish(outcome)


class _Carried:
    """One run that is carried out, and what its shoppers told last."""

    def __init__(self, run_id: int) -> None:
        self._run_id = run_id
        self._latest = Figures()

    async def out(self, crew: Crew, errand: Errand) -> str:
        """Send the shoppers and say each second how they do; returns how it ended."""
        heard_at = time.monotonic()
        async with aclosing(crew.shop(errand)) as telling:
            async for self._latest in telling:
                goes_on = await self._beat()
                if goes_on is False:
                    return CLOSED
                if goes_on:
                    heard_at = time.monotonic()
                elif time.monotonic() - heard_at > SILENCE_SECONDS:
                    return UNHEARD
        return OVER

    async def _beat(self) -> bool | None:
        """Whether to go on; None where the database does not answer."""
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                return await in_transaction(runs.beat, self._run_id, self._latest)
        except Exception as failure:
            logger.info("The load lab is not heard: %s", type(failure).__name__)
            return None

    async def finish(self, outcome: str) -> None:
        """Write down how it ended; whoever leads does it later where that fails."""
        with suppress(Exception):
            async with asyncio.timeout(FAREWELL_SECONDS):
                told = (self._run_id, self._latest, outcome)
                await in_transaction(runs.finish, *told)


def _checked(**given: tuple[Any, int]) -> dict[str, int]:
    """Numbers from 1 to their most; one refusal names all that are at fault."""
    checked, faults = {}, []
    for name, (value, most) in given.items():
        try:
            checked[name] = whole_number(name, value, 1, most)
        except InvalidInput as refusal:
            faults.extend(refusal.errors)
    if faults:
        raise InvalidInput(*faults)
    return checked


def _errand(session: Session, plan: Plan) -> Errand:
    """Everything that the shoppers of a plan need."""
    people = virtual.make(session, plan.members, plan.guests)
    proof = virtual.proof(utc_now() + timedelta(seconds=plan.seconds) + PROOF_KEPT)
    papers: Sequence[Papers] = [Papers(one.cookie, one.address_id) for one in people]
    return Errand(plan, (virtual.HEADER, proof), papers)


def _under_way(session: Session) -> str:
    run = runs.newest(session)
    what = f": {run.in_words}" if run else ""
    return f"Virtual shoppers are in the shop already{what}. Stop them first."
