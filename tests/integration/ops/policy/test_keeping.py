"""The policy in force is kept in the database, read by every process, and told when it changes."""

import pytest
from sqlmodel import Session

from cloudscale.errors import NotAllowed, NotSignedIn, RuleRefused
from cloudscale.models import Role
from cloudscale.ops import events
from cloudscale.ops.policy import POLICY, Thresholds, in_force, keeping
from cloudscale.ops.policy.choosing import put_in_force
from cloudscale.services import audit
from cloudscale.services.identity import Shopper
from tests.shop import member

OTHER = POLICY.model_copy(
    update={"name": "offered-load", "thresholds": Thresholds(cpu_scale_out_percent=60)}
)


@pytest.fixture
def staff(session: Session) -> Shopper:
    return member(session, Role.STAFF)


def told(session: Session) -> list[tuple[str, str]]:
    found = [events.latest(session, "scaling")]
    return [(event.title, event.cause) for event in found if event]


def test_the_first_leader_puts_the_declared_policy_in_force_and_another_changes_nothing(session):
    assert keeping.put_declared(session)
    assert keeping.put_declared(session) is None
    newest = keeping.newest(session)
    assert (newest.policy, newest.origin) == (POLICY, "declared")
    assert told(session) == []


def test_what_was_put_is_in_force_in_every_process_that_looks(session):
    keeping.put_declared(session)
    id_ = keeping.put(session, OTHER, "operator", "ada")
    keeping.refresh(session)
    assert in_force.in_force() == OTHER
    assert (in_force.held().id, in_force.held().put_in_force_by) == (id_, "ada")


def test_a_change_is_told_with_both_names_who_it_was_and_the_numbers(session):
    keeping.put_declared(session)
    keeping.put(session, OTHER, "operator", "ada")
    assert told(session) == [
        ("Policy 'mission' replaced by 'offered-load' by ada", "cpu_scale_out_percent 70 → 60.")
    ]


def test_what_an_operator_chose_outlives_a_restart(session):
    keeping.put_declared(session)
    keeping.put(session, OTHER, "operator", "ada")
    assert keeping.put_declared(session) is None
    assert keeping.newest(session).policy == OTHER


def test_what_an_operator_chose_ends_when_another_is_declared(session):
    keeping.put(session, POLICY.model_copy(update={"name": "older"}), "declared", "a release")
    keeping.put(session, OTHER, "operator", "ada")
    assert keeping.put_declared(session)
    assert keeping.newest(session).policy == POLICY


def test_what_terraform_has_is_in_force_once(session):
    keeping.put_declared(session)
    assert keeping.put_from_terraform(session, OTHER.model_dump_json(), "1") == ""
    first = keeping.newest(session)
    keeping.put_from_terraform(session, OTHER.model_dump_json(indent=2), "2")
    assert (keeping.newest(session).id, first.origin) == (first.id, "terraform")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("{", "policy is not JSON"),
        (
            OTHER.model_dump_json().replace("60.0", "20.0"),
            "thresholds.cpu_scale_in_percent cpu_scale_in_percent (30) must be",
        ),
        ('{"name": "x"}', "rules is missing"),
    ],
)
def test_what_is_no_policy_is_refused_in_words_and_the_last_one_stays(session, document, why):
    keeping.put_declared(session)
    assert why in keeping.put_from_terraform(session, document, "3")
    assert keeping.newest(session).policy == POLICY
    ((title, cause),) = told(session)
    assert title == "Terraform's scaling policy was refused"
    assert why in cause


def test_staff_put_a_policy_in_force_and_it_is_audited(session, staff):
    keeping.put_declared(session)
    assert put_in_force(session, staff, OTHER) is True
    assert put_in_force(session, staff, OTHER) is False
    (entry,) = audit.page(session, staff, "policy")
    assert (entry.action, entry.before["name"], entry.after["name"]) == (
        "put_in_force",
        "mission",
        "offered-load",
    )


def test_nobody_else_does(session):
    with pytest.raises(NotSignedIn):
        put_in_force(session, Shopper(1), OTHER)
    for role in (Role.MEMBER, Role.OPS):
        with pytest.raises(NotAllowed):
            put_in_force(session, member(session, role), OTHER)
    assert keeping.newest(session) is None


def test_where_terraform_decides_operators_are_told_so(session, staff):
    keeping.put_from_terraform(session, POLICY.model_dump_json(), "1")
    with pytest.raises(RuleRefused, match="variables"):
        put_in_force(session, staff, OTHER)
