"""Telling what is new, once: positions of switches, troubles, what is wrong, and why it waits.

A run comes each minute. Whoever is told the same each minute reads nothing any more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from cloudscale.ops.healing.guards import ALL_SICK, Planned
from cloudscale.ops.healing.history import CLOCK, HOUR, History
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.lines import APPROVAL, PLAN_ONLY, Lines, is_for_people
from cloudscale.ops.healing.plan import DRIFT, Plan
from cloudscale.ops.healing.ports import Clock, Switches
from cloudscale.ops.healing.record import Phase

GAPS, UNKNOWN = "Not read: ", "Not known to this healer: "
"""How causes of troubles begin that do not keep the rest from being healed."""

ONLY_PLANNED = "It would be done, and only planning is switched on."


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
        self._trouble(reason, "Healing cannot work", reason)

    def no_trouble(self) -> None:
        """That what kept healing from working is over."""
        for cause in self._history().troubles:
            if not cause.startswith((GAPS, UNKNOWN)):
                self._over(cause, "Healing works again", "What kept healing from working is over.")

    def blind(self, gaps: Mapping[str, str], unknown: Sequence[str]) -> None:
        """What could not be read, and what the document asks for that this code does not know.

        Args:
            gaps: Why, by service.
            unknown: Kinds and fields.
        """
        wanted = f"{UNKNOWN}{', '.join(unknown)}" if unknown else ""
        told: set[str] = set()
        for cause in self._history().troubles:
            services = set(cause.removeprefix(GAPS).split(", "))
            if cause.startswith(GAPS) and services & set(gaps):
                told |= services
            elif cause.startswith(GAPS):
                self._over(cause, "Healing sees all again", "What could not be read is read again.")
            elif cause.startswith(UNKNOWN) and cause != wanted:
                self._over(cause, "Healing knows all it is asked for", "It is not asked for now.")
        if new := sorted(set(gaps) - told):
            reason = " ".join(dict.fromkeys(gaps[one] for one in new))
            self._trouble(f"{GAPS}{', '.join(new)}", "Healing cannot see all of it", reason)
        if unknown:
            self._trouble(wanted, "Healing is asked for what it does not know", f"{wanted}.")

    def clock(self) -> None:
        """That lines are of the future: from now on they count as of this moment."""
        ahead = sorted(self._history().ahead)
        if ahead:
            self._lines.of_itself(
                Phase.TROUBLE,
                CLOCK,
                self._clock.now(),
                title="A clock was wrong",
                reason="Lines of the record are dated in the future. They count as of now.",
                detail={"runs": ahead},
            )

    def _trouble(self, cause: str, title: str, reason: str) -> None:
        """Write it, unless it was told: also within an hour, for what comes and goes."""
        history = self._history()
        told_at = history.told_troubles.get(cause)
        if cause in history.troubles or (told_at and history.now - told_at < HOUR):
            return
        self._lines.of_itself(Phase.TROUBLE, cause, history.now, title=title, reason=reason)

    def _over(self, cause: str, title: str, reason: str) -> None:
        self._lines.of_itself(Phase.PASSED, cause, self._clock.now(), title=title, reason=reason)

    def plan(self, plan: Plan, *, is_held: bool = False) -> None:
        """What is new of a plan: a thing that is wrong, a reason to wait, what people must mend.

        Args:
            plan: The plan.
            is_held: Whether an apply is under way: what differs by now is no drift.
        """
        for planned in plan.planned:
            action = planned.action
            if is_held and action.cause.startswith(DRIFT):
                continue
            incident = self._history().incidents.get((action.ref, action.cause))
            if incident is None:
                self._lines.of_action(Phase.SEEN, action, self._clock.now())
            told = incident.told if incident else frozenset()
            if planned.verdict == "do" and plan.mode is Mode.PLAN:
                planned = replace(planned, verdict="wait", rule=PLAN_ONLY, why=ONLY_PLANNED)
            self._verdict(planned, told)

    def _verdict(self, planned: Planned, told: Collection[str]) -> None:
        action, rule = planned.action, planned.rule
        if planned.verdict == "do" or rule == "under-way":
            return
        phase = Phase.BLOCKED
        if action.cause == ALL_SICK:
            phase, rule = Phase.PAGED, ALL_SICK
        elif planned.verdict == "report":
            phase, rule = Phase.REPORTED, f"report-{action.id}-{'-'.join(sorted(action.after))}"
        elif planned.verdict == "approve":
            rule = f"{APPROVAL}-{action.id}"
        if rule in told:
            return
        reason = action.reason if planned.verdict == "report" else planned.why
        if is_for_people(rule):
            reason = f"{action.reason} {planned.why}"
        self._lines.of_action(
            phase, action, self._clock.now(), reason=reason, detail={"rule": rule}
        )

    def _history(self) -> History:
        return self._lines.history(self._clock.now())
