"""The corpus of drift: each kind's resource as it is wanted, and all the ways to spoil it.

`SAMPLES` holds one resource of each kind. `cases()` spoils each field of each in every way that
fits its value: added, removed, changed, re-ordered, spelled otherwise, and the whole gone.
"""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from cloudscale.ops.healing.kinds import KINDS
from cloudscale.ops.healing.kinds.kind import WHOLE, Field, Owner
from cloudscale.ops.healing.observed import Found, Gone, Sight
from cloudscale.ops.healing.resource import Ref, Resource
from tests.unit.ops.healing.corpus.samples import SAMPLES, Sample

Expectation = Literal["reverted", "by hand", "untouched"]


@dataclass(frozen=True)
class Case:
    """One resource that was spoiled, or only looks like it.

    Attributes:
        name: What was done to what.
        resource: As it is wanted.
        sight: As it is found.
        field: Which field; `*` for the whole.
        expected: What healing must do.
        others: What else is seen, for repairs that need it.
    """

    name: str
    resource: Resource
    sight: Sight
    field: str
    expected: Expectation
    others: Mapping[Ref, Sight]


def wanted(kind: str) -> Resource:
    """The sample of a kind, as it is wanted."""
    sample = SAMPLES[kind]
    address = f"module.x.aws_{kind}.this"
    return Resource(Ref(kind, "sample"), sample.id, address, sample.fields, sample.about)


def others() -> dict[Ref, Sight]:
    """Every other sample as it is wanted."""
    return {Ref(kind, "sample"): as_wanted(kind) for kind in SAMPLES}


def as_wanted(kind: str) -> Found:
    """A sample as it is found when nothing was done to it."""
    sample = SAMPLES[kind]
    return Found(deepcopy(dict(sample.fields)), about={"arn": f"arn:{sample.id}", "tags": {}})


def cases() -> Iterator[Case]:
    """Every case."""
    for kind, sample in SAMPLES.items():
        yield _case(kind, "nothing was done", WHOLE, as_wanted(kind), "untouched")
        yield _case(kind, "is gone", WHOLE, Gone(), sample.when_gone)
        for field in KINDS[kind].fields:
            yield from _of_field(kind, sample, field)


def _of_field(kind: str, sample: Sample, field: Field) -> Iterator[Case]:
    if field.name not in sample.fields:
        return
    value = sample.fields[field.name]
    outcome = sample.outcomes.get(field.name, _outcome(field))
    for number, spoiled in enumerate(_spoiled(sample, field.name, value), 1):
        yield _with(kind, field.name, f"changed {number}", spoiled, outcome)
    for number, kept in enumerate(sample.kept.get(field.name, ()), 1):
        yield _with(kind, field.name, f"within its bounds {number}", kept, "untouched")
    if field.owner is Owner.OURS:
        if field.name not in sample.may_be_nothing:
            yield _with(kind, field.name, "removed", None, outcome)
        for number, same in enumerate(_spellings(value), 1):
            yield _with(kind, field.name, f"spelled otherwise {number}", same, "untouched")
        for number, same in enumerate(sample.spellings.get(field.name, ()), 1):
            yield _with(kind, field.name, f"written otherwise {number}", same, "untouched")


def _outcome(field: Field) -> Expectation:
    return "untouched" if field.owner is Owner.IGNORED else "reverted"


def _with(kind: str, name: str, what: str, value: Any, expected: Expectation) -> Case:
    found = as_wanted(kind)
    fields = {**found.fields, name: value}
    if value is None:
        fields.pop(name)
    return _case(kind, f"{name} {what}", name, Found(fields, about=found.about), expected)


def _case(kind: str, what: str, field: str, sight: Sight, expected: Expectation) -> Case:
    return Case(f"{kind}: {what}", wanted(kind), sight, field, expected, others())


def _spoiled(sample: Sample, name: str, value: Any) -> Iterator[Any]:
    """Values that are not the wanted one: those of the sample, else made of the value."""
    if name in sample.spoiled:
        yield from sample.spoiled[name]
        return
    match value:
        case bool():
            yield not value
        case int() | float():
            yield from (value + 1, value * 3 + 7)
        case str():
            yield f"{value}-other"
        case list():
            yield from _lists(value)
        case dict():
            yield from _objects(value)


def _lists(value: list[Any]) -> Iterator[Any]:
    if value:
        yield value[:-1]
        yield [*value[:-1], _other(value[-1])]
    if not value or isinstance(value[0], str):
        yield [*value, "one-more"]


def _objects(value: dict[str, Any]) -> Iterator[Any]:
    for name in value:
        yield {key: one for key, one in value.items() if key != name}
        yield {**value, name: _other(value[name])}


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}-other"
        case dict() if value:
            name = next(iter(value))
            return {**value, name: _other(value[name])}
        case list() if value:
            return [*value[:-1], _other(value[-1])]
    return "other"


def _spellings(value: Any) -> Iterator[Any]:
    """Other ways to write the same value."""
    if isinstance(value, dict) and len(value) > 1:
        yield dict(reversed(value.items()))
        yield json.loads(json.dumps(value, sort_keys=True))
    if isinstance(value, int) and not isinstance(value, bool):
        yield float(value)
