"""Those who run the shop see who is active: no more than they need to."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from cloudscale.errors import InvalidInput, NotAllowed, NotSignedIn
from cloudscale.models import Role, Scope, Visit, utc_now
from cloudscale.services import activity
from cloudscale.services.activity import ActiveVisit
from cloudscale.services.identity import Shopper
from tests import shop

NOW = utc_now() + timedelta(hours=1)  # whoever asks here was not active lately
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def visit(session: Session, *, seconds_ago: float = 0, **values: Any) -> Visit:
    at = NOW - timedelta(seconds=seconds_ago)
    given = {"ip": "203.0.113.9", "user_agent": FIREFOX, "last_active_at": at, **values}
    row = Visit(token_hash=secrets.token_bytes(32), **given)
    session.add(row)
    session.flush()
    return row


def test_guests_and_members_are_listed_latest_first(session: Session):
    member = shop.member(session).require_user()
    guest = visit(session, seconds_ago=5)
    visit(session, seconds_ago=1, user_id=member.id, user_agent="curl/8")
    found = activity.active_visits(session, shop.member(session, Role.OPS), NOW)
    assert found == [
        ActiveVisit(member.username, NOW - timedelta(seconds=1), "Program", "203.0.113.x"),
        ActiveVisit(None, guest.last_active_at, "Firefox on Linux", "203.0.113.x"),
    ]


def test_robots_ended_visits_and_old_ones_are_not_listed(session: Session):
    visit(session, is_robot=True)
    visit(session, ended_at=NOW)
    visit(session, seconds_ago=15 * 60)
    assert activity.active_visits(session, shop.member(session, Role.STAFF), NOW) == []


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (Role.OPS, ["2001:db8:7::/48", "203.0.113.x", ""]),
        (Role.STAFF, ["2001:db8:7::/48", "203.0.113.x", ""]),
        (Role.OWNER, ["2001:db8:7::9", "203.0.113.9", ""]),
    ],
)
def test_the_owner_alone_sees_addresses_whole(session: Session, role: Role, shown: list[str]):
    for seconds_ago, ip in enumerate(("2001:db8:7::9", "203.0.113.9", "")):
        visit(session, seconds_ago=seconds_ago, ip=ip)
    found = activity.active_visits(session, shop.member(session, role), NOW)
    assert [one.ip for one in found] == shown


def test_no_more_are_listed_than_were_asked_for(session: Session):
    for seconds_ago in range(25):
        visit(session, seconds_ago=seconds_ago)
    operator = shop.member(session, Role.OPS)
    assert len(activity.active_visits(session, operator, NOW)) == 20
    assert len(activity.active_visits(session, operator, NOW, limit=3)) == 3


@pytest.mark.parametrize("limit", [0, -1, 101, 2**70, "20", None, 1.5, True])
def test_a_limit_that_cannot_be_is_refused(session: Session, limit: Any):
    with pytest.raises(InvalidInput):
        activity.active_visits(session, shop.member(session, Role.OPS), NOW, limit=limit)


def test_a_guest_a_member_and_a_token_without_the_scope_see_nobody(session: Session):
    owner = shop.member(session, Role.OWNER)
    program = Shopper(0, owner.user, frozenset({Scope.READ, Scope.SHOP}))
    with pytest.raises(NotSignedIn):
        activity.active_visits(session, shop.guest(session), NOW)
    for shopper in (shop.member(session), program):
        with pytest.raises(NotAllowed):
            activity.active_visits(session, shopper, NOW)
