"""What people read: titles of lines, and letters. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.ports import Letter
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.recovery import EVERYBODY
from cloudscale.ops.healing.resource import Ref

SUBJECT_LENGTH = 100  # what SNS takes, and ASCII alone
VALUE_LENGTH = 1_500

DID = {
    Verb.REPAIR: "put back",
    Verb.REGISTER: "registered again",
    Verb.REBOOT: "rebooted",
    Verb.REPLACE: "replaced",
    Verb.DRAIN: "drained and replaced",
    Verb.REBOOT_DATABASE: "rebooted",
    Verb.FAIL_OVER: "failed over",
    Verb.GROW_STORAGE: "given a larger disk",
    Verb.REPORT: "to be mended by hand",
}
PHRASES = {
    Phase.SEEN: "{what} is not as it should be",
    Phase.INTENT: "{what} is about to be {did}",
    Phase.ACTED: "{what} was {did}",
    Phase.HEALED: "{what} is well again: {did}",
    Phase.FAILED: "{what} could not be {did}",
    Phase.BLOCKED: "{what} is not {did} for now",
    Phase.REPORTED: "{what} must be mended by hand",
    Phase.PASSED: "{what} needs nothing any more",
    Phase.PAGED: "Nothing is done to the servers: people must look",
}

SAID = {"member": "server"}
"""Kinds that people call otherwise than the code does."""

HEADS = {Phase.REPORTED: "To mend it:", Phase.BLOCKED: "What would be called:"}


def name_of(ref: Ref) -> str:
    """A resource as people say it."""
    if ref == EVERYBODY:
        return "the fleet"
    return f"{SAID.get(ref.kind, ref.kind).replace('_', ' ')} {ref.name}"


def title(action: Action, phase: Phase) -> str:
    """A line's title."""
    return title_of(action.ref, action.verb.value, phase)


def title_of(ref: Ref, verb: str, phase: Phase) -> str:
    """A line's title, of what is known of an earlier run."""
    did = DID[Verb(verb)] if verb else ""
    told = PHRASES[phase].format(what=name_of(ref), did=did).removesuffix(": ")
    return told[:1].upper() + told[1:]


def letter(entry: Entry, stack: str) -> Letter:
    """What people are told of a line: what, why, before and after, and how to undo it."""
    label = "SIMULATED " if entry.is_simulated else ""
    subject = f"{label}[{stack or 'healing'}] {entry.title}".encode("ascii", "replace").decode()
    parts = [
        f"{label}{entry.title}.",
        f"Why: {entry.reason}",
        *_differences(entry.before, entry.after),
        *_list(HEADS.get(entry.phase, "What was called:"), entry.commands),
        *_list("To undo it:", entry.undo),
        f"When: {entry.at:%Y-%m-%d %H:%M:%S UTC}, by the {entry.door}, run {entry.run}.",
    ]
    short = " ".join("".join(one if one.isprintable() else " " for one in subject).split())
    return Letter(short[:SUBJECT_LENGTH], "\n".join(parts), entry)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    lines = []
    for name in dict.fromkeys((*before, *after)):
        lines.append(f"{name}:")
        lines.append(f"  before: {_value(before.get(name))}")
        lines.append(f"  after:  {_value(after.get(name))}")
    return lines


def _value(value: Any) -> str:
    if value is None:
        return "(nothing)"
    told = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return told if len(told) <= VALUE_LENGTH else f"{told[:VALUE_LENGTH]} (cut)"


def _list(head: str, lines: Any) -> list[str]:
    return [head, *(f"  {line}" for line in lines)] if lines else []
