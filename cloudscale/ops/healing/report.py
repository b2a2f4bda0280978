"""What one run came to: for whoever called, and for the board that pages show. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from cloudscale.ops.healing import guards
from cloudscale.ops.healing.desired import Desired, Hold
from cloudscale.ops.healing.guards import Planned
from cloudscale.ops.healing.letters import title
from cloudscale.ops.healing.observed import Observed, Unreadable
from cloudscale.ops.healing.plan import Plan
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.words import typed

Outcome = Literal["calm", "planned", "acted", "held", "off", "busy", "trouble"]


@dataclass(frozen=True)
class Report:
    """What one run came to.

    Attributes:
        outcome: In a word.
        words: In a sentence.
        run: The run's name.
        at: When it began, aware UTC.
        door: Which door it came through.
        seconds: How long it took.
        is_simulated: Whether it was about a model.
        desired: What there should be, where that could be read.
        observed: What was found at the first look, where there was one.
        plan: What would be done, after the last look.
        hold: An apply that was under way.
        is_on: Whether the kill switch let it; `None` where nobody knows.
        entries: The lines that it wrote.
        calls: How many API calls all looks took.
        gaps: What could not be read, by service, in words safe to show.
    """

    outcome: Outcome
    words: str
    run: str
    at: datetime
    door: str
    seconds: float = 0
    is_simulated: bool = False
    desired: Desired | None = None
    observed: Observed | None = None
    plan: Plan | None = None
    hold: Hold | None = None
    is_on: bool | None = None
    entries: tuple[Entry, ...] = ()
    calls: int = 0
    gaps: Mapping[str, str] = field(default_factory=dict)


def board_of(report: Report) -> dict[str, Any]:
    """How healing stands, as JSON that pages read."""
    board: dict[str, Any] = {
        "at": report.at.isoformat(),
        "run": report.run,
        "door": report.door,
        "mode": report.plan.mode.value if report.plan else "",
        "outcome": report.outcome,
        "words": report.words,
        "seconds": round(report.seconds, 1),
        "calls": report.calls,
        "isSimulated": report.is_simulated,
        "switch": {
            "isOn": report.is_on,
            "holdUntil": report.hold.until.isoformat() if report.hold else None,
        },
        "gaps": dict(report.gaps),
        "plan": [row(one) for one in report.plan.planned] if report.plan else [],
        "unknown": list(report.plan.comparison.unknown) if report.plan else [],
    }
    if report.observed:
        board["counts"] = _counts(report.observed)
    if report.plan and report.desired:
        board |= _guards(report.plan, report.desired, report.at)
    return board


def _counts(observed: Observed) -> dict[str, int]:
    sights = observed.resources.values()
    return {
        "resources": len(observed.resources),
        "unreadable": sum(isinstance(one, Unreadable) for one in sights),
        "members": len(observed.fleet.members) if observed.fleet else 0,
    }


def _guards(plan: Plan, desired: Desired, now: datetime) -> dict[str, Any]:
    limits, spent, until = desired.limits, plan.budget, plan.breaker.until
    return {
        "breaker": {
            "isOpen": plan.breaker.is_open,
            "failures": plan.breaker.failures,
            "limit": limits.breaker_failures,
            "until": until.isoformat() if until else None,
        },
        "budget": {
            "atOnce": spent.at_once,
            "inUse": spent.in_use,
            "perHour": limits.per_hour,
            "usedThisHour": spent.used_this_hour,
            "repairsPerHour": limits.repairs_per_hour,
            "repairsThisHour": spent.repairs_this_hour,
        },
        "window": {"is": limits.window, "isOpen": guards.is_open(limits.window, now)},
    }


def row(planned: Planned) -> dict[str, Any]:
    """One action of the plan, as JSON that pages read."""
    action = planned.action
    return {
        "action": action.id,
        "ref": str(action.ref),
        "verb": action.verb.value,
        "cause": action.cause,
        "title": title(action, Phase.SEEN),
        "reason": action.reason,
        "before": dict(action.before),
        "after": dict(action.after),
        "commands": [typed(one) for one in action.commands],
        "undo": [typed(one) for one in action.undo]
        or [action.undo_words] * bool(action.undo_words),
        "byHand": action.by_hand,
        "verdict": planned.verdict,
        "rule": planned.rule,
        "why": planned.why,
        "isDisruptive": action.is_disruptive,
    }


WORDS = {
    "do": "to do",
    "approve": "waiting for approval",
    "wait": "waiting",
    "blocked": "blocked",
    "report": "to mend by hand",
}


def counted(verdicts: Iterable[str]) -> str:
    """How many there are of each verdict, as a sentence; nothing of none."""
    found = Counter(verdicts)
    told = ", ".join(f"{found[one]} {WORDS[one]}" for one in WORDS if found[one])
    return f"{told}." if told else ""


def calm(plan: Plan | None, gaps: int) -> str:
    """That there is nothing to do. All is well only where nobody is away."""
    away = plan.budget.in_use if plan else 0
    if away:
        who = "1 server is" if away == 1 else f"{away} servers are"
        well = f"Nothing to do just now: {who} away or still starting"
    else:
        well = "Everything is as it should be"
    return (
        f"{well}, as far as it was read. {gaps} services could not be read." if gaps else f"{well}."
    )
