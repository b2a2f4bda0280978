"""Who is breaking what on purpose, in the record's own table.

pk     sk           what
trial  now          slug, ref, who, when, undo         its conditional write lets one begin
trial  done#time    score                              90 days

A marker that its program left behind ends by itself, and still says how to put back what it broke.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudscale.adapters.aws.healing import refusals
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.items import TRIAL, key, text
from cloudscale.ops.healing.score import Score
from cloudscale.ops.healing.staging import Staged
from cloudscale.ops.healing.words import typed
from cloudscale.ops.ports import CloudFault

NOW, DONE = "now", "done#"
KEPT_FOR = timedelta(days=90)
MOST_SHOWN = 20
TIMES = ("started_at", "seen_at", "acted_at", "healthy_at")
IS_FREE = "attribute_not_exists(pk) OR markEnds <= :now"


@dataclass(frozen=True, slots=True)
class Marker:
    """The trial that is under way, or that its program left behind.

    Attributes:
        slug: Which one.
        ref: What it breaks.
        by: Who began it.
        at: When, aware UTC.
        ends: When it counts as over in any case, aware UTC.
        undo: What puts it back, as a person would type it.
    """

    slug: str
    ref: str
    by: str
    at: datetime
    ends: datetime
    undo: tuple[str, ...]

    def words(self, now: datetime) -> str:
        """It in a sentence."""
        until = f"{self.ends:%Y-%m-%d %H:%M:%S} UTC"
        if now < self.ends:
            return f"A trial is under way: {self.slug} by {self.by}, until {until} at the latest."
        return f"A trial was left behind: {self.slug} by {self.by}, which nobody ended by {until}."


class DynamoBook:
    """A `Book` in one table.

    Args:
        calls: Makes the calls.
        table: The table's name.
    """

    def __init__(self, calls: Calls, table: str) -> None:
        self._calls, self._table = calls, table
        self._begun = ""

    def begin(self, staged: Staged, by: str, now: datetime, until: datetime) -> str:
        """Mark a trial as under way; nothing, or who has one under way already.

        Raises:
            CloudFault: The table cannot be reached.
        """
        item = {
            **key(TRIAL, NOW),
            "slug": text(staged.slug),
            "ref": text(str(staged.ref)),
            "startedBy": text(by),
            "startedAt": text(now.isoformat()),
            "markEnds": _number(until),
            "undo": text(json.dumps([typed(one) for one in staged.undo])),
            "expires": _number(until + KEPT_FOR),
        }
        try:
            self._put(item, ConditionExpression=IS_FREE, now=now)
        except CloudFault as fault:
            if refusals.code(fault) != "ConditionalCheckFailedException":
                raise
            marker = self.open()
            return marker.words(now) if marker else "Another trial was under way just now."
        self._begun = now.isoformat()
        return ""

    def end(self, score: Score, now: datetime) -> None:
        """It is over, and this is how it went.

        Raises:
            CloudFault: The table cannot be reached.
        """
        line = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(score).items()
        }
        item = {
            **key(TRIAL, f"{DONE}{now.isoformat()}"),
            "score": text(json.dumps(line)),
            "expires": _number(now + KEPT_FOR),
        }
        self._put(item)
        self._unmark()

    def _unmark(self) -> None:
        """Take the marker away, unless it is somebody else's by now."""
        mine = {
            "ConditionExpression": "startedAt = :mine",
            "ExpressionAttributeValues": {":mine": text(self._begun)},
        }
        named = {"TableName": self._table, "Key": key(TRIAL, NOW)}
        try:
            self._calls.ask("dynamodb", "delete_item", **named, **mine)
        except CloudFault as fault:
            if refusals.code(fault) != "ConditionalCheckFailedException":
                raise

    def open(self) -> Marker | None:
        """The trial that is under way, or that its program left behind.

        Raises:
            CloudFault: The table cannot be reached.
        """
        asked = {"TableName": self._table, "Key": key(TRIAL, NOW), "ConsistentRead": True}
        item = self._calls.ask("dynamodb", "get_item", **asked).get("Item")
        return _marker(item) if item else None

    def done(self) -> Sequence[Score]:
        """The newest trials that are over, the newest first.

        Raises:
            CloudFault: The table cannot be reached.
        """
        answer = self._calls.ask(
            "dynamodb",
            "query",
            TableName=self._table,
            KeyConditionExpression="pk = :trial AND begins_with(sk, :done)",
            ExpressionAttributeValues={":trial": text(TRIAL), ":done": text(DONE)},
            ScanIndexForward=False,
            Limit=MOST_SHOWN,
        )
        return [_score(json.loads(row["score"]["S"])) for row in answer["Items"]]

    def _put(self, item: Mapping[str, Any], now: datetime | None = None, **condition: str) -> None:
        values = {"ExpressionAttributeValues": {":now": _number(now)}} if now else {}
        self._calls.ask(
            "dynamodb", "put_item", TableName=self._table, Item=item, **condition, **values
        )


def _marker(item: Mapping[str, Any]) -> Marker:
    return Marker(
        item["slug"]["S"],
        item["ref"]["S"],
        item["startedBy"]["S"],
        datetime.fromisoformat(item["startedAt"]["S"]),
        datetime.fromtimestamp(int(item["markEnds"]["N"]), UTC),
        tuple(json.loads(item["undo"]["S"])),
    )


def _score(line: Mapping[str, Any]) -> Score:
    moments = {name: datetime.fromisoformat(line[name]) for name in TIMES if line[name]}
    return Score(**{**line, **moments})


def _number(moment: datetime) -> dict[str, str]:
    return {"N": str(int(moment.timestamp()))}
