"""What operators do to healing on the page: approve, close the breaker, switch, break. Audited."""

import secrets
from typing import Any

from sqlalchemy import select, update
from sqlmodel import Session

from cloudscale.errors import NotFound, RuleRefused
from cloudscale.models import utc_now
from cloudscale.ops.healing import keeping, trials
from cloudscale.ops.healing.chaos import BY_SLUG
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.services import audit
from cloudscale.services.identity import OPERATORS, Shopper

NOT_HERE = (
    "On AWS the healer keeps its own switches: python -m cloudscale heal --switch or "
    "--close-breaker turns them."
)

UNDER_WAY = "One trial is under way already. Wait until all is well again."


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


def _note(session: Session, operator: Shopper, action: str, after: dict[str, Any]) -> None:
    audit.record(session, operator, action, "healing", keeping.THE_ROW, {}, after)


def _require_board(session: Session) -> dict[str, Any]:
    """How healing stands.

    Raises:
        RuleRefused: It has not run yet (409).
    """
    keeping.ensure(session)
    board = session.connection().scalar(select(keeping.states.c.board))
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
