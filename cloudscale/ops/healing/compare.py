"""What differs between what is wanted and what was found, and whose business that is. Pure.

Desired, Observed --compare--> Comparison: drifted, let be, unknown to us, unreadable
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.kinds import KINDS
from cloudscale.ops.healing.kinds.kind import WHOLE, Broken, Drift, Field, Kind, Owner
from cloudscale.ops.healing.observed import Found, Gone, Observed, Sight, Unreadable
from cloudscale.ops.healing.resource import Ref, Resource

STUMBLES: tuple[type[Exception], ...] = (AttributeError, KeyError, TypeError, ValueError)
"""What a value of another shape than its kind knows comes to; it stops nothing else."""


@dataclass(frozen=True)
class Comparison:
    """What differs.

    Attributes:
        broken: Resources with drift that is to be reverted, in the document's order.
        let_be: What differs and is not ours to revert.
        unreadable: What nobody knows, and why: resources by their name, fields as `name.field`.
        unknown: What the document asks for and this code does not know: kinds and fields. It is
            told, and not acted on.
    """

    broken: tuple[Broken, ...]
    let_be: tuple[Drift, ...]
    unreadable: Mapping[str, str]
    unknown: tuple[str, ...]


class _Comparing:
    def __init__(self, observed: Observed, kinds: Mapping[str, Kind]) -> None:
        self._seen, self._kinds = observed.resources, kinds
        self.broken: list[Broken] = []
        self.let_be: list[Drift] = []
        self.unreadable: dict[str, str] = {}
        self.unknown: list[str] = []

    def take(self, resource: Resource, sight: Sight) -> None:
        kind = self._kinds.get(resource.ref.kind)
        if kind is None:
            self.unknown.append(str(resource.ref))
        elif isinstance(sight, Unreadable):
            self.unreadable[str(resource.ref)] = sight.reason
        elif isinstance(sight, Gone):
            whole = Drift(resource.ref, WHOLE, dict(resource.fields), None)
            self.broken.append(Broken(resource, None, (whole,), self._seen))
        else:
            drifts = self._drifts(kind, resource, sight)
            if drifts:
                self.broken.append(Broken(resource, sight, drifts, self._seen))

    def _drifts(self, kind: Kind, resource: Resource, found: Found) -> tuple[Drift, ...]:
        drifts = []
        for name, wanted in resource.fields.items():
            try:
                field = kind.field(name)
            except KeyError:
                self.unknown.append(f"{resource.ref}.{name}")
                continue
            if name in found.absent:
                self.unreadable[f"{resource.ref}.{name}"] = found.absent[name]
                continue
            drift = Drift(resource.ref, name, wanted, found.fields.get(name))
            if self._differs(field, drift):
                (drifts if self._is_ours(field, resource, drift) else self.let_be).append(drift)
        return tuple(drifts)

    def _differs(self, field: Field, drift: Drift) -> bool:
        where = f"{drift.ref}.{drift.field}"
        try:
            wanted = field.canonical(drift.wanted)
        except STUMBLES as wrong:
            self.unknown.append(f"{where} ({wrong})")
            return False
        try:
            return not field.is_met(wanted, field.canonical(drift.found))
        except STUMBLES as wrong:
            # Nothing where something should be is a drift; a shape that nobody knows is not.
            if drift.found is None:
                return True
            self.unreadable[where] = _strange(wrong)
            return False

    def _is_ours(self, field: Field, resource: Resource, drift: Drift) -> bool:
        if field.owner is Owner.OURS:
            return True
        try:
            return field.owner is Owner.AUTOSCALER and not field.is_kept(resource, drift.found)
        except STUMBLES as wrong:
            self.unreadable[f"{drift.ref}.{drift.field}"] = _strange(wrong)
            return False


def _strange(wrong: Exception) -> str:
    return f"It was read as something that it cannot be: {wrong}."


def compare(desired: Desired, observed: Observed, kinds: Mapping[str, Kind] = KINDS) -> Comparison:
    """Compare all that was looked at with what is wanted.

    Args:
        desired: What there should be.
        observed: What was found; what was not looked at is left out.
        kinds: The kinds that are known.
    """
    comparing = _Comparing(observed, kinds)
    for resource in desired.resources:
        sight = observed.resources.get(resource.ref)
        if sight is not None:
            comparing.take(resource, sight)
    return Comparison(
        tuple(comparing.broken),
        tuple(comparing.let_be),
        comparing.unreadable,
        tuple(comparing.unknown),
    )


def drifted(comparison: Comparison) -> frozenset[Ref]:
    """The names of what is to be reverted."""
    return frozenset(one.resource.ref for one in comparison.broken)
