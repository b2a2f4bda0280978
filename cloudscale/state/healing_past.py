"""What the healing page shows of what happened, as text. Pure.

HealingView --past_of--> Past: incidents, each from seen to healthy, and trials that are over
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cloudscale.ops.healing.reading import HealingView, IncidentView
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.words import duration
from cloudscale.state.healing_changes import Change, changes
from cloudscale.state.healing_trials import TrialRow, trial_rows
from cloudscale.state.healing_words import without_command

ENDS = {Phase.HEALED: "good", Phase.PASSED: "info", Phase.FAILED: "bad", Phase.PAGED: "bad"}
STEPS = {
    Phase.SEEN: "seen",
    Phase.ACTED: "acted",
    Phase.HEALED: "healthy",
    Phase.PASSED: "over by itself",
    Phase.FAILED: "failed",
    Phase.REPORTED: "told",
    Phase.PAGED: "people called",
    Phase.BLOCKED: "held back",
}
STEPS_SHOWN = 4
CALLED = frozenset({Phase.INTENT, Phase.ACTED, Phase.HEALED, Phase.FAILED})
BY_HAND = frozenset({Phase.REPORTED, Phase.PAGED})
MADE, NOT_MADE = "Calls, and how to undo them", "Calls that were not made"
DONE, WANTED = "Before and after", "What was found, and what was wanted"


@dataclass(frozen=True)
class IncidentRow:
    """One thing that was wrong.

    `latest` is what was said of it last, where that is another. `called` and `changed` say whether
    calls were made, and changes are what was done, or only what would have been.
    """

    title: str = ""
    reason: str = ""
    latest: str = ""
    when: str = ""
    tone: str = ""
    steps: str = ""
    is_simulated: bool = False
    changed: str = DONE
    changes: list[Change] = field(default_factory=list)
    called: str = MADE
    commands: str = ""
    undo: str = ""
    by_hand: str = ""


@dataclass(frozen=True)
class Past:
    """A page of what happened, and the scorecard of trials. `older` is where the next begins."""

    incidents: list[IncidentRow] = field(default_factory=list)
    older: str = ""
    trials: list[TrialRow] = field(default_factory=list)


def past_of(view: HealingView) -> Past:
    """What happened."""
    return Past([incident_row(one) for one in view.incidents], view.older, trial_rows(view.trials))


def incident_row(incident: IncidentView) -> IncidentRow:
    """One incident."""
    first, last = incident.entries[0], incident.entries[-1]
    latest = last.reason.removeprefix(first.reason).strip()
    told = next((one for one in reversed(incident.entries) if one.commands), first)
    phases = {one.phase for one in incident.entries}
    is_called = not CALLED.isdisjoint(phases)
    is_by_hand = told.phase in BY_HAND or (not is_called and not BY_HAND.isdisjoint(phases))
    commands = "\n".join(told.commands)
    return IncidentRow(
        title=last.title,
        reason=first.reason,
        latest=without_command(latest) if first.is_simulated else latest,
        when=first.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        tone=ENDS.get(last.phase, "warn"),
        steps=_steps(incident.entries),
        is_simulated=first.is_simulated,
        changed=DONE if is_called else WANTED,
        changes=changes(told.before, told.after),
        called=MADE if is_called else NOT_MADE,
        commands="" if is_by_hand else commands,
        undo="\n".join(told.undo) if is_called else "",
        by_hand=commands if is_by_hand else "",
    )


def _steps(entries: Sequence[Entry]) -> str:
    """From the fault where somebody knows when that was, else from first seen, to each step."""
    fault = entries[0].fault_at
    told = [one for one in entries if one.phase in STEPS]
    steps = [
        f"{STEPS[one.phase]} after {_between(fault or entries[0].at, one.at)}"
        for one in told
        if fault or one is not entries[0]
    ]
    if len(steps) > STEPS_SHOWN:
        steps = [steps[0], *steps[1 - STEPS_SHOWN :]]
    if not fault:
        steps = [STEPS.get(entries[0].phase, "seen"), *steps]
    words = ", ".join(steps)
    return words[:1].upper() + words[1:]


def _between(first: datetime, second: datetime) -> str:
    return duration(max((second - first).total_seconds(), 0))
