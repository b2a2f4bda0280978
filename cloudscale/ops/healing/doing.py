"""Doing what was decided: one action after the other, each written down before and after.

INTENT --> calls --> ACTED --> read again, until it is well or patience ends --> HEALED or FAILED
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from cloudscale.ops.healing import compare as comparing
from cloudscale.ops.healing import plan as planning
from cloudscale.ops.healing.action import DISRUPTIVE, Action, Verb
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.kinds.kind import WHOLE, Broken, Kind
from cloudscale.ops.healing.lines import Lines
from cloudscale.ops.healing.observed import Unreadable
from cloudscale.ops.healing.ports import Parts, Refused
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.settling import times

PAUSES_SECONDS = (0.5, 1, 2, 4, 8)
"""Between reads that verify: what AWS has just taken it may still tell as it was before."""

LONGEST_SECONDS = 75
"""After so long a run begins nothing more: the next one goes on, and the function is not cut."""

LATER = DISRUPTIVE | {Verb.REGISTER, Verb.GROW_STORAGE}
"""What shows its effect after the run; a later one settles it."""


class Doing:
    """Does one run's actions.

    Attributes:
        calls: How many API calls verifying took, and how many changed something.
    """

    def __init__(
        self,
        parts: Parts,
        lines: Lines,
        desired: Desired,
        kinds: Mapping[str, Kind],
        began: float,
        lease_seconds: float,
    ) -> None:
        self._parts, self._lines, self._desired = parts, lines, desired
        self._kinds, self._began, self._lease_seconds = kinds, began, lease_seconds
        self.calls = 0

    def all(self, actions: Iterable[Action], may_go_on: Callable[[], bool] = lambda: True) -> int:
        """Do them until the breaker opens or time is up; how many were done.

        Args:
            actions: What.
            may_go_on: Asked before each one: the switches may have been turned.
        """
        done = 0
        for action in actions:
            if self._parts.clock.monotonic() - self._began > LONGEST_SECONDS:
                break
            if not may_go_on():
                break
            done += self._one(action)
            if self._history().breaker(self._desired.limits).is_open:
                break
        return done

    def _one(self, action: Action) -> bool:
        clock, lines = self._parts.clock, self._lines
        now = clock.now()
        lines.lease = self._parts.ledger.renew(lines.lease, now, self._lease_seconds)
        lines.of_action(Phase.INTENT, action, now)
        try:
            for command in action.commands:
                self._parts.world.act(command)
                self.calls += 1
        except Refused as refused:
            self._failed(action, refused)
            return False
        lines.of_action(Phase.ACTED, action, clock.now())
        if action.verb not in LATER:
            self._verify(action)
        return True

    def _verify(self, action: Action) -> None:
        reason = ""
        for pause in PAUSES_SECONDS:
            reason = self._what_is_wrong(action)
            if not reason:
                incident = self._history().incidents[action.ref, action.cause]
                words = "It was read again and is as it should be."
                self._lines.of_action(
                    Phase.HEALED,
                    action,
                    self._now(),
                    reason=f"{action.reason} {words}",
                    detail=times(incident, self._now()),
                )
                return
            self._parts.clock.sleep(pause)
        self._failed(action, Refused(reason))

    def _what_is_wrong(self, action: Action) -> str:
        """What still differs of what was put back; empty when it is well."""
        observed = self._parts.world.observe(self._desired, {action.ref})
        self.calls += observed.calls
        sight = observed.resources.get(action.ref)
        if sight is None or isinstance(sight, Unreadable):
            return "It could not be read again."
        compared = comparing.compare(self._desired, observed, self._kinds)
        is_whole = WHOLE in action.after
        unread = [
            name
            for name in compared.unreadable
            if is_whole or name.removeprefix(f"{action.ref}.") in action.after
        ]
        if unread:
            return f"It was done, and {', '.join(unread)} could not be read again."
        left = [name for one in compared.broken for name in self._left(one, action)]
        return f"It was done, and still differs in {', '.join(left)}." if left else ""

    def _left(self, broken: Broken, action: Action) -> list[str]:
        """What still differs of what was done; of what was made again, all that calls can set."""
        if WHOLE not in action.after:
            return [one.field for one in broken.drifts if one.field in action.after]
        remedy = planning.remedy(self._kinds[action.ref.kind], broken)
        return [one.field for one in broken.drifts if one.field not in remedy.not_by_call]

    def _failed(self, action: Action, refused: Refused) -> None:
        now = self._now()
        trips = not refused.is_vanished and self._history().trips(self._desired.limits)
        told = {"isVanished": refused.is_vanished, "isUnsure": refused.is_unsure}
        detail = {name: True for name, is_so in told.items() if is_so}
        self._lines.of_action(Phase.FAILED, action, now, reason=refused.reason, detail=detail)
        if trips:
            self._lines.of_breaker(now, action.ref, refused.reason)

    def _history(self) -> History:
        return self._lines.history(self._now())

    def _now(self) -> datetime:
        return self._parts.clock.now()
