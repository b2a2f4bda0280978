"""What could be done, as values: calls that would be made, and why. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from cloudscale.ops.healing.resource import Ref


class Verb(StrEnum):
    """What is done."""

    REPAIR = "repair"  # put a resource back as it is wanted
    REGISTER = "register"  # have the load balancer send to a member again
    REBOOT = "reboot"
    REPLACE = "replace"  # end a member; the group starts another, and its size stays
    DRAIN = "drain"  # have a member finish what it does, and replace it
    REBOOT_DATABASE = "reboot-database"
    FAIL_OVER = "fail-over"
    GROW_STORAGE = "grow-storage"
    REPORT = "report"  # nothing can be done by a call: people are told what would


DISRUPTIVE = frozenset(
    {Verb.REBOOT, Verb.REPLACE, Verb.DRAIN, Verb.REBOOT_DATABASE, Verb.FAIL_OVER}
)
"""What takes something away for a while; it counts against the blast budget."""


@dataclass(frozen=True)
class Command:
    """One API call.

    Attributes:
        service: As boto3 names it, such as `ec2`.
        operation: As boto3 names it, such as `revoke_security_group_ingress`.
        arguments: Of the call; JSON values alone.
    """

    service: str
    operation: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Action:
    """One thing to do to one resource, or to tell of it.

    Attributes:
        ref: Which one. A member of the fleet is `member/ID`, the database `database/NAME`.
        verb: What is done.
        cause: Why, as a word that cooldowns count by: `drift`, `checks-failed`, `frozen`, …
        reason: Why, in a sentence, with the values that decided it.
        before: What was found, by field; `None` stands for nothing there.
        after: What is wanted instead, by field.
        commands: The calls, in order. None for a report.
        undo: The calls that would take it back, in order.
        undo_words: How to take it back where no call does: "nothing to undo: …".
        by_hand: For a report: the exact command that a person would run.
        can_wait: Whether it waits for the maintenance window, where one is set.
        fault_at: When it broke, aware UTC, where somebody knows.
    """

    ref: Ref
    verb: Verb
    cause: str
    reason: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    commands: tuple[Command, ...] = ()
    undo: tuple[Command, ...] = ()
    undo_words: str = ""
    by_hand: str = ""
    can_wait: bool = False
    fault_at: datetime | None = None

    @property
    def is_disruptive(self) -> bool:
        """Whether it takes something away for a while."""
        return self.verb in DISRUPTIVE

    @property
    def id(self) -> str:
        """The same for the same thing to do, in any run; approvals are given to it.

        A repair is exactly what it changes. What is done to a member is the same while its figures
        go on changing.
        """
        whole: list[Any] = [self.ref, self.verb, self.cause]
        if self.verb is Verb.REPAIR:
            whole += [_in_one_order(self.before), _in_one_order(self.after)]
        text = json.dumps(whole, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _in_one_order(value: Any) -> Any:
    """AWS tells the same rows now in this order and now in that one."""
    if isinstance(value, Mapping):
        return {name: _in_one_order(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        rows = map(_in_one_order, value)
        return sorted(rows, key=lambda one: json.dumps(one, sort_keys=True, default=str))
    return value
