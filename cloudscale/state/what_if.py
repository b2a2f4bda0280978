"""The what-if page of one browser tab: traffic and policies chosen, run, compared.

form --run--> Question --Simulator, in a process of its own--> Answer --Report--> page
"""

import asyncio
from array import array
from typing import Any

import reflex as rx

from cloudscale.db import in_reading
from cloudscale.errors import InvalidInput, StoreError
from cloudscale.ops.policy.offers import name_in_force
from cloudscale.ops.scaling.whatif import Answer, Question, Simulator
from cloudscale.services import operators, scaling_traces
from cloudscale.services.scaling_traces import TraceView
from cloudscale.state.auth import token_of
from cloudscale.state.leaving import is_open, leaving, new_call
from cloudscale.state.what_if_rows import Report, Upload, question_of, report_of, upload_of

UPLOADED = "uploaded"
ANSWER_ID = "whatif-answer"
SHOW_ANSWER = f"csWhatIf.show('{ANSWER_ID}')"
_simulators: list[Simulator] = []


def run_on(simulator: Simulator) -> None:
    """Have all tabs' questions run there."""
    _simulators[:] = [simulator]


class WhatIfState(rx.State):
    """What one tab asked, how far it is, and what came of it."""

    refusal: str = ""
    is_loaded: bool = False
    fault: str = ""
    percent: int = -1
    report: Report = Report()
    upload: Upload = Upload()
    _run: str = ""

    @rx.event
    async def load(self):
        """May this viewer look?"""
        try:
            await in_reading(operators.require_operator, token_of(self))
            self.refusal = ""
        except StoreError as refusal:
            self.refusal, self.report = refusal.message, Report()
        self.is_loaded = True

    @rx.event
    async def taken(self, answer: Any):
        """A trace was uploaded by the browser, or refused."""
        told = answer if isinstance(answer, dict) else {}
        number = told.get("id")
        if type(number) is not int:
            self.fault = str(told.get("message") or "The trace did not arrive. Try again.")[:300]
            return
        try:
            trace, _ = await self._trace(number)
            self.upload, self.fault = upload_of(trace), ""
        except StoreError as refusal:
            self.fault = refusal.message

    @rx.event(background=True)
    async def run(self, form: dict[str, Any]):
        """Answer what the form asks."""
        async with self:
            self._run = new_call()
            mine, self.fault, self.percent = self._run, "", 0
        try:
            await self._answer(mine, form if isinstance(form, dict) else {})
            return rx.call_script(SHOW_ANSWER)
        except InvalidInput as refusal:
            words = (f"{error.field}: {error.message}" for error in refusal.errors)
            await self._ended(mine, " ".join(words))
        except StoreError as refusal:
            await self._ended(mine, refusal.message)
        except asyncio.CancelledError:
            await self._ended(mine, "")
            raise

    @rx.event
    async def stop(self):
        """Stop what runs; what was shown before stays."""
        self._run = new_call()
        self.percent = -1

    async def _answer(self, mine: str, form: dict[str, Any]) -> None:
        trace, counts = None, array("d")
        if form.get("scenario") == UPLOADED:
            if not self.upload.id:
                raise InvalidInput.of("trace", "Choose a file first.")
            trace, counts = await self._trace(self.upload.id)
        else:
            await in_reading(operators.require_operator, token_of(self))
        question = question_of(form, counts, trace)
        report = await self._simulated(mine, question)
        async with self:
            if self._run == mine:
                self.report, self.percent = report, -1

    async def _simulated(self, mine: str, question: Question) -> Report:
        async def progress(share: float) -> None:
            async with self:
                if self._run != mine or not is_open(self):
                    raise asyncio.CancelledError  # nobody waits for it any more
                self.percent = int(share * 100)

        answer = await _simulators[0].answer(question, progress)
        return report_of(Answer.of_json(answer), name_in_force())

    async def _trace(self, number: int) -> tuple[TraceView, array]:
        return await in_reading(operators.looking, token_of(self), scaling_traces.find, number)

    async def _ended(self, mine: str, fault: str) -> None:
        async with leaving(self):
            if self._run == mine:
                self.percent, self.fault = -1, fault
