"""Policies of IAM and of resources, in one spelling. Pure.

The same policy can be text or an object, name one action or a list of one, an account by its number
or by its ARN, and its statements in any order.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

ACCOUNT = re.compile(r"arn:[\w-]+:iam::(\d{12}):root")
UNORDERED = {"Action", "NotAction", "Resource", "NotResource"}
PRINCIPALS = {"Principal", "NotPrincipal"}


def canonical(value: Any) -> Any:
    """A policy in one spelling; nothing and the empty text are no policy (`None`).

    What a statement is called (Sid) says nothing of what it allows.

    Raises:
        ValueError: It is no policy.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = json.loads(value)  # a JSONDecodeError is a ValueError
    if not isinstance(value, Mapping) or "Statement" not in value:
        raise ValueError("it is no policy")
    statements = value["Statement"]
    rows = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(rows, list | tuple):
        raise ValueError("its statements are no list")
    spelled = [_statement(row) for row in rows]
    version = value.get("Version", "2008-10-17")
    return {"Version": version, "Statement": sorted(spelled, key=_key)}


def written(value: Any) -> str:
    """A policy as the text that AWS takes, whatever it was written as."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _statement(row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise ValueError("a statement of it is no object")
    spelled: dict[str, Any] = {}
    for name, value in row.items():
        if name == "Sid":
            continue
        if name in UNORDERED:
            spelled[name] = _sorted(value)
        elif name in PRINCIPALS:
            spelled[name] = _principal(value)
        elif name == "Condition":
            spelled[name] = _condition(value)
        else:
            spelled[name] = value
    return spelled


def _principal(value: Any) -> dict[str, list[str]]:
    if value == "*":
        return {"AWS": ["*"]}
    if not isinstance(value, Mapping):
        raise ValueError("a principal of it is no object")
    return {
        kind: sorted({ACCOUNT.sub(r"\1", one) for one in _list(names)})
        for kind, names in value.items()
    }


def _condition(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("a condition of it is no object")
    return {
        test: {key.lower(): _sorted(values) for key, values in keys.items()}
        for test, keys in value.items()
    }


def _sorted(value: Any) -> list[str]:
    return sorted({_text(one) for one in _list(value)})


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
