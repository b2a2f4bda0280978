"""Who changed what: written with the change, read by staff alone, and never rewritten."""

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.errors import InvalidInput, NotAllowed, NotSignedIn
from cloudscale.models import Role, Scope
from cloudscale.services import audit
from cloudscale.services.audit import COMMAND_LINE
from cloudscale.services.identity import Shopper
from tests import shop


@pytest.fixture
def staff(session: Session) -> Shopper:
    return shop.member(session, role=Role.STAFF)


def test_an_entry_tells_who_by_which_door_from_what_to_what_and_why(
    session: Session, staff: Shopper
):
    program = replace(staff, visit_id=0, via="token till")
    audit.record(session, staff, "stock_set", "product", 7, {"stock": 1}, {"stock": 2}, "Counted.")
    audit.record(session, program, "order_moved", "order", 8, {"status": "a"}, {"status": "b"})
    audit.record(session, COMMAND_LINE, "role_set", "user", 9, {}, {"role": "owner"})
    third, second, first = audit.page(session, staff)
    user = staff.require_user()
    assert (first.actor_id, first.actor, first.via) == (user.id, user.email, "session")
    assert (first.action, first.subject_kind, first.subject_id) == ("stock_set", "product", 7)
    assert (first.before, first.after, first.reason) == ({"stock": 1}, {"stock": 2}, "Counted.")
    assert second.via == "token till"
    assert (third.actor_id, third.actor, third.via) == (None, "command line", "command line")
    assert first.id < second.id < third.id
    assert first.at <= second.at <= third.at


def test_the_log_is_read_by_pages_and_by_subject(session: Session, staff: Shopper):
    for stock in range(5):
        audit.record(session, staff, "stock_set", "product", 1 + stock % 2, {}, {"stock": stock})
    audit.record(session, staff, "order_moved", "order", 1, {}, {})
    newest = audit.page(session, staff, "product", limit=3)
    rest = audit.page(session, staff, "product", before_id=newest[-1].id, limit=3)
    assert [entry.after["stock"] for entry in newest + rest] == [4, 3, 2, 1, 0]
    of_one = audit.page(session, staff, "product", 1)
    assert [entry.after["stock"] for entry in of_one] == [4, 2, 0]


def test_only_staff_and_the_owner_read_it(session: Session, staff: Shopper):
    with pytest.raises(NotSignedIn):
        audit.page(session, shop.guest(session))
    for role in (Role.MEMBER, Role.OPS):
        with pytest.raises(NotAllowed):
            audit.page(session, shop.member(session, role))
    owner = shop.member(session, Role.OWNER)
    assert audit.page(session, owner) == audit.page(session, staff)
    with pytest.raises(NotAllowed, match="scope"):
        audit.page(session, replace(owner, scopes=frozenset({Scope.READ, Scope.SHOP})))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"subject_kind": "secret"}, "subject_kind"),
        ({"subject_id": 1}, "subject_kind"),
        ({"subject_kind": "user", "subject_id": 0}, "subject_id"),
        ({"subject_kind": "user", "subject_id": 2**31}, "subject_id"),
        ({"before_id": 0}, "cursor"),
        ({"before_id": 2**63}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
    ],
)
def test_a_filter_that_cannot_be_taken_is_named(
    session: Session, staff: Shopper, asked: dict, field: str
):
    with pytest.raises(InvalidInput) as refused:
        audit.page(session, staff, **asked)
    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize(
    "rewriting",
    [
        "UPDATE audit_entry SET actor = 'nobody'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE false",
        "TRUNCATE audit_entry",
    ],
)
def test_no_entry_is_changed_or_deleted(database: str, rewriting: str):
    with unit_of_work() as session:
        staff = shop.member(session, Role.STAFF)
        audit.record(session, staff, "stock_set", "product", 1, {}, {"stock": 1})
    with pytest.raises(DBAPIError, match="only grows"), unit_of_work() as session:
        session.connection().execute(text(rewriting))
    with unit_of_work() as session:
        (kept,) = audit.page(session, staff)
    assert kept.actor == staff.require_user().email


def test_without_the_change_there_is_no_entry(database: str):
    with unit_of_work() as session:
        staff = shop.member(session, Role.STAFF)
    with pytest.raises(RuntimeError), unit_of_work() as session:
        audit.record(session, staff, "stock_set", "product", 1, {}, {"stock": 1})
        raise RuntimeError
    with unit_of_work() as session:
        assert audit.page(session, staff) == []
