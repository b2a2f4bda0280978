"""How the record's table spells its items. Pure."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

LOCK, BOARD, APPROVAL, TRIAL = "lock", "board", "approval", "trial"
LARGEST_BYTES = 350_000  # DynamoDB takes items of 400 kB


def text(value: str) -> dict[str, str]:
    """Text as an attribute."""
    return {"S": value}


def key(partition: str, name: str) -> dict[str, Any]:
    """An item's key."""
    return {"pk": text(partition), "sk": text(name)}


def day_key(day: date) -> str:
    """The partition of one day's lines."""
    return f"entry#{day.isoformat()}"


def board_text(board: Mapping[str, Any]) -> str:
    """A board as JSON that an item holds; of a very long plan the end is cut, and said to be."""
    whole = json.dumps(board, default=str)
    rows = list(board.get("plan", ()))
    while len(whole.encode()) > LARGEST_BYTES and rows:
        rows = rows[: len(rows) // 2]
        cut = len(board["plan"]) - len(rows)
        whole = json.dumps({**board, "plan": rows, "planCut": cut}, default=str)
    return whole
