"""What the healing page shows, as text: pure, from views.

HealingView --screen--> HealingScreen
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cloudscale.ops.healing.chaos import BY_SLUG
from cloudscale.ops.healing.letters import name_of
from cloudscale.ops.healing.reading import HealingView, IncidentView
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.trials import TrialView
from cloudscale.ops.words import duration

STALE_SECONDS = 300
VALUE_LENGTH = 400
VERDICTS = {
    "do": "Would be done",
    "approve": "Waits for approval",
    "wait": "Waits",
    "blocked": "Not done",
    "report": "By hand",
}
MODES = {
    "plan": "Plan only",
    "approve": "On approval",
    "apply": "Acts by itself",
    "": "Not known",
}
ENDS = {Phase.HEALED: "good", Phase.PASSED: "info", Phase.FAILED: "bad", Phase.PAGED: "bad"}


@dataclass(frozen=True)
class Fact:
    """One figure of the glance."""

    label: str = ""
    value: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Change:
    """One field, before and after."""

    name: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class PlanRow:
    """One thing that would be done."""

    action: str = ""
    title: str = ""
    reason: str = ""
    verdict: str = ""
    why: str = ""
    tone: str = ""
    may_approve: bool = False
    changes: list[Change] = field(default_factory=list)
    commands: str = ""
    undo: str = ""


@dataclass(frozen=True)
class IncidentRow:
    """One thing that was wrong."""

    title: str = ""
    reason: str = ""
    when: str = ""
    tone: str = ""
    steps: str = ""
    is_simulated: bool = False
    changes: list[Change] = field(default_factory=list)
    commands: str = ""
    undo: str = ""


@dataclass(frozen=True)
class TrialRow:
    """One trial of the scorecard."""

    title: str = ""
    when: str = ""
    who: str = ""
    seen: str = ""
    acted: str = ""
    healthy: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class Asked:
    """The trial that the dialog asks about."""

    slug: str = ""
    title: str = ""
    words: str = ""


@dataclass(frozen=True)
class HealingScreen:
    """All of the page."""

    is_known: bool = False
    has_run: bool = False
    is_simulated: bool = False
    is_on: bool = True
    is_breaker_open: bool = False
    words: str = ""
    stale: str = ""
    gaps: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    plan: list[PlanRow] = field(default_factory=list)
    incidents: list[IncidentRow] = field(default_factory=list)
    has_older: bool = False
    trials: list[TrialRow] = field(default_factory=list)
    running: str = ""


def screen(view: HealingView, now: datetime) -> HealingScreen:
    """The page at a moment."""
    board = view.board
    running = next((one for one in view.trials if one.is_under_way), None)
    return HealingScreen(
        is_known=True,
        has_run=bool(board),
        is_simulated=bool(board.get("isSimulated")),
        is_on=view.is_on,
        is_breaker_open=bool(board.get("breaker", {}).get("isOpen")),
        words=board.get("words", "Healing has not run yet."),
        stale=_stale(board, now),
        gaps=[f"{name.replace('_', ' ')}: {why}" for name, why in board.get("gaps", {}).items()],
        facts=_facts(board, view.is_on, now),
        plan=[_plan_row(row) for row in board.get("plan", ())],
        incidents=[_incident(one) for one in view.incidents],
        has_older=view.has_older,
        trials=[_trial(one) for one in view.trials if not one.is_under_way],
        running=_running(running, now) if running else "",
    )


def _stale(board: Mapping[str, Any], now: datetime) -> str:
    if not board:
        return ""
    age = (now - datetime.fromisoformat(board["at"])).total_seconds()
    if age < STALE_SECONDS:
        return ""
    return f"Healing has not run for {duration(age)}: what is shown here is as old as that."


def _facts(board: Mapping[str, Any], is_on: bool, now: datetime) -> list[Fact]:
    if not board:
        return []
    age = (now - datetime.fromisoformat(board["at"])).total_seconds()
    switch = Fact("Kill switch", "On" if is_on else "Off", "" if is_on else "bad")
    facts = [
        Fact("Mode", MODES.get(board["mode"], board["mode"])),
        switch,
        Fact("Last run", f"{duration(max(age, 0))} ago", ""),
        Fact("It took", f"{board['seconds']:g} s, {board['calls']} calls"),
    ]
    return [*facts, *_guards(board)]


def _guards(board: Mapping[str, Any]) -> list[Fact]:
    facts = []
    if breaker := board.get("breaker"):
        words = "Open" if breaker["isOpen"] else f"Closed, {breaker['failures']} failures in a row"
        facts.append(Fact("Breaker", words, "bad" if breaker["isOpen"] else ""))
    if budget := board.get("budget"):
        facts.append(Fact("Away at once", f"{budget['inUse']} of {budget['atOnce']}"))
        facts.append(Fact("This hour", f"{budget['usedThisHour']} of {budget['perHour']}"))
        repairs = f"{budget['repairsThisHour']} of {budget['repairsPerHour']}"
        facts.append(Fact("Repairs this hour", repairs))
    if window := board.get("window"):
        facts.append(Fact("Window", window["is"] or "Always"))
    if counts := board.get("counts"):
        facts.append(Fact("Looked at", f"{counts['resources']} and {counts['members']} servers"))
    return facts


def _plan_row(row: Mapping[str, Any]) -> PlanRow:
    return PlanRow(
        action=row["action"],
        title=row["title"],
        reason=row["reason"],
        verdict=VERDICTS.get(row["verdict"], row["verdict"]),
        why=row["why"],
        tone="good" if row["verdict"] == "do" else "warn",
        may_approve=row["verdict"] == "approve",
        changes=changes(row["before"], row["after"]),
        commands="\n".join([*row["commands"], *([row["byHand"]] if row["byHand"] else [])]),
        undo="\n".join(row["undo"]),
    )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Fields, before and after, as text."""
    names = dict.fromkeys((*before, *after))
    return [
        Change(name.replace("_", " "), _told(before, name), _told(after, name)) for name in names
    ]


def _told(fields: Mapping[str, Any], name: str) -> str:
    """A field as text; a dash where nothing is said of it."""
    return _value(fields[name]) if name in fields else "-"


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    told = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return told if len(told) <= VALUE_LENGTH else f"{told[:VALUE_LENGTH]} …"


def _incident(incident: IncidentView) -> IncidentRow:
    first, last = incident.entries[0], incident.entries[-1]
    told = next((one for one in reversed(incident.entries) if one.commands), first)
    return IncidentRow(
        title=last.title,
        reason=first.reason,
        when=first.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        tone=ENDS.get(last.phase, "warn"),
        steps=_steps(incident.entries),
        is_simulated=first.is_simulated,
        changes=changes(told.before, told.after),
        commands="\n".join(told.commands),
        undo="\n".join(told.undo),
    )


def _steps(entries: Sequence[Entry]) -> str:
    """From first seen, or from the fault where somebody knows, to each step."""
    began = entries[0].fault_at or entries[0].at
    words = {
        Phase.SEEN: "seen",
        Phase.ACTED: "acted",
        Phase.HEALED: "healthy",
        Phase.PASSED: "well by itself",
        Phase.FAILED: "failed",
        Phase.REPORTED: "told",
        Phase.PAGED: "people called",
        Phase.BLOCKED: "waits",
    }
    steps = [
        f"{words[one.phase]} after {duration(max((one.at - began).total_seconds(), 0))}"
        for one in entries
        if one.phase in words
    ]
    return ", ".join(steps[:1] + steps[1:][-3:])


def _trial(trial: TrialView) -> TrialRow:
    def step(moment: datetime | None) -> str:
        seconds = trial.seconds_to(moment)
        return "not reached" if seconds is None else f"{seconds:.0f} s"

    return TrialRow(
        title=_title(trial),
        when=trial.started_at.strftime("%Y-%m-%d %H:%M UTC"),
        who=trial.started_by,
        seen=step(trial.seen_at),
        acted=step(trial.acted_at),
        healthy=step(trial.healthy_at),
        outcome=trial.outcome,
    )


def _title(trial: TrialView) -> str:
    chaos = BY_SLUG.get(trial.slug)
    return chaos.title if chaos else trial.slug


def _running(trial: TrialView, now: datetime) -> str:
    age = duration(max((now - trial.started_at).total_seconds(), 0))
    what = f", {name_of(Ref.of_text(trial.ref))}" if trial.ref else ""
    return f"{_title(trial)}{what}: under way for {age}, started by {trial.started_by}."
