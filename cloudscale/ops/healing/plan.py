"""What would be done, and why: the heart of healing. Pure.

plan(desired, observed, history, now) --> Plan: actions, judged, with their reasons
"""

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cloudscale.ops.healing import guards, pressure, recovery
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.compare import STUMBLES, Comparison, compare
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.guards import Budget, Circumstances, Planned
from cloudscale.ops.healing.history import Breaker, History
from cloudscale.ops.healing.kinds import KINDS
from cloudscale.ops.healing.kinds.kind import WHOLE, Broken, Drift, Kind, Remedy
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.members import is_left_alone
from cloudscale.ops.healing.observed import Observed
from cloudscale.ops.healing.resource import Ref

logger = logging.getLogger(__name__)

DRIFT = "drift"
"""The cause of everything that is put back as the document wants it."""

Diagnosis = Callable[[Desired, Observed, History], Sequence[Action]]
"""What finds sick and overloaded members, and what to do about them."""

DIAGNOSES: tuple[Diagnosis, ...] = (recovery.actions, pressure.actions)


@dataclass(frozen=True)
class Plan:
    """What would be done.

    Attributes:
        planned: Each action with its verdict, in the order in which they would be done.
        comparison: What differs.
        mode: What may be done at all.
        budget: How much may be disrupted, before this plan.
        breaker: Whether healing has stopped itself.
    """

    planned: tuple[Planned, ...]
    comparison: Comparison
    mode: Mode
    budget: Budget
    breaker: Breaker

    @property
    def to_do(self) -> tuple[Action, ...]:
        """What may be done now; nothing where only planning is switched on."""
        if self.mode is Mode.PLAN:
            return ()
        return tuple(one.action for one in self.planned if one.verdict == "do")


def plan(
    desired: Desired,
    observed: Observed,
    history: History,
    now: datetime,
    *,
    mode: Mode | None = None,
    approvals: Collection[str] = (),
    kinds: Mapping[str, Kind] = KINDS,
    diagnoses: Sequence[Diagnosis] | None = None,
) -> Plan:
    """What would be done about all that is not as it should be.

    Args:
        desired: What there should be.
        observed: What was found.
        history: What was done before.
        now: Aware UTC.
        mode: What may be done, where somebody says otherwise than the document.
        approvals: Ids of actions that somebody approved.
        kinds: The kinds that are known.
        diagnoses: What looks at members and the database.
    """
    comparison = compare(desired, observed, kinds)
    actions = [one for broken in comparison.broken for one in _mended(broken, kinds)]
    actions += _diagnosed(desired, observed, history, DIAGNOSES if diagnoses is None else diagnoses)
    asked = desired.limits.mode if mode is None else mode
    circumstances = Circumstances(
        limits=desired.limits,
        mode=asked,
        history=history,
        fleet=observed.fleet,
        approvals=approvals,
        left_alone=_left_alone(comparison, now),
    )
    return Plan(
        planned=guards.judge(actions, circumstances),
        comparison=comparison,
        mode=asked,
        budget=guards.budget(circumstances),
        breaker=history.breaker(desired.limits),
    )


def _diagnosed(
    desired: Desired, observed: Observed, history: History, diagnoses: Sequence[Diagnosis]
) -> list[Action]:
    """What is to be done about members and the database: all that was found, or nothing.

    Half a diagnosis may lack that all are sick, and drift is reverted whatever members are like.
    """
    try:
        return [one for diagnose in diagnoses for one in diagnose(desired, observed, history)]
    except (*STUMBLES, ArithmeticError):
        logger.exception("Members and database could not be judged: nothing is done to them")
        return []


def _left_alone(comparison: Comparison, now: datetime) -> frozenset[str]:
    """Resources whose tags say so; the tag is read where tags are read."""
    refs: set[Ref] = set()
    for broken in comparison.broken:
        tags = broken.found.about.get("tags", {}) if broken.found else {}
        if isinstance(tags, Mapping) and is_left_alone(tags, now):
            refs.add(broken.resource.ref)
    return frozenset(map(str, refs))


def _mended(broken: Broken, kinds: Mapping[str, Kind]) -> list[Action]:
    """What puts a resource back: one repair for what calls can, one report for what they cannot."""
    kind = kinds[broken.resource.ref.kind]
    found = remedy(kind, broken)
    by_call = [one for one in broken.drifts if one.field not in found.not_by_call]
    by_hand = [one for one in broken.drifts if one.field in found.not_by_call]
    actions = []
    if by_call and found.commands:
        actions.append(_repair(kind, broken, by_call, found))
    elif by_call:
        by_hand = list(broken.drifts)
    if by_hand:
        actions.append(_report(kind, broken, by_hand, found))
    return actions


def remedy(kind: Kind, broken: Broken) -> Remedy:
    """What its kind says; what a kind stumbles over is people's, and stops nothing else."""
    try:
        return kind.mend(broken)
    except STUMBLES as stumble:
        logger.warning("%s: no repair was found", broken.resource.ref, exc_info=True)
        why = f"Its repair could not be worked out ({type(stumble).__name__})."
        return Remedy(not_by_call={one.field: why for one in broken.drifts})


def _repair(kind: Kind, broken: Broken, drifts: Sequence[Drift], remedy: Remedy) -> Action:
    return Action(
        ref=broken.resource.ref,
        verb=Verb.REPAIR,
        cause=DRIFT,
        reason=_reason(kind, broken, drifts),
        before={one.field: one.found for one in drifts},
        after={one.field: one.wanted for one in drifts},
        commands=remedy.commands,
        undo=remedy.undo,
        undo_words=remedy.undo_words or ("" if remedy.undo else _before(drifts)),
        can_wait=remedy.can_wait,
    )


def _before(drifts: Sequence[Drift]) -> str:
    """For people, where no call takes it back."""
    told = {one.field: one.found for one in drifts}
    return f"No call takes it back by itself. It was: {json.dumps(told, default=str)}"


def _report(kind: Kind, broken: Broken, drifts: Sequence[Drift], remedy: Remedy) -> Action:
    why = " ".join(
        remedy.not_by_call[one.field] for one in drifts if one.field in remedy.not_by_call
    )
    return Action(
        ref=broken.resource.ref,
        verb=Verb.REPORT,
        cause="drift-by-hand",
        reason=f"{_reason(kind, broken, drifts)} {why}".strip(),
        before={one.field: one.found for one in drifts},
        after={one.field: one.wanted for one in drifts},
        by_hand=f"terraform apply -target='{broken.resource.address}'",
    )


def _reason(kind: Kind, broken: Broken, drifts: Sequence[Drift]) -> str:
    name = broken.resource.ref.name
    if any(one.field == WHOLE for one in drifts):
        return f"The {kind.words} {name} is gone."
    fields = ", ".join(one.field.replace("_", " ") for one in drifts)
    return f"Of the {kind.words} {name}, {fields} is not as Terraform wrote it."
