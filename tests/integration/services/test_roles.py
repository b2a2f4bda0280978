"""Roles are given by the owner or the command line, noted, and one owner always stays."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RuleRefused,
)
from cloudscale.models import Role, Scope, User
from cloudscale.services import access_tokens, audit, roles, shelves
from cloudscale.services.audit import COMMAND_LINE
from cloudscale.services.identity import Shopper
from tests import shop


@pytest.fixture
def owner(session: Session) -> Shopper:
    return shop.member(session, Role.OWNER)


def email_of(shopper: Shopper) -> str:
    return shopper.require_user().email


def role_of(session: Session, shopper: Shopper) -> str:
    return session.get_one(User, shopper.require_user().id, populate_existing=True).role


def test_a_role_that_is_given_is_noted_once(session: Session, owner: Shopper):
    clerk = shop.member(session)
    for _ in range(2):
        assert roles.set_role(session, owner, email_of(clerk).upper(), "staff").role == "staff"
    assert role_of(session, clerk) == "staff"
    roles.set_role(session, COMMAND_LINE, email_of(clerk), "ops")
    second, first = audit.page(session, owner, "user", clerk.require_user().id)
    assert (first.actor, first.action) == (email_of(owner), "role_set")
    assert (first.before, first.after) == ({"role": "member"}, {"role": "staff"})
    assert (second.actor_id, second.via) == (None, "command line")


def test_a_role_that_is_taken_away_is_gone_from_tokens_at_once(session: Session, owner: Shopper):
    clerk = shop.member(session, Role.STAFF)
    token, _ = access_tokens.create(session, clerk, "till", ["staff"])
    assert shelves.withdrawn(session, access_tokens.identify(session, token)) == []
    roles.set_role(session, owner, email_of(clerk), "member")
    with pytest.raises(NotAllowed):
        shelves.withdrawn(session, access_tokens.identify(session, token))


def test_the_last_owner_stays_one(session: Session, owner: Shopper):
    for actor in (owner, COMMAND_LINE):
        with pytest.raises(RuleRefused, match="last owner"):
            roles.set_role(session, actor, email_of(owner), "member")
    second = shop.member(session, Role.OWNER)
    assert roles.set_role(session, owner, email_of(owner), "member").role == "member"
    with pytest.raises(RuleRefused):
        roles.set_role(session, COMMAND_LINE, email_of(second), "staff")
    assert roles.set_role(session, COMMAND_LINE, email_of(second), "owner").role == "owner"


def test_only_the_owner_gives_roles(session: Session, owner: Shopper):
    clerk = shop.member(session)
    with pytest.raises(NotSignedIn):
        roles.set_role(session, shop.guest(session), email_of(clerk), "owner")
    for role in (Role.MEMBER, Role.OPS, Role.STAFF):
        with pytest.raises(NotAllowed):
            roles.set_role(session, shop.member(session, role), email_of(clerk), "owner")
    with pytest.raises(NotAllowed, match="scope"):
        program = replace(owner, scopes=frozenset({Scope.READ, Scope.SHOP}))
        roles.set_role(session, program, email_of(clerk), "owner")
    assert role_of(session, clerk) == "member"


@pytest.mark.parametrize("role", ["", "king", "OWNER", None, 3, ["staff"]], ids=repr)
def test_an_unknown_role_is_refused_by_field(session: Session, owner: Shopper, role: Any):
    with pytest.raises(InvalidInput) as refused:
        roles.set_role(session, owner, email_of(owner), role)
    assert [error.field for error in refused.value.errors] == ["role"]


def test_an_account_that_is_not_there_is_not_found(session: Session, owner: Shopper):
    with pytest.raises(NotFound, match="account"):
        roles.set_role(session, owner, "nobody@example.com", "staff")
    with pytest.raises(InvalidInput) as refused:
        roles.set_role(session, owner, "nobody", "king")
    assert [error.field for error in refused.value.errors] == ["email", "role"]


@pytest.mark.usefixtures("database")
def test_of_two_owners_who_step_down_at_once_one_stays():
    with unit_of_work() as session:
        owners = [shop.member(session, Role.OWNER) for _ in range(2)]
    begin = Barrier(2)

    def step_down(who: Shopper) -> bool:
        begin.wait(timeout=30)
        try:
            with unit_of_work() as session:
                roles.set_role(session, COMMAND_LINE, email_of(who), "member")
            return True
        except RuleRefused:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(step_down, owners)) == [False, True]
    with unit_of_work() as session:
        assert sorted(role_of(session, owner) for owner in owners) == ["member", "owner"]
