"""What happened, as values: what is to be recorded, and what is read back. Pure.

What is told may come from outside (a cloud, another version): it is cut and cleaned, never refused.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from math import isfinite
from typing import Any, Literal, NamedTuple, get_args

from cloudscale.errors import InvalidInput

Kind = Literal["scaling", "healing", "deploy", "alarm", "system"]
Tone = Literal["good", "warn", "bad", "info"]
Source = Literal["measured", "aws", "simulated"]
KINDS: tuple[str, ...] = get_args(Kind)

KEY_LENGTH = 160
LENGTHS = {"title": 200, "cause": 500, "effect": 500, "subject": 120}
DETAILS_LENGTH = 8_000
DETAILS_DEPTH = 6
SEARCH_LENGTH = 100
SEARCH_WORDS = 8
CUT = "\N{HORIZONTAL ELLIPSIS}"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to be recorded.

    Attributes:
        key: Names it for good; what is told twice under one key is one event.
        kind: What sort of thing it is.
        tone: How it is to be taken.
        title: What happened, in a few words.
        cause: Why, in a sentence.
        effect: What it changed, in a sentence.
        subject: What it happened to: an instance, a version.
        source: Who knows of it.
        started_at: Aware; this moment, by the database's clock, unless told.
        ended_at: Aware; `None` while it lasts.
        is_moment: It took no time.
        details: More of it, as JSON.
    """

    key: str
    kind: Kind
    tone: Tone
    title: str
    cause: str
    effect: str = ""
    subject: str = ""
    source: Source = "measured"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    is_moment: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


class Place(NamedTuple):
    """Where an event stands in the list: in progress first, then newest first."""

    is_open: bool
    started_at: datetime
    id: int

    @property
    def text(self) -> str:
        """Itself as text for a URL."""
        microseconds = (self.started_at - EPOCH) // MICROSECOND
        return f"{int(self.is_open)}.{microseconds}.{self.id}"

    @classmethod
    def of_text(cls, text: str) -> "Place":
        """What `text` wrote.

        Raises:
            InvalidInput: It did not write this (422).
        """
        parts = text.split(".") if isinstance(text, str) and len(text) <= 60 else []
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
            raise _no_such_page()
        is_open, microseconds, id_ = map(int, parts)
        if is_open > 1 or not 1 <= id_ < 2**63:
            raise _no_such_page()
        try:
            return cls(bool(is_open), EPOCH + microseconds * MICROSECOND, id_)
        except OverflowError:
            raise _no_such_page() from None


@dataclass(frozen=True, slots=True)
class EventView:
    """Something that happened. Times are aware UTC; `ended_at` is `None` while it lasts."""

    id: int
    key: str
    kind: str
    tone: str
    source: str
    title: str
    cause: str
    effect: str
    subject: str
    started_at: datetime
    ended_at: datetime | None
    updated_at: datetime

    @property
    def duration_seconds(self) -> float | None:
        """How long it took; `None` while it lasts."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return Place(self.ended_at is None, self.started_at, self.id)


def line(text: Any, length: int) -> str:
    """Any text as one line that the database takes: no control characters, and not too long."""
    whole = str(text).encode("utf-8", "replace").decode("utf-8")
    printable = "".join(one if one.isprintable() else " " for one in whole)
    told = " ".join(printable.split())
    return told if len(told) <= length else told[: length - 1].rstrip() + CUT


def key_of(text: str) -> str:
    """A key that the database takes; a long one keeps what tells it from others."""
    told = line(text, 4 * KEY_LENGTH)
    if len(told) <= KEY_LENGTH:
        return told
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()
    return f"{told[: KEY_LENGTH - 21]}~{digest}"


def search_words(text: str) -> list[str]:
    """The words to look for in what was typed into a search box."""
    return line(text, SEARCH_LENGTH).rstrip(CUT).lower().split()[:SEARCH_WORDS]


def details_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """Details as JSON that the database takes; those that are far too long are left out."""
    cleaned = _clean(value, DETAILS_DEPTH)
    return cleaned if len(json.dumps(cleaned)) <= DETAILS_LENGTH else {"isCut": True}


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, bool | None | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if depth and isinstance(value, Mapping):
        return {line(name, 120): _clean(inner, depth - 1) for name, inner in value.items()}
    if depth and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_clean(inner, depth - 1) for inner in value]
    return line(value, DETAILS_LENGTH)


def _no_such_page() -> InvalidInput:
    return InvalidInput.of("cursor", "This page link does not fit. Start from the first page.")
