"""The database: seen as RDS and CloudWatch tell of it, and helped by calls that RDS takes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudscale.adapters.aws.healing import acting
from cloudscale.adapters.aws.healing.observing import database_sight
from cloudscale.ops.healing import recovery
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.observed import Database, Observed
from cloudscale.ops.ports import CloudFault
from tests.integration.adapters.aws.healing.conftest import STACK, Stack
from tests.integration.adapters.aws.healing.recorded import recorded, series

NAME = f"{STACK}-database"
FACTS = StackFacts(STACK, "ap-south-1", group="shop", database=NAME, environment="production")
GB = 1024**3


def actions(database: Database) -> list[Action]:
    now = datetime.now(UTC)
    look = Observed(now, database=database)
    return list(recovery.actions(Desired("c", FACTS, Limits(), ()), look, History(now)))


# On the API server


def create(stack: Stack, **facts: Any) -> None:
    asked = {
        "DBInstanceIdentifier": NAME,
        "Engine": "postgres",
        "DBInstanceClass": "db.t4g.small",
        "AllocatedStorage": 20,
        "MaxAllocatedStorage": 100,
        "MasterUsername": "cloudscale",
        "MasterUserPassword": "a-long-password",
        "MultiAZ": True,
    }
    stack.aws.client("rds").create_db_instance(**{**asked, **facts})


def tell_free(stack: Stack, gb: float) -> None:
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    stack.aws.client("cloudwatch").put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {
                "MetricName": "FreeStorageSpace",
                "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": NAME}],
                "Timestamp": minute - timedelta(minutes=ago, seconds=-30),
                "Value": gb * GB,
            }
            for ago in range(1, 5)
        ],
    )


def test_a_database_is_seen_by_two_calls_and_left_alone(stack: Stack):
    create(stack)
    calls = stack.calls()
    seen = database_sight.observe(calls, FACTS)
    assert calls.made == 2
    assert (seen.id, seen.status, seen.is_standby_there) == (NAME, "available", True)
    assert (seen.allocated_gb, seen.largest_gb, seen.free_gb) == (20, 100, None)
    assert (seen.answers, seen.is_protected, seen.is_change_pending) == (None, False, False)
    assert actions(seen) == []


def test_a_disk_that_is_nearly_full_grows_before_it_is(stack: Stack):
    create(stack)
    tell_free(stack, 1.5)
    (action,) = actions(database_sight.observe(stack.calls(), FACTS))
    assert (action.verb, action.after) == (Verb.GROW_STORAGE, {"allocated_gb": 25})
    acting.act(stack.calls(), action.commands[0])
    told = stack.aws.client("rds").describe_db_instances(DBInstanceIdentifier=NAME)
    assert told["DBInstances"][0]["AllocatedStorage"] == 25


@pytest.mark.parametrize(("is_marked", "count"), [(True, 0), (False, 1)])
def test_one_that_is_marked_is_left_alone(stack: Stack, is_marked: bool, count: int):
    tags = [{"Key": "cloudscale:healing", "Value": "off" if is_marked else "on"}]
    create(stack, Tags=tags)
    tell_free(stack, 1.5)
    assert len(actions(database_sight.observe(stack.calls(), FACTS))) == count


def test_one_that_is_not_there_is_a_fault(stack: Stack):
    with pytest.raises(CloudFault, match="DBInstanceNotFound"):
        database_sight.observe(stack.calls(), FACTS)


def test_rds_takes_what_a_silent_database_is_given(stack: Stack):
    create(stack)
    seen = look(*silent())
    (action,) = actions(seen)
    assert action.verb is Verb.FAIL_OVER
    acting.act(stack.calls(), action.commands[0])


# Recorded


def row(**facts: Any) -> dict[str, Any]:
    told = {
        "DBInstanceIdentifier": NAME,
        "DBInstanceStatus": "available",
        "AllocatedStorage": 100,
        "MaxAllocatedStorage": 400,
        "MultiAZ": True,
    }
    return {"DBInstances": [{**told, **facts}]}


def look(*told: dict[str, Any], **facts: Any) -> Database:
    answers = {
        "rds": [("describe_db_instances", row(**facts))],
        "cloudwatch": [("get_metric_data", {"MetricDataResults": list(told)})],
    }
    with recorded(answers) as calls:
        return database_sight.observe(calls, FACTS)


Rows = list[dict[str, Any]]


def silent(**changes: Any) -> Rows:
    """Servers are in service, nobody is connected, and nothing is told any more."""
    told = {
        "serving": series("serving", [2.0] * 5),
        "connections": series("connections", [6, 0, 0, 0, 0, 0, 0]),
        "told": series("told", [6.0] * 20, last_ago=8),
    }
    for name, of in changes.items():
        told[name] = series(name, **of)
    return [told[name] for name in told if changes.get(name, {"values": True})["values"]]


def test_a_shop_that_told_its_users_until_some_minutes_ago_gets_no_answers():
    seen = look(*silent())
    assert seen.answers is False
    assert list(seen.connections) == [6, 0, 0, 0, 0, 0, 0]
    (action,) = actions(seen)
    assert (action.verb, action.cause) == (Verb.FAIL_OVER, "database-silent")


def test_without_a_standby_it_is_rebooted():
    (action,) = actions(look(*silent(), MultiAZ=False))
    assert action.verb is Verb.REBOOT_DATABASE


NOTHING = {"values": []}


@pytest.mark.parametrize(
    ("changes", "answers"),
    [
        pytest.param({"told": NOTHING}, None, id="it never told anything"),
        pytest.param({"told": {"values": [6.0] * 20}}, True, id="it tells"),
        pytest.param({"told": {"values": [6.0] * 2, "last_ago": 8}}, None, id="it hardly told"),
        pytest.param({"told": {"values": [6.0] * 9, "last_ago": 70}}, None, id="an hour ago"),
        pytest.param({"serving": NOTHING}, None, id="nobody knows whether anybody serves"),
        pytest.param({"serving": {"values": [0.0] * 5}}, None, id="nobody serves"),
        pytest.param({"serving": {"values": [2.0], "last_ago": 20}}, None, id="served long ago"),
        pytest.param({"connections": NOTHING}, False, id="nobody knows who is connected"),
        pytest.param({"connections": {"values": [4.0] * 7}}, False, id="some are connected"),
    ],
)
def test_silence_that_proves_nothing_is_followed_by_nothing(
    changes: dict[str, Any], answers: bool | None
):
    seen = look(*silent(**changes))
    assert seen.answers is answers
    assert actions(seen) == []


def test_a_disk_that_fills_within_a_day_is_seen_by_the_hour():
    by_hour = [gb * GB for gb in (30.0, 28.0, 26.0, 24.0, 22.0)]
    free = series("free", [21.0 * GB] * 3)
    seen = look(free, series("freeByHour", [*by_hour, 21.0 * GB], last_ago=0, period=3_600))
    assert list(seen.free_gb_by_hour) == [30.0, 28.0, 26.0, 24.0, 22.0]
    (action,) = actions(seen)
    assert action.verb is Verb.GROW_STORAGE
    assert "full in 10 h" in action.reason


def test_a_pending_change_a_full_disk_and_a_failed_database_are_known_as_such():
    pending = {"PendingModifiedValues": {"DBInstanceClass": "db.m7g.large"}}
    assert look(**pending).is_change_pending
    (grown,) = actions(look(DBInstanceStatus="storage-full", **pending))
    assert grown.verb is Verb.GROW_STORAGE
    (told,) = actions(look(DBInstanceStatus="failed"))
    assert told.verb is Verb.REPORT


def test_without_figures_the_rest_is_known_and_nothing_follows():
    answers = {
        "rds": [("describe_db_instances", row())],
        "cloudwatch": [("get_metric_data", "AccessDenied")],
    }
    with recorded(answers) as calls:
        seen = database_sight.observe(calls, FACTS)
    assert (seen.free_gb, seen.answers, seen.status) == (None, None, "available")
    assert "cloudwatch:GetMetricData" in seen.absent["figures"]
    assert actions(seen) == []
