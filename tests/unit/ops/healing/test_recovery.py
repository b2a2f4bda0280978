"""Sick members and the database: what is done, once, and when nothing is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.guards import ALL_SICK
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.observed import Database, Fleet, Member, Observed
from cloudscale.ops.healing.recovery import actions
from cloudscale.ops.healing.resource import Ref
from tests.healing_fakes import START, desired

DAY_AGO = START - timedelta(days=1)
LONG_SICK = START - timedelta(minutes=5)
WELL = Member(
    "i-1", "ap-south-1a", "InService", DAY_AGO, machine="running", checks="ok", target="healthy"
)
FROZEN = replace(WELL, target="unhealthy", target_since=LONG_SICK)
IMPAIRED = replace(WELL, checks="impaired", impaired_since=LONG_SICK)


def fleet(*members: Member, **changes: Any) -> Fleet:
    named = [replace(one, id=f"i-{number}") for number, one in enumerate(members, 1)]
    return Fleet("shop-fleet", len(members), 2, 8, named, "arn:tg", **changes)


def judged(
    *members: Member,
    rebooted: Sequence[str] = (),
    database: Database | None = None,
    **of_fleet: Any,
) -> list[Action]:
    history = History(START, reboots={Ref("member", one): LONG_SICK for one in rebooted})
    seen = fleet(*members, **of_fleet) if members else None
    return list(actions(desired(), Observed(START, fleet=seen, database=database), history))


def verbs(found: Sequence[Action]) -> list[tuple[str, str]]:
    return [(str(one.ref), one.verb.value) for one in found]


def test_a_fleet_that_is_well_is_left_alone():
    assert judged(WELL, WELL, WELL) == []


@pytest.mark.parametrize("sick", [FROZEN, IMPAIRED])
def test_a_sick_member_is_rebooted_once_and_then_replaced(sick: Member):
    assert verbs(judged(WELL, sick)) == [("member/i-2", "reboot")]
    (again,) = judged(WELL, sick, rebooted=["i-2"])
    assert again.verb is Verb.REPLACE
    assert "a reboot did not help" in again.reason


def test_replacing_never_shrinks_the_fleet():
    (found,) = judged(WELL, replace(WELL, machine="stopped"))
    (command,) = found.commands
    assert command.operation == "set_instance_health"
    assert command.arguments["HealthStatus"] == "Unhealthy"


def test_a_stopped_member_is_replaced_without_a_reboot():
    assert verbs(judged(replace(WELL, machine="stopped"), WELL)) == [("member/i-1", "replace")]


def test_one_that_never_becomes_healthy_is_replaced_when_its_time_is_over():
    new = replace(WELL, lifecycle="Pending:Wait", target="initial")
    early = replace(new, launched_at=START - timedelta(seconds=590))
    late = replace(new, launched_at=START - timedelta(seconds=601))
    assert judged(WELL, early) == []
    assert verbs(judged(WELL, late)) == [("member/i-2", "replace")]


def test_a_member_that_the_balancer_does_not_know_is_registered_again():
    (found,) = judged(WELL, replace(WELL, target="absent"))
    assert (found.verb, found.commands[0].operation) == (Verb.REGISTER, "register_targets")
    assert found.undo


def test_when_all_are_sick_people_are_called_and_nobody_is_touched_by_this():
    found = judged(FROZEN, IMPAIRED, replace(WELL, machine="stopped"))
    assert found[0].cause == ALL_SICK
    assert found[0].commands == ()
    assert "All 3 servers" in found[0].reason


@pytest.mark.parametrize(
    "alone",
    [
        replace(FROZEN, is_protected=True),
        replace(FROZEN, lifecycle="Standby"),
        replace(FROZEN, lifecycle="Terminating:Wait"),
        replace(FROZEN, machine=None),
        replace(FROZEN, target_since=START - timedelta(seconds=5)),
        replace(FROZEN, launched_at=START - timedelta(seconds=60)),
        replace(FROZEN, target="draining"),
        replace(FROZEN, target=None),
        replace(FROZEN, checks="initializing"),
        replace(IMPAIRED, impaired_since=START - timedelta(seconds=5)),
        replace(IMPAIRED, impaired_since=None),
    ],
)
def test_who_is_protected_leaving_young_or_not_known_is_left_alone(alone: Member):
    assert judged(WELL, alone) == []


def test_while_a_deployment_replaces_members_nobody_else_does():
    assert judged(WELL, FROZEN, is_refreshing=True) == []


def test_nothing_follows_from_a_fleet_that_could_not_be_read():
    assert judged() == []


MEMBERS = st.builds(
    Member,
    id=st.just("i"),
    zone=st.just("a"),
    lifecycle=st.sampled_from(["InService", "Pending", "Terminating", "Standby"]),
    launched_at=st.sampled_from([None, DAY_AGO, START]),
    machine=st.sampled_from([None, "running", "stopped"]),
    checks=st.sampled_from([None, "ok", "impaired", "initializing"]),
    impaired_since=st.sampled_from([None, LONG_SICK, START]),
    target=st.sampled_from([None, "healthy", "unhealthy", "initial", "draining", "absent"]),
    target_since=st.sampled_from([None, LONG_SICK, START]),
    is_protected=st.booleans(),
)


@given(st.lists(MEMBERS, min_size=1, max_size=6))
def test_no_member_is_acted_on_twice_nor_one_that_is_protected_or_leaving(members: list[Member]):
    found = judged(*members)
    named = [one.ref.name for one in found if one.ref.kind == "member"]
    assert len(named) == len(set(named))
    by_id = {one.id: one for one in fleet(*members).members}
    for name in named:
        assert not by_id[name].is_protected
        assert by_id[name].lifecycle in ("InService", "Pending")


DATABASE = Database(
    "shop-database", "available", True, 20, 100, 8, connections=[5] * 10, answers=True
)
SILENT = replace(DATABASE, connections=[5, 5, 0, 0, 0, 0, 0], answers=False)


def test_a_silent_database_fails_over_or_is_rebooted_and_then_people_are_called():
    assert verbs(judged(database=SILENT)) == [("database/shop-database", "fail-over")]
    alone = replace(SILENT, is_standby_there=False)
    assert verbs(judged(database=alone)) == [("database/shop-database", "reboot-database")]
    history = History(START, reboots={Ref("database", "shop-database"): LONG_SICK})
    (again,) = actions(desired(), Observed(START, database=SILENT), history)
    assert (again.verb, again.commands) == (Verb.REPORT, ())


@pytest.mark.parametrize(
    "quiet",
    [
        DATABASE,
        replace(SILENT, answers=None),
        replace(SILENT, answers=True),
        replace(SILENT, connections=[0, 0, 0]),
        replace(SILENT, connections=[0, 0, 0, 0, 1]),
        replace(SILENT, status="backing-up"),
    ],
)
def test_a_database_that_may_only_be_quiet_is_left_alone(quiet: Database):
    assert judged(database=quiet) == []


def test_storage_is_grown_before_it_is_full_and_no_further_than_it_may():
    (found,) = judged(database=replace(DATABASE, free_gb=1.9))
    assert (found.verb, found.after["allocated_gb"]) == (Verb.GROW_STORAGE, 25)
    (full,) = judged(database=replace(DATABASE, status="storage-full", free_gb=None))
    assert full.after["allocated_gb"] == 25
    (last,) = judged(database=replace(DATABASE, allocated_gb=98, free_gb=1))
    assert last.after["allocated_gb"] == 100
    (largest,) = judged(database=replace(DATABASE, allocated_gb=100, free_gb=1))
    assert (largest.verb, largest.commands) == (Verb.REPORT, ())
    assert "database_max_storage_gb" in largest.by_hand


def test_storage_of_which_nobody_knows_what_is_free_is_left_alone():
    assert judged(database=replace(DATABASE, free_gb=None)) == []
