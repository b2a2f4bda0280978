"""Only those who run the shop see how it runs."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from cloudscale.errors import NotAllowed, NotSignedIn, SessionEnded
from cloudscale.models import Role, User, Visit, utc_now
from cloudscale.services import sessions
from cloudscale.services.activity import MARKS
from cloudscale.services.identity import Client
from cloudscale.services.operators import asking, looking, require_operator
from cloudscale.services.tokens import digest
from cloudscale.services.visits import ABSOLUTE_LIMIT, IDLE_LIMIT
from tests import shop


def signed_in(session: Session, role: str) -> str:
    """The token of someone who is signed in."""
    user = User(email=f"{role}@example.com", username=role, password_hash="x", role=role)
    session.add(user)
    session.flush()
    return sessions.start(session, None, Client("192.0.2.1", "Firefox"), user)


def visit_of(session: Session, token: str) -> Visit:
    found = session.exec(select(Visit).where(Visit.token_hash == digest(token))).one()
    session.refresh(found)
    return found


@pytest.mark.parametrize("role", [Role.OPS, Role.STAFF, Role.OWNER])
def test_those_who_run_the_shop_may_look(session: Session, role: Role):
    assert require_operator(session, signed_in(session, role)).role == role


def test_a_member_may_not(session: Session):
    token = signed_in(session, Role.MEMBER)
    with pytest.raises(NotAllowed):
        require_operator(session, token)


@pytest.mark.parametrize("token", [None, "", "forged", "é" * 87])
def test_nobody_and_a_forger_may_not(session: Session, token: str | None):
    with pytest.raises(NotSignedIn):
        require_operator(session, token)


def test_a_guest_may_not(session: Session):
    token = sessions.new_token()
    sessions.identify(session, token, Client())
    with pytest.raises(NotSignedIn):
        require_operator(session, token)


def test_after_signing_out_the_token_is_worth_nothing(session: Session):
    token = signed_in(session, Role.OPS)
    sessions.sign_out(session, token)
    with pytest.raises(SessionEnded):
        require_operator(session, token)


@pytest.mark.parametrize("limit", [IDLE_LIMIT, ABSOLUTE_LIMIT])
def test_a_session_that_ran_out_is_worth_nothing(session: Session, limit: timedelta):
    token = signed_in(session, Role.OPS)
    with pytest.raises(SessionEnded):
        require_operator(session, token, utc_now() + limit)


def test_a_role_that_was_taken_away_is_noticed(session: Session):
    token = signed_in(session, Role.OPS)
    require_operator(session, token)
    session.get_one(User, visit_of(session, token).user_id).role = Role.MEMBER
    session.flush()
    with pytest.raises(NotAllowed):
        require_operator(session, token)


def test_looking_leaves_no_trace(session: Session):
    token = signed_in(session, Role.OPS)
    before = visit_of(session, token).last_active_at
    require_operator(session, token, before + timedelta(minutes=20))
    assert visit_of(session, token).last_active_at == before
    assert MARKS.take() == {}


def test_an_operator_reads_by_page_and_by_program(session: Session):
    token = signed_in(session, Role.OPS)
    assert looking(session, token, lambda _session, value: value, 7) == 7
    assert asking(session, shop.member(session, Role.OPS), lambda _session, value: value, 7) == 7


def test_nobody_else_does_and_nothing_is_read(session: Session):
    def read(_session: Session) -> None:
        raise AssertionError("it was read")

    with pytest.raises(NotAllowed):
        looking(session, signed_in(session, Role.MEMBER), read)
    with pytest.raises(NotAllowed):
        asking(session, shop.member(session), read)
    with pytest.raises(NotSignedIn):
        looking(session, None, read)
    with pytest.raises(NotSignedIn):
        asking(session, shop.guest(session), read)
