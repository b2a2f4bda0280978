"""The record and the one lock, in one DynamoDB table.

pk               sk            what
lock             lock          owner, token, until        its conditional writes are the lock
entry#2026-11-26 its id        line                       only ever added
board            board         board, expires             replaced by each run
approval         action's id   by, at, expires            added by people
trial            now, done#…   `trial_book`               what people break on purpose

A line is added together with a check that the lock still has the writer's token: whoever was
silent for so long that another one took the lock can write nothing any more.
"""

import json
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cloudscale.adapters.aws.healing import refusals
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.items import APPROVAL, BOARD, LOCK, day_key, key, text
from cloudscale.adapters.aws.healing.items import board_text as fitting
from cloudscale.ops.healing.ports import Lease, LeaseLost
from cloudscale.ops.healing.record import Entry
from cloudscale.ops.ports import CloudFault

DAY = timedelta(days=1)
AHEAD = timedelta(hours=1)
APPROVED_FOR = DAY
"""What was approved yesterday was approved of another day's circumstances."""
BOARD_KEPT_FOR = timedelta(days=7)
LONGEST_LEASE_SECONDS = 600
"""A lease that ends later was written by a clock that was ahead, and holds nobody up."""
MOST_LINES = 99  # DynamoDB takes 100 items in a transaction, and the check of the lock is one
TRIES = 4
PAUSE_SECONDS = 0.1

logger = logging.getLogger(__name__)

IS_FREE = "attribute_not_exists(pk) OR leaseEnds <= :now OR leaseEnds > :never"
IS_MINE = "leaseOwner = :owner AND leaseToken = :token"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DynamoLedger:
    """A healing `Ledger` in one table.

    Args:
        calls: Makes the calls.
        table: The table's name.
        now: The time, for how far to read; aware UTC.
    """

    def __init__(self, calls: Calls, table: str, now: Callable[[], datetime] = _utc_now) -> None:
        self._calls, self._table, self._now = calls, table, now

    # The lock

    def take(self, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Take the lock, if nobody holds it; `None` if somebody does.

        Raises:
            CloudFault: The table cannot be reached.
        """
        ends = now.timestamp() + seconds
        values = {
            ":owner": text(owner),
            ":ends": _number(ends),
            ":one": _number(1),
            ":zero": _number(0),
            ":now": _number(now.timestamp()),
            ":never": _number(now.timestamp() + LONGEST_LEASE_SECONDS),
        }
        change = (
            "SET leaseOwner = :owner, leaseEnds = :ends, "
            "leaseToken = if_not_exists(leaseToken, :zero) + :one"
        )
        try:
            item = self._update_lock(change, IS_FREE, values)
        except LeaseLost:
            return None
        return Lease(owner, int(item["leaseToken"]["N"]), _moment(ends))

    def renew(self, lease: Lease, now: datetime, seconds: float) -> Lease:
        """Hold it longer.

        Raises:
            LeaseLost: Somebody else holds it.
            CloudFault: The table cannot be reached.
        """
        ends = now.timestamp() + seconds
        self._update_lock("SET leaseEnds = :ends", IS_MINE, _mine(lease, ends))
        return replace(lease, until=_moment(ends))

    def give_back(self, lease: Lease) -> None:
        """Let go; nothing happens if it was lost. What cannot be given back ends by itself."""
        values = {**_mine(lease, 0), ":nobody": text("-")}
        try:
            self._update_lock("SET leaseEnds = :ends, leaseOwner = :nobody", IS_MINE, values)
        except LeaseLost:
            return
        except CloudFault as fault:
            logger.warning("The lock was not given back and ends by itself: %s", fault.reason)

    def _update_lock(self, change: str, condition: str, values: Mapping[str, Any]) -> dict:
        try:
            answer = self._calls.ask(
                "dynamodb",
                "update_item",
                TableName=self._table,
                Key=key(LOCK, LOCK),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except CloudFault as fault:
            if refusals.code(fault) in CONFLICTS:
                raise LeaseLost from fault
            raise
        return answer["Attributes"]

    # The record

    def entries(self, since: datetime) -> Sequence[Entry]:
        """The lines since a moment, oldest first, an hour of clocks that are ahead included.

        Raises:
            CloudFault: The table cannot be reached.
        """
        stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        last = (max(self._now(), since) + AHEAD).astimezone(UTC).date()
        found: list[Entry] = []
        day = since.astimezone(UTC).date()
        while day <= last:
            found += self._entries_of(day, stamp)
            day += DAY
        return found

    def _entries_of(self, day: date, stamp: str) -> list[Entry]:
        question = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :day AND sk >= :since",
            "ExpressionAttributeValues": {":day": text(day_key(day)), ":since": text(stamp)},
            "ConsistentRead": True,
        }
        pages = self._calls.pages("dynamodb", "query", **question)
        lines = [row["line"]["S"] for page in pages for row in page["Items"]]
        return [entry for entry in map(_entry, lines) if entry]

    def append(self, lease: Lease, entries: Sequence[Entry]) -> None:
        """Add lines, all or none.

        Raises:
            LeaseLost: Somebody else heals: none was added.
            CloudFault: The table cannot be reached; nobody knows whether they were added.
            ValueError: They are too many for one transaction.
        """
        if len(entries) > MOST_LINES:
            raise ValueError(f"{len(entries)} lines do not go in one transaction")
        if entries:
            self._write(lease, [_line_of(entry) for entry in entries], is_only_added=True)

    def keep(self, lease: Lease, board: Mapping[str, Any]) -> None:
        """Keep how healing stands now, in place of what was kept before.

        Raises:
            LeaseLost: Somebody else heals: it was not kept.
            CloudFault: The table cannot be reached.
        """
        ends = int((self._now() + BOARD_KEPT_FOR).timestamp())
        item = {**key(BOARD, BOARD), "board": text(fitting(board)), "expires": _number(ends)}
        self._write(lease, [item], is_only_added=False)

    def board(self) -> Mapping[str, Any] | None:
        """What was kept last.

        Raises:
            CloudFault: The table cannot be reached.
        """
        asked = {"TableName": self._table, "Key": key(BOARD, BOARD), "ConsistentRead": True}
        item = self._calls.ask("dynamodb", "get_item", **asked).get("Item")
        return json.loads(item["board"]["S"]) if item else None

    def _write(self, lease: Lease, items: Sequence[dict], *, is_only_added: bool) -> None:
        condition = {"ConditionExpression": "attribute_not_exists(pk)"} if is_only_added else {}
        check = {
            "TableName": self._table,
            "Key": key(LOCK, LOCK),
            "ConditionExpression": IS_MINE,
            "ExpressionAttributeValues": _mine(lease),
        }
        puts = [{"Put": {"TableName": self._table, "Item": item, **condition}} for item in items]
        for attempt in range(TRIES):
            try:
                self._calls.ask(
                    "dynamodb",
                    "transact_write_items",
                    TransactItems=[{"ConditionCheck": check}, *puts],
                )
            except CloudFault as fault:
                # Whoever tries to take the lock meanwhile makes a transaction give way, not fail.
                if not _gave_way(fault) or attempt == TRIES - 1:
                    raise _judged(fault) from fault
                time.sleep(PAUSE_SECONDS * 2**attempt)
            else:
                return

    # Approvals

    def approvals(self) -> Collection[str]:
        """The ids of actions that somebody approved within a day.

        Raises:
            CloudFault: The table cannot be reached.
        """
        question = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :approval",
            "ExpressionAttributeValues": {":approval": text(APPROVAL)},
            "ConsistentRead": True,
        }
        now = self._now().timestamp()
        pages = self._calls.pages("dynamodb", "query", **question)
        rows = [row for page in pages for row in page["Items"]]
        return frozenset(row["sk"]["S"] for row in rows if float(row["expires"]["N"]) > now)

    def approve(self, action: str, by: str, now: datetime) -> None:
        """Approve an action by its id, for a day.

        Raises:
            CloudFault: The table cannot be reached.
        """
        item = {
            **key(APPROVAL, action),
            "by": text(by),
            "at": text(now.isoformat()),
            "expires": _number(int((now + APPROVED_FOR).timestamp())),
        }
        self._calls.ask("dynamodb", "put_item", TableName=self._table, Item=item)


CONFLICTS = {"ConditionalCheckFailedException", "TransactionConflictException"}


def _mine(lease: Lease, ends: float | None = None) -> dict[str, Any]:
    named = {":owner": text(lease.owner), ":token": _number(lease.token)}
    return named if ends is None else {**named, ":ends": _number(ends)}


def _reasons(fault: CloudFault) -> list[str]:
    """Why a transaction was cancelled, item by item; the first is the check of the lock."""
    rows = refusals.answer(fault).get("CancellationReasons", ())
    return [str(row.get("Code", "None")) for row in rows]


def _gave_way(fault: CloudFault) -> bool:
    return "TransactionConflict" in _reasons(fault) or (
        refusals.code(fault) == "TransactionInProgressException"
    )


def _judged(fault: CloudFault) -> Exception:
    reasons = _reasons(fault)
    lost = ("ConditionalCheckFailed", "TransactionConflict")
    return LeaseLost() if reasons and reasons[0] in lost else fault


def _line_of(entry: Entry) -> dict[str, Any]:
    day = day_key(entry.at.astimezone(UTC).date())
    line = json.dumps(entry.to_json(), sort_keys=True, default=str)
    return {**key(day, entry.id), "phase": text(entry.phase.value), "line": text(line)}


def _entry(line: str) -> Entry | None:
    try:
        return Entry.of_json(json.loads(line))
    except ValueError as wrong:  # of a newer version, or written by hand: the others still count
        logger.warning("A line of the record cannot be read: %s", wrong)
        return None


def _number(value: float) -> dict[str, str]:
    return {"N": f"{value:.6f}" if isinstance(value, float) else str(value)}


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
