"""What IAM would answer, by the policies of one identity. Pure; what it does not know is an error.

statements(document, …) --> Statement, …
is_allowed(statements, Request(action, arn, context)) --> yes, unless nothing allows it

It knows what our policies are written with, and not all that IAM knows.
Source: AWS, IAM User Guide, "Policy evaluation logic", "IAM JSON policy element reference".
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Words = tuple[str, ...]


@dataclass(frozen=True)
class Request:
    """What a service asks IAM before it does something.

    Attributes:
        action: Such as `ec2:RebootInstances`.
        arn: Of what it is done to; `*` where the action knows no resource.
        context: The condition keys that the service tells, each with its values.
    """

    action: str
    arn: str
    context: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """One condition of a statement: all of them must hold.

    Attributes:
        operator: Such as `StringEquals`.
        key: Such as `aws:ResourceTag/Project`.
        values: Any of these will do.
    """

    operator: str
    key: str
    values: Words


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    Attributes:
        is_deny: Whether it forbids; it allows otherwise.
        actions: Patterns of actions.
        resources: Patterns of ARNs.
        conditions: What has to be so besides.
    """

    is_deny: bool
    actions: Words
    resources: Words
    conditions: tuple[Condition, ...] = ()


class NotUnderstood(ValueError):
    """A policy says something that cannot be judged here."""


def statements(*documents: str) -> list[Statement]:
    """The statements of policies.

    Raises:
        NotUnderstood: One has an element, an operator or a variable that is not known here.
    """
    rows = [row for one in documents for row in _listed(json.loads(one)["Statement"])]
    return [_statement(row) for row in rows]


def is_allowed(policy: Iterable[Statement], request: Request) -> bool:
    """Whether a statement allows it and none forbids it."""
    applying = [one for one in policy if applies(one, request)]
    return bool(applying) and not any(one.is_deny for one in applying)


def applies(statement: Statement, request: Request) -> bool:
    """Whether a statement says anything of a request."""
    return (
        any(_is_like(one.lower(), request.action.lower()) for one in statement.actions)
        and any(is_arn_like(one, request.arn) for one in statement.resources)
        and all(_holds(one, request.context) for one in statement.conditions)
    )


def is_arn_like(pattern: str, arn: str) -> bool:
    """Whether a pattern has this ARN; a wildcard stays within one of the six parts."""
    if pattern == "*":
        return True
    wanted, told = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(told) and all(map(_is_like, wanted, told))


def _is_like(pattern: str, text: str) -> bool:
    written = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)
    return re.fullmatch(written, text, re.DOTALL) is not None


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": _is_like,
    "ArnEquals": is_arn_like,
    "ArnLike": is_arn_like,
}
"""Each compares what a policy says with what is so; AWS's two for ARNs are the same."""

FOR_ALL = "ForAllValues:"
ELEMENTS = {"Sid", "Effect", "Action", "Resource", "Condition"}


def _holds(condition: Condition, context: Mapping[str, Words]) -> bool:
    """A key that the service does not tell meets nothing, but of no values all are met."""
    told = {key.lower(): values for key, values in context.items()}.get(condition.key.lower(), ())
    compare = OPERATORS[condition.operator.removeprefix(FOR_ALL)]
    met = [any(compare(wanted, one) for wanted in condition.values) for one in told]
    return all(met) if condition.operator.startswith(FOR_ALL) else len(met) == 1 and met[0]


def _statement(row: Mapping[str, Any]) -> Statement:
    if unknown := row.keys() - ELEMENTS:
        raise NotUnderstood(f"a statement has {sorted(unknown)}")
    if row["Effect"] not in ("Allow", "Deny"):
        raise NotUnderstood(f"an effect is {row['Effect']}")
    resources = _listed(row["Resource"])
    conditions = tuple(
        Condition(operator, key, _listed(values))
        for operator, rows in row.get("Condition", {}).items()
        for key, values in rows.items()
    )
    for one in conditions:
        if one.operator.removeprefix(FOR_ALL) not in OPERATORS:
            raise NotUnderstood(f"a condition is by {one.operator}")
    texts = [*resources, *(value for one in conditions for value in one.values)]
    if variables := [one for one in texts if "${" in one]:
        raise NotUnderstood(f"a variable is in {variables}")
    return Statement(row["Effect"] == "Deny", _listed(row["Action"]), resources, conditions)


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)
