"""One run of healing, whichever door it came through.

lock --> switches --> desired --> look --> settle --> plan --> look again --> act --> board

Nothing is done on the word of one look, without the lock, or without a line that says so first.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cloudscale.ops.healing import plan as planning
from cloudscale.ops.healing.action import Action
from cloudscale.ops.healing.desired import Desired, DesiredFault
from cloudscale.ops.healing.doing import LATER, Doing
from cloudscale.ops.healing.guards import Planned
from cloudscale.ops.healing.history import REMEMBERED, History
from cloudscale.ops.healing.kinds import KINDS
from cloudscale.ops.healing.kinds.kind import Kind
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.lines import Lines
from cloudscale.ops.healing.observed import Observed
from cloudscale.ops.healing.plan import DRIFT, Diagnosis, Plan
from cloudscale.ops.healing.ports import Lease, LeaseLost, Parts, Switches
from cloudscale.ops.healing.report import Outcome, Report, board_of, calm, counted
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.settling import settle
from cloudscale.ops.healing.telling import Telling
from cloudscale.ops.ports import CloudFault

LEASE_SECONDS = 120
"""A run that is silent for so long is dead, and another one may begin. It renews before it acts."""


def heal(
    parts: Parts,
    door: str,
    mode: Mode | None = None,
    *,
    is_simulated: bool = False,
    kinds: Mapping[str, Kind] = KINDS,
    diagnoses: Sequence[Diagnosis] | None = None,
) -> Report:
    """Heal once.

    Args:
        parts: What the run is made of.
        door: Which door it came through: `function`, `command-line` or `loop`.
        mode: What may be done, in place of what the document says. `PLAN` looks, and neither
            takes the lock nor writes anything.
        is_simulated: Whether the world is a model.
        kinds: The kinds that are known.
        diagnoses: What looks at members and the database.

    Returns:
        What it came to. Whatever is wrong with the world or the document is told there.

    Raises:
        CloudFault: The record cannot be reached: without it nothing is done.
    """
    run = _Run(parts, door, mode, is_simulated, kinds, diagnoses)
    return run.only_look() if mode is Mode.PLAN else run.under_lock()


class _Run:
    """One run, step by step."""

    def __init__(
        self,
        parts: Parts,
        door: str,
        mode: Mode | None,
        is_simulated: bool,
        kinds: Mapping[str, Kind],
        diagnoses: Sequence[Diagnosis] | None,
    ) -> None:
        self._parts, self._mode = parts, mode
        self._kinds, self._diagnoses = kinds, diagnoses
        self._began = parts.clock.monotonic()
        self._stop: tuple[Outcome, str] = ("calm", "")
        at = parts.clock.now()
        name = f"{at.strftime('%H%M%S')}-{secrets.token_hex(3)}"
        self._report = Report("calm", "", name, at, door, is_simulated=is_simulated)

    # The two ways to run

    def only_look(self) -> Report:
        """What would be done, by one look; nothing is written."""
        entries = self._parts.ledger.entries(self._parts.clock.now() - REMEMBERED)
        try:
            switches, desired = self._read()
        except (DesiredFault, CloudFault) as fault:
            return self._ended("trouble", fault.reason)
        observed = self._look(desired)
        history = History.of(entries, self._parts.clock.now())
        self._note(plan=self._plan(desired, observed, history))
        if self._is_held(switches):
            return self._ended("held", "A Terraform apply is under way.")
        return self._ended("planned" if self._planned else "calm", self._words_of_plan())

    def under_lock(self) -> Report:
        """The whole, if nobody else heals."""
        clock, ledger = self._parts.clock, self._parts.ledger
        lease = ledger.take(self._report.run, clock.now(), LEASE_SECONDS)
        if lease is None:
            return self._ended("busy", "Another run is under way; this one does nothing.")
        try:
            return self._finish(lease, self._locked(lease))
        except LeaseLost:
            return self._ended("trouble", "The lock was lost: nothing more is done by this run.")
        finally:
            ledger.give_back(lease)

    # Under the lock

    def _locked(self, lease: Lease) -> Report:
        before = self._parts.ledger.entries(self._parts.clock.now() - REMEMBERED)
        self._lines = Lines(
            self._parts.ledger,
            self._parts.messenger,
            lease,
            self._report.run,
            self._report.door,
            is_simulated=self._report.is_simulated,
            before=before,
        )
        self._telling = Telling(self._lines, self._parts.clock)
        try:
            switches = self._parts.source.switches()
            self._note(is_on=switches.is_on)
            self._telling.switch(switches)
            if not switches.is_on:
                return self._ended("off", "The kill switch is off: nothing is looked at or done.")
            desired = self._parts.source.desired(switches.pointer)
        except (DesiredFault, CloudFault) as fault:
            return self._trouble(fault.reason)
        self._lines.stack = desired.stack.name
        self._note(desired=desired)
        self._telling.clock()
        self._telling.no_trouble()
        return self._heal(desired, switches)

    def _heal(self, desired: Desired, switches: Switches) -> Report:
        observed = self._look(desired)
        plan = self._plan(desired, observed, self._history())
        if settle(self._lines, desired, observed, plan, self._now()):
            plan = self._plan(desired, observed, self._history())
        self._note(plan=plan)
        self._telling.blind(self._report.gaps, plan.comparison.unknown)
        is_held = self._is_held(switches)
        self._telling.plan(plan, is_held=is_held)
        if is_held:
            return self._ended("held", "A Terraform apply is under way: only looked.")
        if not plan.to_do:
            return self._ended("planned" if plan.planned else "calm", self._words_of_plan())
        return self._look_again(desired, switches, plan)

    def _look_again(self, desired: Desired, before: Switches, first: Plan) -> Report:
        """Do what a second look agrees on, unless somebody has switched healing off meanwhile."""
        self._parts.clock.sleep(desired.limits.look_again_seconds)
        if not self._may_go_on(before):
            return self._ended(*self._stop)
        observed = self._parts.world.observe(desired, self._concerned(desired, first))
        self._count(observed)
        second = self._plan(desired, observed, self._history())
        wanted = {_same(action) for action in first.to_do}
        agreed = [action for action in second.to_do if _same(action) in wanted]
        agreed.sort(key=lambda one: one.verb not in LATER)  # what is verified waits, and looks age
        # What was not done now is on the board as the first look saw it.
        self._note(plan=replace(first, planned=_latest(first.planned, second.planned)))
        doing = Doing(self._parts, self._lines, desired, self._kinds, self._began, LEASE_SECONDS)
        done = doing.all(agreed, lambda: self._may_go_on(before))
        self._report = replace(self._report, calls=self._report.calls + doing.calls)
        if self._stop[1]:
            outcome, words = self._stop
            return self._ended(outcome, f"{words} {done} of {len(agreed)} were done before.")
        if not done:
            return self._ended("planned", "The second look disagreed with the first: nothing done.")
        rest = counted(one.verdict for one in self._planned if one.verdict != "do")
        return self._ended("acted", f"{done} of {len(first.to_do)} done. {rest}".strip())

    def _may_go_on(self, before: Switches) -> bool:
        """Whether healing is as it was switched when this run began; asked before each action."""
        try:
            switches = self._parts.source.switches()
        except (DesiredFault, CloudFault) as fault:
            self._telling.trouble(fault.reason)
            self._stop = ("trouble", fault.reason)
            return False
        self._note(is_on=switches.is_on)
        if not switches.is_on:
            self._telling.switch(switches)
            self._stop = ("off", "The kill switch was turned off: nothing more is done.")
        elif self._is_held(switches) or switches.pointer != before.pointer:
            self._stop = ("held", "A Terraform apply has begun: nothing more is done.")
        return not self._stop[1]

    def _concerned(self, desired: Desired, plan: Plan) -> set[Ref]:
        """What is to be done something to, and what that needs to know of others."""
        refs = {action.ref for action in plan.to_do}
        kinds = [self._kinds[ref.kind] for ref in refs if ref.kind in self._kinds]
        needed = {name for kind in kinds for name in kind.needs}
        return refs | {one.ref for one in desired.resources if one.ref.kind in needed}

    # Reading

    def _read(self) -> tuple[Switches, Desired]:
        switches = self._parts.source.switches()
        desired = self._parts.source.desired(switches.pointer)
        self._note(is_on=switches.is_on, desired=desired)
        return switches, desired

    def _look(self, desired: Desired) -> Observed:
        observed = self._parts.world.observe(desired)
        self._note(observed=observed)
        self._count(observed)
        return observed

    def _count(self, observed: Observed) -> None:
        gaps = {**self._report.gaps, **observed.gaps}
        self._note(calls=self._report.calls + observed.calls, gaps=gaps)

    def _plan(self, desired: Desired, observed: Observed, history: History) -> Plan:
        return planning.plan(
            desired,
            observed,
            history,
            history.now,
            mode=self._mode,
            approvals=self._approvals(desired),
            kinds=self._kinds,
            diagnoses=self._diagnoses,
        )

    def _approvals(self, desired: Desired) -> Collection[str]:
        """Nobody asks for them where nothing waits for one."""
        mode = self._mode or desired.limits.mode
        return self._parts.ledger.approvals() if mode is Mode.APPROVE else ()

    def _is_held(self, switches: Switches) -> bool:
        hold = switches.hold
        if hold is None or not hold.is_on(switches.pointer, self._now()):
            return False
        self._note(hold=hold)
        return True

    # Ending

    def _finish(self, lease: Lease, report: Report) -> Report:
        self._parts.ledger.keep(lease, board_of(report))
        return report

    def _trouble(self, reason: str) -> Report:
        self._telling.trouble(reason)
        return self._ended("trouble", reason)

    def _ended(self, outcome: str, words: str) -> Report:
        seconds = self._parts.clock.monotonic() - self._began
        entries = tuple(self._lines.written) if hasattr(self, "_lines") else ()
        self._note(outcome=outcome, words=words, seconds=seconds, entries=entries)
        return self._report

    def _note(self, **changes: object) -> None:
        self._report = replace(self._report, **changes)

    def _now(self) -> datetime:
        return self._parts.clock.now()

    def _history(self) -> History:
        return self._lines.history(self._now())

    @property
    def _planned(self) -> tuple[Planned, ...]:
        return self._report.plan.planned if self._report.plan else ()

    def _words_of_plan(self) -> str:
        if self._planned:
            return counted(one.verdict for one in self._planned)
        return calm(self._report.plan, len(self._report.gaps))


def _same(action: Action) -> tuple:
    return (action.ref, action.verb, action.cause, action.id if action.cause == DRIFT else "")


def _latest(first: tuple[Planned, ...], second: tuple[Planned, ...]) -> tuple[Planned, ...]:
    newer = {_same(one.action): one for one in second}
    return tuple(newer.get(_same(one.action), one) for one in first)
