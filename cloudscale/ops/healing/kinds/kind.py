"""A kind of resource: its fields, whose each of them is, and what puts one back. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import eq
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.observed import Found, Sight
from cloudscale.ops.healing.resource import Ref, Resource


class Owner(StrEnum):
    """Who decides a field."""

    OURS = "ours"  # the document does: anything else is reverted
    AUTOSCALER = "autoscaler"  # scaling does: only kept within bounds
    IGNORED = "ignored"  # anybody may


def as_is(value: Any) -> Any:
    """A value that has one spelling."""
    return value


@dataclass(frozen=True)
class Field:
    """One field of a kind.

    Attributes:
        name: As documents and observers write it.
        owner: Whose it is.
        reason: Why it is not ours, in a sentence; empty where it is.
        canonical: Spells a value in the one way that values are compared in. Raises ValueError
            where it has no such shape.
        is_met: Whether what was found does, of two values in one spelling: the wanted, the found.
        is_kept: For the autoscaler's: whether a found value may stay, by the resource and it.
    """

    name: str
    owner: Owner = Owner.OURS
    reason: str = ""
    canonical: Callable[[Any], Any] = as_is
    is_met: Callable[[Any, Any], bool] = eq
    is_kept: Callable[[Resource, Any], bool] = lambda resource, found: True


@dataclass(frozen=True)
class Drift:
    """One field that is not as wanted, or (`field` is `*`) a resource that is gone.

    Attributes:
        ref: Which resource.
        field: Which field.
        wanted: As the document has it.
        found: As it was read; `None` where there is nothing.
    """

    ref: Ref
    field: str
    wanted: Any
    found: Any


WHOLE = "*"
"""The field of a drift that says that the resource is gone."""


@dataclass(frozen=True)
class Broken:
    """A resource that has drifted, for its kind to mend.

    Attributes:
        resource: As it is wanted.
        found: As it is; `None` where it is gone.
        drifts: What differs; one `WHOLE` where it is gone.
        others: Everything that was seen, for repairs that need another resource's facts.
    """

    resource: Resource
    found: Found | None
    drifts: Sequence[Drift]
    others: Mapping[Ref, Sight] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether one of these fields has drifted, or the whole is gone."""
        return any(drift.field in (*names, WHOLE) for drift in self.drifts)


@dataclass(frozen=True)
class Remedy:
    """What mends it.

    Attributes:
        commands: The calls, in order; they must be safe to make twice.
        undo: The calls that would take them back.
        undo_words: How to take it back where no call does.
        not_by_call: Of fields that no call can put back, why: `{"engine": "…"}`. These are told
            with the Terraform command that would.
        can_wait: Whether it waits for the maintenance window (it restarts something).
    """

    commands: tuple[Command, ...] = ()
    undo: tuple[Command, ...] = ()
    undo_words: str = ""
    not_by_call: Mapping[str, str] = field(default_factory=dict)
    can_wait: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Attributes:
        name: As documents write it, such as `security_group`.
        words: As people say it, such as "security group".
        fields: All its fields.
        mend: What mends one that has drifted.
        needs: Kinds of other resources whose facts `mend` needs.
    """

    name: str
    words: str
    fields: tuple[Field, ...]
    mend: Callable[[Broken], Remedy]
    needs: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        """A field by its name.

        Raises:
            KeyError: It has no such field.
        """
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)
