"""What operators do to healing on the page: approve, close the breaker, switch, break. Audited."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from cloudscale.errors import NotFound, RuleRefused
from cloudscale.models import utc_now
from cloudscale.ops.healing import keeping, trials
from cloudscale.ops.healing.chaos import BY_SLUG
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.services import audit
from cloudscale.services.identity import OPERATORS, Shopper

NOT_HERE = (
    "On AWS the healer keeps its own switches: python -m cloudscale heal --switch or "
    "--close-breaker turns them."
)

UNDER_WAY = "One trial is under way already. Wait until all is well again."
NO_STORE = (
    "No store heals here now: start one (python -m cloudscale serve), and wait a few seconds."
)
OFF = "The kill switch is off: nothing would be healed. Turn it on at /ops/healing."
ONLY_PLANS = "HEALING_MODE is plan: nothing would be healed."
SILENT = timedelta(minutes=1)
"""A store heals its model every ten seconds; one that has not for so long does not run."""


def approve(session: Session, operator: Shopper, action: str) -> None:
    """Approve an action of the plan, by its id; it is done by one of the next runs.

    The healer on AWS is told by the leader.

    Raises:
        NotSignedIn, NotAllowed: The operator may not (401, 403).
        NotFound: The plan has no such action (404).
        RuleRefused: Healing has not run yet (409).
    """
    user = operator.require_role(*OPERATORS)
    if action not in {row["action"] for row in _require_board(session).get("plan", ())}:
        raise NotFound("action")
    keeping.approve(session, action, user.username, utc_now())
    _note(session, operator, "approved", {"action": action})


def close_breaker(session: Session, operator: Shopper) -> None:
    """Have healing act again after it had stopped itself.

    Raises:
        NotSignedIn, NotAllowed: The operator may not (401, 403).
        RuleRefused: The healer is on AWS (409).
    """
    user = operator.require_role(*OPERATORS)
    _require_model(session)
    now = utc_now()
    run = f"operator-{secrets.token_hex(3)}"
    line = Entry(
        f"{now.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}#{run}#0000",
        run,
        now,
        Phase.BREAKER_CLOSED,
        cause="breaker",
        title="The breaker was closed",
        reason=f"{user.username} closed it.",
        door="page",
        is_simulated=True,
    )
    keeping.add(session, [line])
    _note(session, operator, "breaker_closed", {})


def switch(session: Session, operator: Shopper, *, is_on: bool) -> None:
    """Turn the kill switch; the next run honours it.

    Raises:
        NotSignedIn, NotAllowed: The operator may not (401, 403).
        RuleRefused: The healer is on AWS (409).
    """
    operator.require_role(*OPERATORS)
    _require_model(session)
    session.connection().execute(update(keeping.states).values(is_on=is_on))
    _note(session, operator, "switched", {"isOn": is_on})


def start(session: Session, operator: Shopper, slug: str) -> None:
    """Break something on purpose; the leader does it within a second or two.

    Raises:
        NotSignedIn, NotAllowed: The operator may not (401, 403).
        NotFound: There is no such trial (404).
        RuleRefused: One is under way, or the healer is on AWS (409).
    """
    user = operator.require_role(*OPERATORS)
    if slug not in BY_SLUG:
        raise NotFound("trial")
    _require_model(session)
    if trials.begin(session, slug, user.username) is None:
        raise RuleRefused(UNDER_WAY)
    _note(session, operator, "broke", {"trial": slug})


def start_by_hand(session: Session, slug: str, by: str) -> int:
    """Break something on purpose from the command line of whoever runs the store; the trial's id.

    Raises:
        NotFound: There is no such trial (404).
        RuleRefused: Nobody would heal it now, one is under way, or the healer is on AWS (409).
    """
    if slug not in BY_SLUG:
        raise NotFound("trial")
    board = _board(session)
    if not board or utc_now() - datetime.fromisoformat(board["at"]) > SILENT:
        raise RuleRefused(NO_STORE)
    _require_model(session)
    if not session.connection().scalar(select(keeping.states.c.is_on)):
        raise RuleRefused(OFF)
    if board.get("mode") == Mode.PLAN:
        raise RuleRefused(ONLY_PLANS)
    trial = trials.begin(session, slug, by)
    if trial is None:
        raise RuleRefused(UNDER_WAY)
    after = {"trial": slug, "by": by}
    audit.record(session, audit.COMMAND_LINE, "broke", "healing", keeping.THE_ROW, {}, after)
    return trial


def _note(session: Session, operator: Shopper, action: str, after: dict[str, Any]) -> None:
    audit.record(session, operator, action, "healing", keeping.THE_ROW, {}, after)


def _board(session: Session) -> dict[str, Any]:
    """How healing stands; empty where it has not run yet."""
    keeping.ensure(session)
    return session.connection().scalar(select(keeping.states.c.board)) or {}


def _require_board(session: Session) -> dict[str, Any]:
    """How healing stands.

    Raises:
        RuleRefused: It has not run yet (409).
    """
    board = _board(session)
    if not board:
        raise RuleRefused("Healing has not run yet. Try again in a few seconds.")
    return board


def _require_model(session: Session) -> None:
    """Only the modelled stack is operated from here.

    Raises:
        RuleRefused: The healer is on AWS, or has not run yet (409).
    """
    if not _require_board(session).get("isSimulated"):
        raise RuleRefused(NOT_HERE)
