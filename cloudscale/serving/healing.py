"""`python -m cloudscale heal`: healing at the command line, by the same run as on AWS.

Plans unless told to apply. Words go to stderr, what it came to goes to stdout.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cloudscale.adapters.aws.healing import named
from cloudscale.adapters.aws.healing.assembly import Whereabouts, parts_of, switchboard_of
from cloudscale.adapters.aws.healing.source import Switchboard
from cloudscale.ops.healing import report as reporting
from cloudscale.ops.healing import run
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.ports import Parts
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.report import Report
from cloudscale.ops.ports import CloudFault
from cloudscale.serving.refusal import Refused
from cloudscale.settings import Settings

DOOR = "command-line"
UNDONE = {"trouble", "busy", "held", "off"}
"""Outcomes of a run that was told to heal and did not."""
LOCK_SECONDS = 30

SIMULATED = (
    "CLOUD=simulated: there is nothing on AWS to heal. The model's healer runs inside the server "
    "(python -m cloudscale serve): look at /ops/healing, where what it did and what it would do "
    "next are. For a stack on AWS, set CLOUD=aws, HEALING_STACK and HEALING_TABLE."
)


class Healing:
    """Healing of one stack, for a person at a terminal.

    Args:
        settings: Which stack.

    Raises:
        Refused: The settings name none.
    """

    def __init__(self, settings: Settings) -> None:
        if settings.cloud != "aws":
            raise Refused(SIMULATED)
        where = whereabouts(settings)
        calls = where.calls()
        self._parts: Parts = parts_of(where, calls)
        self._switches: Switchboard = switchboard_of(where, calls)

    def once(self, *, is_applied: bool, is_json: bool) -> bool:
        """One run, told on stdout; whether it came to what was asked.

        Raises:
            Refused: The record cannot be reached.
        """
        try:
            report = run.heal(self._parts, DOOR, Mode.APPLY if is_applied else Mode.PLAN)
        except CloudFault as fault:
            raise Refused(f"The record cannot be reached: {fault.reason}") from fault
        sys.stdout.write(as_json(report) if is_json else as_words(report))
        sys.stdout.flush()
        failed = any(entry.phase is Phase.FAILED for entry in report.entries)
        is_undone = report.outcome in (UNDONE if is_applied else {"trouble"})
        return not (failed or is_undone)

    def switch(self, position: str) -> str:
        """Turn the kill switch; what was done, in words."""
        _in_words(lambda: self._switches.switch(position))
        return f"The kill switch is {position}: the next run of every healer honours it."

    def hold(self, minutes: float) -> str:
        """Have every healer only look for so long; what was done, in words."""
        until = _in_words(lambda: self._switches.hold(minutes, _now()))
        return f"Healing only looks until {until:%Y-%m-%d %H:%M:%S} UTC."

    def release(self) -> str:
        """End a hold; what was done, in words."""
        _in_words(lambda: self._switches.release(_now()))
        return "Nothing is held any more."

    def approve(self, action: str, by: str) -> str:
        """Approve one action of the newest plan; what was done, in words.

        Raises:
            Refused: The newest plan has no such action.
        """
        board: Mapping[str, Any] = _in_words(self._parts.ledger.board) or {}
        row = next((one for one in board.get("plan", ()) if one["action"] == action), None)
        if row is None:
            raise Refused(f"The newest plan has no action {action}: look with heal --once.")
        _in_words(lambda: self._parts.ledger.approve(action, by, _now()))
        return f"Approved for a day: {row['title']}."

    def close_breaker(self, by: str) -> str:
        """Close the breaker; what was done, in words.

        Raises:
            Refused: Another run is under way.
        """
        _in_words(lambda: self._close_breaker(by))
        return "The breaker is closed: the next run heals again."

    def _close_breaker(self, by: str) -> None:
        ledger, now = self._parts.ledger, _now()
        name = f"{now:%H%M%S}-breaker"
        lease = ledger.take(name, now, LOCK_SECONDS)
        if lease is None:
            raise Refused("A run is under way: try again in a minute.")
        try:
            stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            entry = Entry(
                id=f"{stamp}#{name}#0000",
                run=name,
                at=now,
                phase=Phase.BREAKER_CLOSED,
                cause="breaker",
                title="The breaker was closed",
                reason=f"{by} closed it at the command line.",
                door=DOOR,
            )
            ledger.append(lease, [entry])
        finally:
            ledger.give_back(lease)


def as_json(report: Report) -> str:
    """What a run came to, as one line of JSON; its plan is that of the board that pages read."""
    board = reporting.board_of(report)
    lines = [entry.to_json() for entry in report.entries]
    return json.dumps({**board, "lines": lines}, default=str) + "\n"


def as_words(report: Report) -> str:
    """What a run came to, for people."""
    board = reporting.board_of(report)
    parts = [f"{report.outcome}: {report.words}"]
    parts += [f"not read: {name}: {why}" for name, why in board["gaps"].items()]
    for row in board["plan"]:
        parts += ["", *_row(row)]
    if report.entries:
        parts += ["", "On record:", *map(_line, report.entries)]
    looked = f"{report.calls} calls in {report.seconds:.1f} s."
    return "\n".join([*parts, "", looked]) + "\n"


def _row(row: Mapping[str, Any]) -> list[str]:
    verdict = row["verdict"] + (f" ({row['rule']}: {row['why']})" if row["why"] else "")
    names = dict.fromkeys((*row["before"], *row["after"]))
    changes = [
        f"  {name}: {_short(row['before'].get(name))} -> {_short(row['after'].get(name))}"
        for name in names
    ]
    commands = _listed("do", row["commands"]) + _listed("undo", row["undo"])
    by_hand = _listed("by hand", [row["byHand"]] if row["byHand"] else [])
    head = f"{row['ref']}: {row['verb']}, {verdict}"
    return [
        head,
        f"  id: {row['action']}",
        f"  why: {row['reason']}",
        *changes,
        *commands,
        *by_hand,
    ]


def _listed(name: str, lines: Sequence[str]) -> list[str]:
    return [f"  {name}: {line}" for line in lines]


def _line(entry: Entry) -> str:
    return f"  {entry.at:%H:%M:%S} {entry.phase.value}: {entry.title}. {entry.reason}"


def _short(value: object) -> str:
    told = "nothing" if value is None else json.dumps(value, sort_keys=True, default=str)
    return told if len(told) <= 300 else f"{told[:300]} (cut)"


def _in_words(ask: Any) -> Any:
    """Ask AWS.

    Raises:
        Refused: It refused, in words.
    """
    try:
        return ask()
    except CloudFault as fault:
        raise Refused(fault.reason) from fault


def whereabouts(settings: Settings) -> Whereabouts:
    """Which stack the settings name.

    Raises:
        Refused: They name none.
    """
    where = named.whereabouts(settings)
    if where is None:
        raise Refused(
            "Set HEALING_STACK and HEALING_TABLE: terraform output names them. They say which "
            "stack is healed and where its record is."
        )
    return where


def _now() -> datetime:
    return datetime.now(UTC)
