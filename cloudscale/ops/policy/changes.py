"""What differs between two policies, in words. Pure."""

from collections.abc import Iterator
from typing import Any

from cloudscale.ops.policy.scaling import ScalingPolicy

MOST_TOLD = 8


def differences(before: ScalingPolicy, after: ScalingPolicy) -> str:
    """Every number that differs, such as `cpu_scale_out_percent 70 → 60`; empty where none does."""
    told = [
        *_numbers(before.model_dump(mode="json"), after.model_dump(mode="json")),
        *_rules(before, after),
    ]
    more = len(told) - MOST_TOLD
    return ", ".join([*told[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])])


def _numbers(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name, old in before.items():
        new = after[name]
        if isinstance(old, dict):
            yield from _numbers(old, new)
        elif isinstance(old, int | float) and old != new:
            yield f"{name} {old:g} → {new:g}"


def _rules(before: ScalingPolicy, after: ScalingPolicy) -> Iterator[str]:
    old, new = ({rule.name: rule for rule in one.rules} for one in (before, after))
    for name in [*old, *(name for name in new if name not in old)]:
        if name not in new:
            yield f"without rule {name}"
        elif name not in old:
            yield f"rule {name} is new"
        elif old[name] != new[name]:
            yield f"rule {name} changed"
