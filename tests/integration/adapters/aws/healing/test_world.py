"""Looking at a stack: what one service refuses leaves a gap, and the rest goes on."""

import time
from collections.abc import Mapping, Sequence

import pytest
from botocore.stub import Stubber

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.world import AwsWorld
from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.observed import Database, Fleet, Found, Gone, Sight, Unreadable
from cloudscale.ops.healing.resource import Ref, Resource
from cloudscale.ops.ports import CloudFault
from tests.integration.adapters.aws.healing.conftest import STACK, Stack

FACTS = StackFacts(STACK, "ap-south-1", group="fleet", database="db")
TOPIC, QUEUE, ODD = Ref("topic", "notices"), Ref("queue", "letters"), Ref("odd", "one")
Wanted = Sequence[Resource]


def desired(*refs: Ref) -> Desired:
    return Desired("c", FACTS, Limits(), [Resource(ref, ref.name, "a.b", {}) for ref in refs])


def topics(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    arns = [row["TopicArn"] for row in calls.ask("sns", "list_topics")["Topics"]]
    is_there = {arn.rpartition("-")[2] for arn in arns}
    return {one.ref: Found({}) if one.id in is_there else Gone() for one in wanted}


def queues(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    urls = calls.ask("sqs", "list_queues").get("QueueUrls", ())
    is_there = {url.rpartition("/")[2] for url in urls}
    return {one.ref: Found({}) if one.id in is_there else Gone() for one in wanted}


OBSERVERS = {"topic": topics, "queue": queues}


def test_everything_is_seen_in_one_look_and_calls_are_counted(stack: Stack):
    gone = Ref("queue", "not-there")
    seen = AwsWorld(stack.calls(), OBSERVERS).observe(desired(TOPIC, QUEUE, gone))
    assert seen.resources == {TOPIC: Found({}), QUEUE: Found({}), gone: Gone()}
    assert (seen.calls, seen.gaps) == (2, {})


def test_only_what_is_asked_for_is_looked_at(stack: Stack):
    seen = AwsWorld(stack.calls(), OBSERVERS).observe(desired(TOPIC, QUEUE), {QUEUE})
    assert set(seen.resources) == {QUEUE}
    assert seen.calls == 1


@pytest.mark.parametrize(
    "code, words",
    [
        ("AccessDeniedException", "AWS refuses sns:ListTopics"),
        ("Throttling", "too often"),
        ("InternalFailure", "InternalFailure"),
    ],
)
def test_a_service_that_refuses_leaves_a_gap_and_the_rest_goes_on(
    stack: Stack, code: str, words: str
):
    real = stack.calls()
    client = real.client("sns")
    with Stubber(client) as stubber:
        stubber.add_client_error("list_topics", code)
        calls = Calls(lambda name: client if name == "sns" else real.client(name))
        seen = AwsWorld(calls, OBSERVERS).observe(desired(TOPIC, QUEUE))
    assert seen.resources[QUEUE] == Found({})
    sight = seen.resources[TOPIC]
    assert isinstance(sight, Unreadable)
    assert words in sight.reason
    assert seen.gaps == {"topic": sight.reason}


def partial(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    return {}


def broken(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    raise KeyError("Topics")


def slow(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    time.sleep(5)
    return {}


@pytest.mark.parametrize(
    "observe, words",
    [
        (partial, "did not tell of it"),
        (broken, r"does not understand \(KeyError\)"),
        (slow, "in time"),
    ],
)
def test_what_an_observer_does_not_tell_is_unknown_and_never_gone(
    stack: Stack, observe, words: str
):
    world = AwsWorld(stack.calls(), {**OBSERVERS, "topic": observe}, patience_seconds=4)
    seen = world.observe(desired(TOPIC, QUEUE))
    sight = seen.resources[TOPIC]
    assert isinstance(sight, Unreadable)
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(sight.reason)
    assert seen.resources[QUEUE] == Found({})


def test_a_part_that_could_not_be_read_is_told_and_the_other_parts_are_compared(stack: Stack):
    found = Found({"policy": "{}"}, absent={"key": "AWS refuses kms:DescribeKey."})

    def parts(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
        return {TOPIC: found}

    seen = AwsWorld(stack.calls(), {"topic": parts}).observe(desired(TOPIC))
    assert seen.resources == {TOPIC: found}
    assert seen.gaps == {"topic": "AWS refuses kms:DescribeKey."}


def test_a_kind_that_nobody_looks_at_is_a_gap(stack: Stack):
    seen = AwsWorld(stack.calls(), OBSERVERS).observe(desired(ODD))
    assert seen.resources == {ODD: Unreadable("Nobody looks at odd.")}
    assert "odd" in seen.gaps


FLEET = Fleet("fleet", 2, 1, 4, ())
DATABASE = Database("db", "available")


def with_sights(calls: Calls) -> AwsWorld:
    return AwsWorld(calls, OBSERVERS, see_fleet=lambda *_: FLEET, see_database=lambda *_: DATABASE)


def test_members_and_database_are_looked_at_where_they_are_concerned(stack: Stack):
    world = with_sights(stack.calls())
    whole = world.observe(desired(TOPIC))
    assert (whole.fleet, whole.database) == (FLEET, DATABASE)
    member = world.observe(desired(TOPIC), {Ref("member", "i-1")})
    assert (member.fleet, member.database, member.resources) == (FLEET, None, {})
    database = world.observe(desired(TOPIC), {Ref("database", "db")})
    assert (database.fleet, database.database) == (None, DATABASE)


def test_members_that_cannot_be_read_are_unknown(stack: Stack):
    def refuse(*_: object) -> Fleet:
        raise CloudFault("AWS refuses autoscaling:DescribeAutoScalingGroups.")

    seen = AwsWorld(stack.calls(), OBSERVERS, see_fleet=refuse).observe(desired(QUEUE))
    assert seen.fleet is None
    assert "autoscaling" in seen.gaps["fleet"]
    assert seen.resources[QUEUE] == Found({})
