"""The database: what is done when it answers nobody, or its disk fills."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.healing import caring, recovery
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.observed import Database
from cloudscale.ops.healing.resource import Ref, Resource
from tests.fleets import database, desired, fleet, frozen, past, seen

NAME = Ref("database", "shop-database")
SILENT = {"answers": False, "connections": [4, 0, 0, 0, 0, 0]}


def actions(
    database: Database | None, rebooted: Collection[Ref] = (), resources: Sequence[Resource] = ()
) -> list[Action]:
    return list(caring.actions(desired(resources), seen(database=database), rebooted))


def only(database: Database, rebooted: Collection[Ref] = ()) -> Action:
    (action,) = actions(database, rebooted)
    return action


def test_a_database_that_is_well_or_unknown_is_left_alone():
    assert actions(database()) == []
    assert actions(None) == []


def test_it_is_called_by_its_name_in_the_document():
    wanted = Resource(Ref("database", "main"), "shop-database", "aws_db_instance.this", {})
    (action,) = actions(database(free_gb=1.0), resources=[wanted])
    assert action.ref == wanted.ref
    assert only(database(free_gb=1.0)).ref == NAME


# It answers nobody


def test_a_silent_database_fails_over_to_its_standby():
    action = only(database(is_standby_there=True, **SILENT))
    assert (action.verb, action.cause) == (Verb.FAIL_OVER, "database-silent")
    (command,) = action.commands
    asked = {"DBInstanceIdentifier": "shop-database", "ForceFailover": True}
    assert (command.operation, command.arguments) == ("reboot_db_instance", asked)
    assert "for 5 minutes nobody has been connected" in action.reason
    assert action.is_disruptive


def test_a_silent_database_without_a_standby_is_rebooted_once():
    action = only(database(**SILENT))
    assert action.verb is Verb.REBOOT_DATABASE
    assert action.commands[0].arguments["ForceFailover"] is False
    again = only(database(**SILENT), rebooted={NAME})
    assert (again.verb, again.commands) == (Verb.REPORT, ())
    assert "restore-db-instance-to-point-in-time" in again.by_hand


@pytest.mark.parametrize(
    "facts",
    [
        {"answers": True, "connections": [0, 0, 0, 0, 0]},
        {"answers": None, "connections": [0, 0, 0, 0, 0]},
        {"answers": False, "connections": []},
        {"answers": False, "connections": [0, 0, 0, 0]},
        {"answers": False, "connections": [0, 0, 0, 0, 1]},
        {"answers": False, "connections": [0, 0, 0, 0, 0], "status": "rebooting"},
        {"answers": False, "connections": [0, 0, 0, 0, 0], "status": "backing-up"},
        {"answers": False, "connections": [0, 0, 0, 0, 0], "is_protected": True},
    ],
)
def test_it_is_left_alone_unless_all_say_that_it_is_silent(facts: dict[str, Any]):
    assert actions(database(**facts)) == []


@pytest.mark.parametrize(
    ("status", "by_hand"),
    [
        ("stopped", "aws rds start-db-instance --db-instance-identifier shop-database"),
        ("failed", "restore-db-instance-to-point-in-time"),
        ("incompatible-parameters", "terraform apply"),
    ],
)
def test_a_state_that_no_call_ends_is_told_with_what_to_run(status: str, by_hand: str):
    action = only(database(status=status, free_gb=0.1, **SILENT))
    assert (action.verb, action.cause) == (Verb.REPORT, "database-broken")
    assert by_hand in action.by_hand


# Its disk


def test_a_disk_that_is_nearly_full_grows():
    action = only(database(free_gb=9.9))
    assert (action.verb, action.cause) == (Verb.GROW_STORAGE, "storage-low")
    (command,) = action.commands
    assert (command.service, command.operation) == ("rds", "modify_db_instance")
    assert command.arguments == {
        "DBInstanceIdentifier": "shop-database",
        "AllocatedStorage": 110,
        "ApplyImmediately": True,
    }
    assert action.before == {"allocated_gb": 100}
    assert action.after == {"allocated_gb": 110}
    assert "only 9.9 of 100 GB are free" in action.reason
    assert "never shrinks" in action.undo_words
    assert not action.is_disruptive


@pytest.mark.parametrize(("size", "wanted"), [(20, 25), (50, 55), (51, 57), (100, 110), (105, 116)])
def test_it_grows_by_a_tenth_or_five_gb(size: int, wanted: int):
    assert caring.grown(size, 1_000) == wanted


def test_a_full_disk_grows_whatever_its_figures_say():
    assert only(database(status="storage-full", free_gb=None)).verb is Verb.GROW_STORAGE


def test_one_that_will_be_full_within_a_day_grows_before():
    by_hour = [30.0, 28.0, 26.0, 24.0, 22.0]
    action = only(database(free_gb=21.0, free_gb_by_hour=by_hour))
    assert action.verb is Verb.GROW_STORAGE
    assert "full in 10 h" in action.reason


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"free_gb": 10.0}, id="a tenth is free"),
        pytest.param({"free_gb": None}, id="nobody knows what is free"),
        pytest.param({"free_gb": float("nan")}, id="what is free is no number"),
        pytest.param({"free_gb": 1.0, "allocated_gb": None}, id="nobody knows its size"),
        pytest.param({"free_gb": 1.0, "status": "modifying"}, id="it is being changed"),
        pytest.param({"free_gb": 1.0, "status": "storage-optimization"}, id="it has just grown"),
        pytest.param({"free_gb": 1.0, "is_protected": True}, id="marked to be left alone"),
        pytest.param({"free_gb": 24.0, "free_gb_by_hour": [26.0, 24.0]}, id="a trend of an hour"),
        pytest.param({"free_gb": 24.0, "free_gb_by_hour": [24.0] * 5}, id="no trend"),
        pytest.param({"free_gb": 24.0, "free_gb_by_hour": [20.0, 21, 22, 23, 24]}, id="it empties"),
        pytest.param({"free_gb": 24.0, "free_gb_by_hour": [26, 25.5, 25, 24.5, 24]}, id="slowly"),
        pytest.param({"free_gb": 26.0, "free_gb_by_hour": [56, 46.0, 36, 26]}, id="much is free"),
    ],
)
def test_a_disk_that_is_not_known_to_be_short_stays(facts: dict[str, Any]):
    assert actions(database(**facts)) == []


def test_it_grows_to_its_bound_where_that_is_as_much_as_rds_accepts():
    assert caring.grown(20, 23.5) == 23
    assert caring.grown(20, 21) is None


@pytest.mark.parametrize("largest", [None, 100, 109])
def test_one_that_may_not_grow_is_told_with_the_variable_to_raise(largest: float | None):
    action = only(database(free_gb=5.0, largest_gb=largest))
    assert (action.verb, action.commands) == (Verb.REPORT, ())
    assert action.by_hand == "terraform apply -var=database_max_storage_gb=200"
    assert "raise database_max_storage_gb" in action.reason


def test_growing_would_make_a_pending_change_now_so_people_decide_until_it_is_full():
    action = only(database(free_gb=5.0, is_change_pending=True))
    assert action.verb is Verb.REPORT
    assert "aws rds modify-db-instance" in action.by_hand
    full = database(status="storage-full", is_change_pending=True)
    assert only(full).verb is Verb.GROW_STORAGE


def test_the_database_is_seen_to_although_all_members_are_sick():
    look = seen(fleet(frozen("i-1"), frozen("i-2")), database(is_standby_there=True, **SILENT))
    found = recovery.actions(desired(), look, past())
    assert [one.cause for one in found] == ["all-sick", "database-silent"]


@given(
    st.floats(20, 65_536),
    st.floats(0, 65_536),
    st.none() | st.floats(20, 65_536),
    st.sampled_from(["available", "storage-full", "modifying", "failed"]),
    st.lists(st.floats(0, 65_536), max_size=8),
    st.booleans(),
)
def test_whatever_a_disk_is_like_it_never_shrinks_and_never_grows_beyond_its_bound(
    size: float, free: float, largest: float | None, status: str, hours: list[float], waits: bool
):
    found = actions(
        database(
            allocated_gb=size,
            free_gb=free,
            largest_gb=largest,
            status=status,
            free_gb_by_hour=hours,
            is_change_pending=waits,
        )
    )
    for action in found:
        for command in action.commands:
            wanted = command.arguments["AllocatedStorage"]
            assert largest is not None
            assert wanted - size >= size * 0.1
            assert wanted <= largest
            assert isinstance(wanted, int)
