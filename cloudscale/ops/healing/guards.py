"""The guard rails: what of a plan may be done now, and why not the rest. Pure.

Action --judge--> Planned: do, approve, wait, blocked or report, with the rule and its reason
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from math import floor
from typing import Literal

from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits, Mode
from cloudscale.ops.healing.members import state_of
from cloudscale.ops.healing.observed import Fleet

Verdict = Literal["do", "approve", "wait", "blocked", "report"]

ALL_SICK = "all-sick"
"""The cause of the report that stops every action on members."""

OF_MEMBERS = "member"
"""The kind of a member's ref."""

UNSURE = timedelta(seconds=180)
"""So long somebody counts as away of whom nobody knows whether it was rebooted: a start takes less.

Whoever is ended is missing by then, and counts as that.
"""


@dataclass(frozen=True, slots=True)
class Planned:
    """One action, judged.

    Attributes:
        action: What would be done.
        verdict: Whether it may be done now.
        rule: Which guard rail decided, as a word.
        why: Its reason, in a sentence.
    """

    action: Action
    verdict: Verdict
    rule: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be disrupted, and how much is.

    Attributes:
        at_once: The most members that may be away at the same time.
        in_use: How many are.
        used_this_hour: Disruptions in the last hour.
        repairs_this_hour: Repairs in the last hour.
    """

    at_once: int
    in_use: int
    used_this_hour: int
    repairs_this_hour: int


@dataclass(frozen=True)
class Circumstances:
    """What judging goes by.

    Attributes:
        limits: The guard rails' numbers.
        mode: What may be done.
        history: What was done before.
        fleet: The members; `None` where nobody knows.
        approvals: Ids of actions that somebody approved.
        left_alone: Resources that somebody marked to be left alone, by their refs as text.
    """

    limits: Limits
    mode: Mode
    history: History
    fleet: Fleet | None = None
    approvals: Collection[str] = ()
    left_alone: Collection[str] = field(default_factory=frozenset)


def budget(circumstances: Circumstances) -> Budget:
    """How much may be disrupted now.

    Whoever is missing counts, whatever took it away: a record that was lost frees nothing.
    """
    history, limits = circumstances.history, circumstances.limits
    fleet = circumstances.fleet
    size = fleet.desired if fleet else 0
    away = {one.ref for one in history.away(UNSURE)}
    # Who is still there is away all the same while it starts anew; who is gone is missing already.
    serving = {one.id for one in fleet.members if state_of(one) == "InService"} if fleet else set()
    gone = {one for one in away if one.kind == OF_MEMBERS and fleet and one.name not in serving}
    return Budget(
        at_once=max(1, floor(size * limits.share_percent / 100)),
        in_use=len(away - gone) + (_missing(fleet) if fleet else 0),
        used_this_hour=history.in_last_hour(history.disruptions),
        repairs_this_hour=history.in_last_hour(history.repairs),
    )


def _missing(fleet: Fleet) -> int:
    """How many are not there: a new one and the one that it is for are one."""
    states = Counter(map(state_of, fleet.members))
    missing = fleet.desired - states["InService"]
    return max(missing, states["Pending"], states["Terminating"], 0)


def is_open(window: str, now: datetime) -> bool:
    """Whether the maintenance window is open; it may reach over midnight, UTC."""
    if not window:
        return True
    first, last = (time.fromisoformat(part) for part in window.split("-"))
    clock = now.time().replace(tzinfo=None)
    return first <= clock < last if first <= last else clock >= first or clock < last


def judge(actions: Iterable[Action], circumstances: Circumstances) -> tuple[Planned, ...]:
    """Judge actions, in the order in which they would be done."""
    return _Judge(circumstances).all(list(actions))


class _Judge:
    """Judges one action after the other: what is allowed uses up what the next ones may use."""

    def __init__(self, circumstances: Circumstances) -> None:
        self._given = circumstances
        spent = budget(circumstances)
        self._left_at_once = spent.at_once - spent.in_use
        self._at_once = spent.at_once
        self._left_this_hour = circumstances.limits.per_hour - spent.used_this_hour
        self._repairs_left = circumstances.limits.repairs_per_hour - spent.repairs_this_hour
        self._touched: set[str] = set()

    def all(self, actions: Sequence[Action]) -> tuple[Planned, ...]:
        self._is_all_sick = any(one.cause == ALL_SICK for one in actions)
        return tuple(self._one(action) for action in actions)

    def _one(self, action: Action) -> Planned:
        if action.verb is Verb.REPORT:
            return Planned(action, "report", "report", "No call mends it; people are told.")
        for refuse in (self._sick, self._alone, self._breaker, self._waiting, self._window):
            if (planned := refuse(action)) is not None:
                return planned
        if (planned := self._approval(action) or self._spend(action)) is not None:
            return planned
        self._touched.add(str(action.ref))
        return Planned(action, "do")

    def _sick(self, action: Action) -> Planned | None:
        if self._is_all_sick and action.ref.kind == OF_MEMBERS:
            why = "All servers are sick at once: the cause is elsewhere, and ending them would not"
            return Planned(action, "blocked", ALL_SICK, f"{why} mend it. People are called.")
        return None

    def _alone(self, action: Action) -> Planned | None:
        if str(action.ref) in self._given.left_alone:
            return Planned(action, "blocked", "tag", "Somebody marked it to be left alone.")
        return None

    def _breaker(self, action: Action) -> Planned | None:
        breaker = self._given.history.breaker(self._given.limits)
        if breaker.until is None:
            return None
        why = f"{self._given.limits.breaker_failures} attempts in a row failed: nothing is done"
        return Planned(action, "blocked", "breaker", f"{why} until {clock(breaker.until)}.")

    def _waiting(self, action: Action) -> Planned | None:
        history, limits = self._given.history, self._given.limits
        if str(action.ref) in self._touched:
            why = "Something else is done to it in this run."
            return Planned(action, "wait", "one-at-a-time", why)
        if any(one.ref == action.ref for one in history.under_way):
            why = "What was done to it last has not shown yet whether it helps."
            return Planned(action, "wait", "under-way", why)
        until = history.waits_until((action.ref, action.cause), limits, action.verb)
        if until is None:
            return None
        why = f"The same was attempted before: again from {clock(until)} on."
        return Planned(action, "wait", "cooldown", why)

    def _window(self, action: Action) -> Planned | None:
        window = self._given.limits.window
        if not action.can_wait or is_open(window, self._given.history.now):
            return None
        return Planned(action, "wait", "window", f"It waits for the window {window} UTC.")

    def _spend(self, action: Action) -> Planned | None:
        limits = self._given.limits
        if not action.is_disruptive:
            if self._repairs_left <= 0:
                why = f"{limits.repairs_per_hour} repairs were made within an hour."
                return Planned(action, "wait", "repairs-per-hour", why)
            self._repairs_left -= 1
            return None
        if action.ref.kind == OF_MEMBERS and self._given.fleet is None:
            return Planned(action, "wait", "unknown-fleet", "Nobody knows who else is away.")
        if self._left_this_hour <= 0:
            why = f"{limits.per_hour} disruptions were made within an hour."
            return Planned(action, "wait", "per-hour", why)
        is_away = self._is_away(action)
        if self._left_at_once <= 0 and not is_away:
            why = f"No more than {self._at_once} may be away at once, and that many are."
            return Planned(action, "wait", "at-once", why)
        self._left_this_hour -= 1
        self._left_at_once -= not is_away
        return None

    def _approval(self, action: Action) -> Planned | None:
        """What nobody has approved uses up nothing of what others may use."""
        if self._given.mode is Mode.APPROVE and action.id not in self._given.approvals:
            why = (
                f"It waits for somebody's approval: python -m cloudscale heal --approve {action.id}"
            )
            return Planned(action, "approve", "approval", why)
        return None

    def _is_away(self, action: Action) -> bool:
        """Whether it is done to a member that is not in service anyway: nobody more goes away."""
        fleet = self._given.fleet
        if action.ref.kind != OF_MEMBERS or fleet is None:
            return False
        member = next((one for one in fleet.members if one.id == action.ref.name), None)
        return member is not None and state_of(member) != "InService"


def clock(moment: datetime) -> str:
    """A moment as people read it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
