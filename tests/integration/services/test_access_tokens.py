"""Tokens for programs: made and ended by a person, and never worth more than their owner's role."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from cloudscale.db import unit_of_work
from cloudscale.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    RuleRefused,
    TokenRefused,
)
from cloudscale.models import AccessToken, Role, User, utc_now
from cloudscale.services import access_tokens
from cloudscale.services.identity import Shopper
from tests import shop


def make(session: Session, shopper: Shopper, *scopes: str, name: str = "till") -> str:
    return access_tokens.create(session, shopper, name, scopes or ("read",))[0]


def test_a_program_acts_for_its_maker_with_the_scopes_of_its_token(session: Session):
    ann = shop.member(session)
    program = access_tokens.identify(session, make(session, ann, "shop"))
    assert program.user is not None
    assert program.user.id == ann.require_user().id
    assert program.is_program
    assert program.scopes == {"read", "shop"}
    assert program.via == "token till"


def test_only_a_digest_of_the_token_is_kept(session: Session):
    token = make(session, shop.member(session))
    (row,) = session.exec(select(AccessToken)).all()
    assert token.encode() not in row.token_hash
    assert token.endswith(row.hint)
    assert token[:-4] not in str(row.model_dump())


@pytest.mark.parametrize("token", ["", "x", "cs_pat_", "cs_pat_" + "a" * 43, "cs_pat_" + "é" * 43])
def test_what_is_no_token_is_refused_with_one_answer(session: Session, token: str):
    with pytest.raises(TokenRefused):
        access_tokens.identify(session, token)


def test_a_revoked_token_never_works_again(session: Session):
    ann = shop.member(session)
    token, view = access_tokens.create(session, ann, "till", ["read"])
    access_tokens.revoke(session, ann, view.id)
    with pytest.raises(TokenRefused):
        access_tokens.identify(session, token)
    assert access_tokens.tokens(session, ann) == []
    with pytest.raises(NotFound):
        access_tokens.revoke(session, ann, view.id)


def test_somebody_elses_token_cannot_be_seen_or_revoked(session: Session):
    ann, bob = shop.member(session), shop.member(session)
    _, view = access_tokens.create(session, ann, "till", ["read"])
    assert access_tokens.tokens(session, bob) == []
    with pytest.raises(NotFound):
        access_tokens.revoke(session, bob, view.id)


def test_a_program_can_neither_make_nor_see_nor_end_tokens(session: Session):
    ann = shop.member(session)
    token, view = access_tokens.create(session, ann, "till", ["read", "shop"])
    program = access_tokens.identify(session, token)
    with pytest.raises(NotAllowed):
        access_tokens.create(session, program, "another", ["read"])
    with pytest.raises(NotAllowed):
        access_tokens.tokens(session, program)
    with pytest.raises(NotAllowed):
        access_tokens.revoke(session, program, view.id)


def test_a_guest_has_no_tokens(session: Session):
    with pytest.raises(NotSignedIn):
        make(session, shop.guest(session))


def test_only_those_who_run_the_shop_make_tokens_for_that(session: Session):
    with pytest.raises(NotAllowed):
        make(session, shop.member(session), "staff")


def test_a_token_of_ops_does_the_work_of_ops_and_none_of_staffs(session: Session):
    program = access_tokens.identify(
        session, make(session, shop.member(session, Role.OPS), "staff")
    )
    assert program.require_role(Role.OPS).role == Role.OPS
    with pytest.raises(NotAllowed):
        program.require_staff()


def test_a_token_loses_with_its_owners_role_what_the_role_allowed(session: Session):
    boss = shop.member(session, Role.STAFF)
    token = make(session, boss, "staff")
    access_tokens.identify(session, token).require_role(Role.STAFF)
    user = session.get_one(User, boss.require_user().id)
    user.role = Role.MEMBER
    session.flush()
    with pytest.raises(NotAllowed):
        access_tokens.identify(session, token).require_role(Role.STAFF)


def test_a_token_without_the_scope_does_no_staff_work_for_staff(session: Session):
    token = make(session, shop.member(session, Role.OWNER), "shop")
    with pytest.raises(NotAllowed, match="staff"):
        access_tokens.identify(session, token).require_role(Role.OWNER)


@pytest.mark.parametrize("scopes", [[], ["all"], ["read", "admin"], [""], [None], [["read"]]])
def test_unknown_scopes_and_none_are_refused(session: Session, scopes: Iterable):
    with pytest.raises(InvalidInput) as refusal:
        access_tokens.create(session, shop.member(session), "till", scopes)
    assert refusal.value.errors[0].field == "scopes"


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\nb", None, 7])
def test_a_name_that_cannot_be_taken_is_refused_by_field(session: Session, name):
    with pytest.raises(InvalidInput) as refusal:
        access_tokens.create(session, shop.member(session), name, ["read"])
    assert refusal.value.errors[0].field == "name"


def test_the_last_use_is_noted_once_a_minute(session: Session):
    ann = shop.member(session)
    token, now = make(session, ann), utc_now()
    for seconds in (0, 30, 90):
        access_tokens.identify(session, token, now + timedelta(seconds=seconds))
        session.expire_all()
        (seen,) = access_tokens.tokens(session, ann)
        assert seen.last_used_at == now + timedelta(seconds=seconds // 60 * 90)


def test_twenty_at_most_however_many_ask_at_once(database: str):
    with unit_of_work() as session:
        ann = shop.member(session)

    def try_to_make(_: int) -> bool:
        try:
            with unit_of_work() as session:
                make(session, ann)
        except RuleRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(try_to_make, range(30)))
    assert made == access_tokens.MOST_TOKENS
