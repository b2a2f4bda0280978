"""What there should be, and how it is named. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Fields = Mapping[str, Any]
"""JSON values by the name of their field; the names and shapes are those of the kind."""


class Ref(NamedTuple):
    """Names one resource of the stack for good, whatever AWS calls it."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @classmethod
    def of_text(cls, text: str) -> "Ref":
        """What `str` wrote.

        Raises:
            ValueError: It did not write this.
        """
        kind, slash, name = text.partition("/")
        if not (kind and slash and name):
            raise ValueError(f"{text!r} names no resource: kind/name does")
        return cls(kind, name)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as Terraform wants it.

    Attributes:
        ref: Its name in the stack, such as `alarm/cpu-high`.
        id: What AWS's API calls it: an id, a name or an ARN, as its kind says.
        address: Its address in Terraform, such as `module.fleet.aws_security_group.this`.
        fields: What is wanted of it. A field that is not named is not compared.
        about: Facts that no field compares but repairs need, such as the name of its group.
    """

    ref: Ref
    id: str
    address: str
    fields: Fields
    about: Fields = field(default_factory=dict)
