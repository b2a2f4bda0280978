"""Telling what is new, once: positions of switches, troubles, what is wrong, and why it waits.

A run comes each minute. Whoever is told the same each minute reads nothing any more.
"""

from collections.abc import Collection

from cloudscale.ops.healing.guards import ALL_SICK, Planned
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.lines import Lines
from cloudscale.ops.healing.plan import Plan
from cloudscale.ops.healing.ports import Clock, Switches
from cloudscale.ops.healing.record import Phase


class Telling:
    """Tells by writing lines.

    Args:
        lines: Where they go.
        clock: Time.
    """

    def __init__(self, lines: Lines, clock: Clock) -> None:
        self._lines, self._clock = lines, clock

    def switch(self, switches: Switches) -> None:
        """The kill switch, where it is in another position than was told last."""
        told = self._history().last_switched
        position = "on" if switches.is_on else "off"
        if position == told or (switches.is_on and not told):
            return
        self._lines.of_itself(
            Phase.SWITCHED,
            position,
            self._clock.now(),
            title=f"Healing was switched {position}",
            reason="The kill switch was found in another position than before.",
        )

    def trouble(self, reason: str) -> None:
        """What keeps healing from working, where it was not told yet."""
        if reason not in self._history().troubles:
            self._lines.of_itself(
                Phase.TROUBLE, reason, self._clock.now(), title="Healing cannot work", reason=reason
            )

    def no_trouble(self) -> None:
        """That what kept healing from working is over."""
        for reason in list(self._history().troubles):
            words = "What kept healing from working is over."
            self._lines.of_itself(
                Phase.PASSED, reason, self._clock.now(), title="Healing works again", reason=words
            )

    def plan(self, plan: Plan) -> None:
        """What is new of a plan: a thing that is wrong, a reason to wait, what people must mend."""
        for planned in plan.planned:
            action = planned.action
            incident = self._history().incidents.get((action.ref, action.cause))
            if incident is None:
                self._lines.of_action(Phase.SEEN, action, self._clock.now())
            self._verdict(planned, incident.told if incident else frozenset())

    def _verdict(self, planned: Planned, told: Collection[str]) -> None:
        action, rule = planned.action, planned.rule
        if planned.verdict == "do" or rule == "under-way":
            return
        phase = Phase.BLOCKED
        if action.cause == ALL_SICK:
            phase, rule = Phase.PAGED, ALL_SICK
        elif planned.verdict == "report":
            phase, rule = Phase.REPORTED, f"report-{action.id}"
        if rule in told:
            return
        reason = action.reason if planned.verdict == "report" else planned.why
        self._lines.of_action(
            phase, action, self._clock.now(), reason=reason, detail={"rule": rule}
        )

    def _history(self) -> History:
        return self._lines.history(self._clock.now())
