"""The slow thing finder of one browser tab.

on_load, a picked range --report--> may this viewer look? --slow--> groups, kept traces, one trace
"""

import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

import reflex as rx
from sqlmodel import Session

from cloudscale import routes
from cloudscale.db import in_reading
from cloudscale.errors import StoreError
from cloudscale.ops import slow
from cloudscale.ops.look import NAMES, SPOKEN
from cloudscale.ops.slow import KeptRow, SlowGroup, Waterfall
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.levels import RANGES, live_span
from cloudscale.services import operators
from cloudscale.state.auth import token_of

DEFAULT_RANGE = "1h"
KEPT = "kept"
"""Where the page shows what was kept: what a name in a table narrows is far below it."""


@dataclass(frozen=True)
class Asked:
    """What the URL asks for; nonsense in it falls back to what is shown without.

    Attributes:
        range_name: One of `RANGES`.
        name: Of this route, handler or statement; empty for all.
        trace: The id of the trace that is opened.
        fault: What of the URL was not understood, in words.
    """

    range_name: str = DEFAULT_RANGE
    name: str = ""
    trace: str = ""
    fault: str = ""

    @classmethod
    def of(cls, parameters: dict[str, str]) -> "Asked":
        """Of a URL's parameters."""
        asked = parameters.get("range", DEFAULT_RANGE)
        range_name, fault = asked, ""
        if asked not in RANGES:
            range_name = DEFAULT_RANGE
            fault = f"There is no such range; this is the last {SPOKEN[DEFAULT_RANGE]}."
        name, trace = parameters.get("name", "")[:320], parameters.get("trace", "")[:32]
        return cls(range_name, name, trace, fault)

    def href(self, **changes: str) -> str:
        """The page's URL with some of it changed; what is empty is left out."""
        whole = {"range": self.range_name, "name": self.name, "trace": self.trace} | changes
        return f"{routes.OPS_SLOW}?{urlencode({k: v for k, v in whole.items() if v})}"


@dataclass(frozen=True)
class RangeLink:
    """A range that can be picked."""

    name: str
    href: str
    is_on: bool


@dataclass(frozen=True)
class Report:
    """All that the page shows."""

    at: str = ""
    fault: str = ""
    ranges: list[RangeLink] = field(default_factory=list)
    groups: list[SlowGroup] = field(default_factory=list)
    kept: list[KeptRow] = field(default_factory=list)
    waterfall: Waterfall = field(default_factory=Waterfall)
    is_trace_gone: bool = False
    name: str = ""
    everything_href: str = routes.OPS_SLOW


def _report(session: Session, token: str | None, asked: Asked) -> Report:
    operators.require_operator(session, token)
    now = time.time()
    served = slow.read(session.connection(), live_span(asked.range_name, now), now)
    waterfall = slow.waterfall(session, asked.trace) if asked.trace else Waterfall()
    return Report(
        at=f"{moment(now):%H:%M:%S}",
        fault=asked.fault,
        ranges=[
            RangeLink(words, asked.href(range=name, trace=""), name == asked.range_name)
            for name, words in NAMES.items()
        ],
        groups=slow.groups(served, lambda name: f"{asked.href(name=name, trace='')}#{KEPT}"),
        kept=slow.kept(session, asked.name, lambda one: asked.href(trace=one)),
        waterfall=waterfall,
        is_trace_gone=bool(asked.trace) and not waterfall.id,
        name=slow.shown_name(asked.name),
        everything_href=asked.href(name="", trace=""),
    )


class SlowState(rx.State):
    """What one tab shows, or why not."""

    refusal: str = ""
    is_loaded: bool = False
    report: Report = Report()

    @rx.event
    async def load(self):
        """Read what the URL asks for."""
        asked = Asked.of(dict(self.router.url.query_parameters))
        was_loaded, before = self.is_loaded, self.report.waterfall.id
        try:
            self.report = await in_reading(_report, token_of(self), asked)
            self.refusal = ""
        except StoreError as refusal:
            self.report, self.refusal = Report(), refusal.message
        self.is_loaded = True
        is_another = was_loaded and self.report.waterfall.id != before
        return rx.call_script("csFocus('trace')") if is_another else None  # what opened it is below
