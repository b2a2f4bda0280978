"""The load lab's newest run as text. Pure.

RunView --screen--> LabScreen
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cloudscale.ops.load_lab.runs import RunView, counted
from cloudscale.ops.words import duration

DASH = "\N{EN DASH}"
OFF = "Off in this shop. Whoever runs the server can set LOAD_LAB=on."
NONE_YET = "No virtual shoppers were sent yet."


@dataclass(frozen=True)
class Fact:
    """A number and what it is of."""

    label: str
    value: str
    tone: str = ""


@dataclass(frozen=True)
class LabScreen:
    """All that the panel says.

    Attributes:
        is_known: Something is known at all.
        is_on: Runs may be begun.
        is_running: One is under way.
        is_stopping: It is to be stopped.
        words: What runs, or what came of the last run; the same as long as it holds.
        facts: How it does now.
        fault: How the last error came about.
    """

    is_known: bool = False
    is_on: bool = False
    is_running: bool = False
    is_stopping: bool = False
    words: str = ""
    facts: list[Fact] = field(default_factory=list)
    fault: str = ""


NO_SCREEN = LabScreen()


def screen(is_on: bool, run: RunView | None, now: datetime) -> LabScreen:
    """What the panel says of the newest run.

    Args:
        is_on: Whether runs may be begun here.
        run: The run that is under way, or the last one.
        now: Aware.
    """
    if run is None:
        return LabScreen(is_known=True, is_on=is_on, words=NONE_YET if is_on else OFF)
    if not run.is_running:
        words = f"Last: {run.in_words}. {run.outcome} {counted(run.figures)}"
        return LabScreen(is_known=True, is_on=is_on, words=words if is_on else f"{OFF} {words}")
    is_stopping = run.outcome != ""
    return LabScreen(
        is_known=True,
        is_on=is_on,
        is_running=True,
        is_stopping=is_stopping,
        words=f"{run.in_words}." + (" Stopping." if is_stopping else ""),
        facts=_facts(run, now),
        fault=f"Last error: {run.figures.fault}." if run.figures.fault else "",
    )


def wanted(form: Any) -> tuple[Any, Any]:
    """How many shoppers for how many minutes, of a form as any client may send it."""
    held = form if isinstance(form, dict) else {}
    return number(held.get("shoppers")), number(held.get("minutes"))


def number(written: Any) -> Any:
    """A whole number that a form sent as text; anything else as it came, to be refused in words."""
    text = written.strip() if isinstance(written, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else written


def _facts(run: RunView, now: datetime) -> list[Fact]:
    told = run.figures
    left = run.seconds - (now - run.started_at).total_seconds()
    return [
        Fact("In the shop", f"{told.shoppers} of {run.shoppers}"),
        Fact("Requests", f"{told.requests_per_second:,.1f} / s"),
        Fact("p95, as they see it", DASH if told.p95_ms is None else f"{told.p95_ms:,.0f} ms"),
        Fact("Errors", f"{told.errors:,}", "bad" if told.errors else ""),
        Fact("Test orders", f"{told.orders:,}"),
        Fact("Time left", duration(max(round(left), 0))),
    ]
