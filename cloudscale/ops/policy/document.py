"""A policy as a document: read with every fault named by its field, written always the same.

text -> JSON -> ScalingPolicy, or InvalidInput: "rules.0.alarm.period_seconds", "must be 10, …"
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cloudscale.errors import FieldError, InvalidInput
from cloudscale.ops.policy.scaling import ScalingPolicy

MOST_BYTES = 64_000
WHOLE = "policy"
"""What a fault of the whole document is named by."""
MOST_FAULTS = 20

KINDS = ("step", "simple", "target", "offered-load")
_NAMED_FIRST = re.compile(r"(?:Value error, )?(?P<field>[a-z_]+) (?=\()")


def parse(text: str) -> ScalingPolicy:
    """Read a policy.

    Args:
        text: JSON, 64 kB at most.

    Raises:
        InvalidInput: What is wrong, each fault with its field's path.
    """
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise InvalidInput.of(WHOLE, f"is larger than {MOST_BYTES // 1000} kB")
    _check_json(text)
    try:
        return ScalingPolicy.model_validate_json(text, strict=True)
    except ValidationError as wrong:
        raise refusal(wrong) from None


def refusal(wrong: ValidationError, whole: str = WHOLE) -> InvalidInput:
    """What pydantic found at fault, as doors of the shop tell it: each fault with its field's path.

    Args:
        wrong: What it found.
        whole: What a fault of the whole document is named by.
    """
    return InvalidInput(*[_fault(one, whole) for one in _causes(wrong.errors())])


def read(path: Path) -> ScalingPolicy:
    """Read a policy from a file.

    Raises:
        InvalidInput: It cannot be read, or as in `parse`.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise InvalidInput.of(str(path), f"cannot be read: {fault.strerror}") from None
    try:
        return parse(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidInput.of(str(path), "is not text in UTF-8") from None


def as_text(policy: ScalingPolicy) -> str:
    """A policy as a document, the same for the same policy."""
    return json.dumps(policy.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def _check_json(text: str) -> None:
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, column {wrong.colno}"
        raise InvalidInput.of(WHOLE, f"is not JSON: {wrong.msg} ({where})") from None
    except RecursionError:
        raise InvalidInput.of(WHOLE, "is nested too deeply") from None
    if not isinstance(document, dict):
        raise InvalidInput.of(WHOLE, "must be a JSON object")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no name stands twice: readers differ in which of two they take."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput.of(name, "stands twice in the same object")
    return dict(pairs)


def _causes(errors: Sequence[ErrorDetails]) -> Sequence[ErrorDetails]:
    """The faults, without those that only follow: a list is not too short if its item is wrong."""
    return [
        error
        for error in errors
        if error["type"] != "too_short"
        or not any(
            one is not error and one["loc"][: len(error["loc"])] == error["loc"] for one in errors
        )
    ][:MOST_FAULTS]


def _fault(error: ErrorDetails, whole: str) -> FieldError:
    path = [str(part) for part in error["loc"] if part not in KINDS]
    message = error["msg"]
    named = _NAMED_FIRST.match(message)
    if error["type"] == "value_error" and named:
        path.append(named["field"])
    words = {
        "extra_forbidden": "is not a field that a policy has",
        "missing": "is missing",
        "union_tag_invalid": f"has a kind that there is not; there are {', '.join(KINDS)}",
        "union_tag_not_found": f"needs a kind: {', '.join(KINDS)}",
    }
    said = words.get(error["type"], message.removeprefix("Value error, "))
    return FieldError(".".join(path) or whole, said)
