"""What the healing page shows of now, as text: pure, from views.

HealingView --screen--> HealingScreen, small, new each time     --plan_of--> rows, seldom new
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cloudscale.ops.healing.reading import HealingView
from cloudscale.ops.words import counted, duration
from cloudscale.state.healing_changes import Change, changes
from cloudscale.state.healing_trials import Running, running
from cloudscale.state.healing_words import Fact, clock, without_command

STALE_SECONDS = 300
ON_AWS = (
    "Nothing of what the healer on AWS records has been copied here yet. It is told by "
    "python -m cloudscale heal --once."
)
NOT_YET = "Healing has not run yet."
VERDICTS = {
    "do": "Would be done",
    "approve": "Waits for approval",
    "wait": "Waits",
    "blocked": "Not done",
    "report": "By hand",
}
MODES = {"plan": "Plan only", "approve": "On approval", "apply": "Acts by itself"}
LOOKED = frozenset({"calm", "planned", "acted", "held"})
"""Outcomes of runs that looked at all there is."""


@dataclass(frozen=True)
class PlanRow:
    """One thing that would be done. `by_hand` is what a person would run, where no call helps."""

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
    by_hand: str = ""


@dataclass(frozen=True)
class HealingScreen:
    """How healing stands at this moment. `plan_words` are said where there is no plan."""

    is_known: bool = False
    has_run: bool = False
    is_simulated: bool = False
    is_on_aws: bool = False
    is_on: bool = True
    is_breaker_open: bool = False
    words: str = ""
    tone: str = ""
    stale: str = ""
    gaps: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    plan_words: str = ""
    looked_at: str = ""
    running: Running = field(default_factory=Running)


def screen(view: HealingView, now: datetime, *, is_on_aws: bool = False) -> HealingScreen:
    """How it stands at a moment.

    Args:
        view: What is kept.
        now: The moment, aware.
        is_on_aws: Whether it is AWS that is healed, and not the model.
    """
    board = view.board
    stale = _stale(board, now)
    return HealingScreen(
        is_known=True,
        has_run=bool(board),
        is_simulated=bool(board.get("isSimulated")),
        is_on_aws=is_on_aws or board.get("isSimulated") is False,
        is_on=view.is_on,
        is_breaker_open=bool(board.get("breaker", {}).get("isOpen")),
        words=_words(view) or (ON_AWS if is_on_aws else NOT_YET),
        tone=_tone(view, is_stale=bool(stale)),
        stale=stale,
        gaps=[f"{name.replace('_', ' ')}: {why}" for name, why in board.get("gaps", {}).items()],
        facts=_facts(view, now),
        plan_words=_plan_words(view, is_stale=bool(stale)),
        looked_at=clock(datetime.fromisoformat(board["at"])) if board else "",
        running=running(view.trials, now),
    )


def plan_of(view: HealingView) -> list[PlanRow]:
    """What the last run would have done, or did."""
    return [_plan_row(row, view) for row in view.board.get("plan", ())]


def _age(board: Mapping[str, Any], now: datetime) -> float:
    return max((now - datetime.fromisoformat(board["at"])).total_seconds(), 0)


def _stale(board: Mapping[str, Any], now: datetime) -> str:
    if not board or (age := _age(board, now)) < STALE_SECONDS:
        return ""
    return f"Healing has not run for {duration(age)}: what is shown here is as old as that."


def _words(view: HealingView) -> str:
    """What the last run came to; of a switch that was turned since, no run has told yet."""
    board = view.board
    if board.get("isSimulated") and view.is_on is (board["outcome"] == "off"):
        turned = "on again: the next run looks" if view.is_on else "off: nothing more is done"
        return f"Healing was just switched {turned}."
    return board.get("words", "")


def _plan_words(view: HealingView, *, is_stale: bool) -> str:
    """Why there is no plan. All is well only where all was looked at, a moment ago."""
    board = view.board
    if not board:
        return "Nobody knows: there is no run to tell."
    if not view.is_on:
        return "Nothing: healing is switched off. What may be wrong, nobody looks at."
    if board["outcome"] not in LOOKED:
        return "Nobody knows: the last run did not look at everything."
    if is_stale:
        return "Nothing at its last run, which is too long ago to go by."
    if board.get("gaps") or board.get("counts", {}).get("unreadable"):
        return "Nothing, as far as it could be read."
    if _are_away(board):
        return "Nothing just now: who is away or still starting is waited for."
    return "Nothing: everything is as it should be."


def _are_away(board: Mapping[str, Any]) -> bool:
    return board.get("budget", {}).get("inUse", 0) > 0


def _tone(view: HealingView, *, is_stale: bool) -> str:
    """Green only where a run of a moment ago saw all, and all of it is well."""
    board = view.board
    if not board or is_stale:
        return ""
    is_stopped = not view.is_on or board.get("breaker", {}).get("isOpen")
    if is_stopped or board["outcome"] in ("off", "trouble"):
        return "bad"
    is_partly = board.get("gaps") or board.get("counts", {}).get("unreadable")
    is_well = board["outcome"] == "calm" and not _are_away(board) and not is_partly
    return "good" if is_well else "warn"


def _facts(view: HealingView, now: datetime) -> list[Fact]:
    board = view.board
    if not board:
        return []
    took = f"{duration(board['seconds'])}, {counted(board['calls'], 'call')}"
    on = Fact("Healing", "Switched on") if view.is_on else Fact("Healing", "Switched off", "bad")
    facts = [on]
    if board["mode"]:
        facts.append(Fact("Mode", MODES.get(board["mode"], board["mode"])))
    facts += [Fact("Last run", f"{duration(_age(board, now))} ago"), Fact("It took", took)]
    if (held := _until(board.get("switch", {}).get("holdUntil"), now)) is not None:
        facts.append(Fact("Held for an apply", f"until {held}", "warn"))
    return [*facts, *_guards(board, now)]


def _until(moment: str | None, now: datetime) -> str | None:
    """When something ends, as a time of day; `None` where it is over, or was never set."""
    ends = datetime.fromisoformat(moment) if moment else None
    return clock(ends) if ends and ends > now else None


def _guards(board: Mapping[str, Any], now: datetime) -> list[Fact]:
    facts = []
    if breaker := board.get("breaker"):
        facts.append(_breaker(breaker, now))
    if budget := board.get("budget"):
        facts.append(Fact("Servers away at once", f"{budget['inUse']} of {budget['atOnce']}"))
        used = f"{budget['usedThisHour']} of {budget['perHour']}"
        facts.append(Fact("Interruptions this hour", used))
        repairs = f"{budget['repairsThisHour']} of {budget['repairsPerHour']}"
        facts.append(Fact("Repairs this hour", repairs))
    if window := board.get("window"):
        facts.append(Fact("Window", _window(window)))
    if counts := board.get("counts"):
        facts.append(Fact("Looked at", _looked_at(counts)))
    return facts


def _breaker(breaker: Mapping[str, Any], now: datetime) -> Fact:
    if not breaker["isOpen"]:
        failures = breaker["failures"]
        of = f" of {breaker['limit']}" if breaker.get("limit") else ""
        return Fact("Breaker", f"Closed, {failures}{of} failures" if failures else "Closed")
    until = _until(breaker.get("until"), now)
    return Fact("Breaker", f"Open until {until}" if until else "Open", "bad")


def _window(window: Mapping[str, Any]) -> str:
    if not window["is"]:
        return "Always open"
    return f"{window['is']} UTC, {'open' if window.get('isOpen') else 'closed'} now"


def _looked_at(counts: Mapping[str, int]) -> str:
    told = f"{counted(counts['resources'], 'resource')}, {counted(counts['members'], 'server')}"
    unreadable = counts.get("unreadable")
    return f"{told}; {unreadable} unreadable" if unreadable else told


def _verdict(row: Mapping[str, Any], view: HealingView) -> str:
    verdict = row["verdict"]
    if verdict == "do" and view.board.get("outcome") == "acted":
        return "Acted on"
    if verdict == "approve" and row["action"] in view.approved:
        return "Approved, next run does it"
    return VERDICTS.get(verdict, verdict)


def _plan_row(row: Mapping[str, Any], view: HealingView) -> PlanRow:
    is_approved = row["action"] in view.approved
    is_to_do = row["verdict"] == "do" or (row["verdict"] == "approve" and is_approved)
    return PlanRow(
        action=row["action"],
        title=row["title"],
        reason=row["reason"],
        verdict=_verdict(row, view),
        why=without_command(row["why"]) if view.board.get("isSimulated") else row["why"],
        tone="good" if is_to_do else "warn",
        may_approve=row["verdict"] == "approve" and not is_approved,
        changes=changes(row["before"], row["after"]),
        commands="\n".join(row["commands"]),
        undo="\n".join(row["undo"]),
        by_hand=row["byHand"],
    )
