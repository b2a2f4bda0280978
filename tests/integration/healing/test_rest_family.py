"""All that stands around a fleet on an AWS on loopback: spoiled through boto3, seen, put back.

What is judged is what boto3 reads afterwards, whole: as it was before anybody touched it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cloudscale.adapters.aws.healing import acting
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.kinds.kind import WHOLE
from cloudscale.ops.healing.resource import Ref
from tests import aws_server
from tests.integration.healing import rest_keeping_spoils, rest_spoils, rest_stage
from tests.integration.healing.rest_reading import whole
from tests.integration.healing.spoiling import REST_SPOILED
from tests.integration.healing.stage import NAME, Stage

assert rest_spoils and rest_keeping_spoils  # both note their ways as they are read


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stack for all: each test leaves it as it was, and proves that."""
    with aws_server.running(tmp_path_factory.mktemp("aws")) as aws:
        yield rest_stage.build(aws)


@pytest.fixture(scope="module")
def before(stage: Stage) -> dict[str, Any]:
    """All of it as it was built."""
    return whole(stage)


def heal(stage: Stage, action: Action) -> None:
    """Make its calls as healing does: none that is not allowed."""
    calls = Calls(stage.client)
    for command in action.commands:
        acting.act(calls, command)


def test_nothing_differs_where_nobody_has_touched_anything_and_it_takes_few_calls(stage: Stage):
    calls = Calls(stage.client)
    observed = stage.observe(calls)
    assert len(observed.resources) == len(stage.resources) == 23
    assert calls.made <= 40
    assert stage.planned() == ()


@pytest.mark.parametrize("name", REST_SPOILED)
def test_what_was_spoiled_is_put_back_as_it_was_and_undone_and_put_back_again(
    stage: Stage, before: dict[str, Any], name: str
):
    ref, fields, spoil = REST_SPOILED[name]
    spoil(stage)
    tampered = whole(stage)
    assert tampered != before
    (action,) = stage.planned()
    assert (action.verb, action.ref, set(action.before)) == (Verb.REPAIR, ref, fields)
    heal(stage, action)
    assert whole(stage) == before
    assert stage.planned() == ()
    if action.undo:
        stage.make(action, undo=True)
        assert whole(stage) == tampered
        (again,) = stage.planned(ref.kind)
        assert again.id == action.id
        heal(stage, again)
        # Twice is as good as once, but for a priority: moto finds it taken, by the rule itself.
        if "priority" not in fields:
            heal(stage, again)
        assert whole(stage) == before


@pytest.mark.parametrize(
    ("ref", "id_"),
    [
        (rest_spoils.ALB, "loadbalancer/app/nothing/0000000000000000"),
        (rest_spoils.GROUP, "targetgroup/nothing/0000000000000000"),
        (rest_spoils.HTTP, "listener/app/nothing/0000000000000000/0000000000000000"),
        (rest_spoils.METRICS, "listener-rule/app/nothing/0000000000000000/00000000/00000000"),
        (rest_keeping_spoils.SECRET, f"{NAME}/nothing"),
        (rest_keeping_spoils.KEY, "00000000-0000-4000-8000-000000000000"),
        (rest_keeping_spoils.DATABASE, "nothing"),
        (rest_keeping_spoils.PARAMETERS, "nothing"),
        (rest_keeping_spoils.LOGS, "nothing"),
    ],
    ids=str,
)
def test_what_cannot_be_made_again_by_a_call_is_told_and_its_like_are_still_seen(
    stage: Stage, ref: Ref, id_: str
):
    wanted = stage.resources[ref]
    prefix = wanted.id.rpartition(":")[0] + ":" if wanted.id.startswith("arn:") else ""
    stage.resources[ref] = replace(wanted, id=f"{prefix}{id_}")
    try:
        (action,) = stage.planned(ref.kind)
    finally:
        stage.resources[ref] = wanted
    assert (action.verb, set(action.before)) == (Verb.REPORT, {WHOLE})
    assert action.by_hand == f"terraform apply -target='{wanted.address}'"


def test_a_topic_that_is_gone_is_made_again_and_then_its_subscriber(stage: Stage):
    """Last: what it was is not all there is, since AWS forgets with it who was subscribed."""
    stage.client("sns").delete_topic(TopicArn=stage.ids["topic"])
    actions = {one.ref: one for one in stage.planned()}
    assert actions.keys() == {rest_spoils.TOPIC, rest_spoils.MAIL}
    for ref in (rest_spoils.TOPIC, rest_spoils.MAIL):
        assert set(actions[ref].before) == {WHOLE}
        heal(stage, actions[ref])
    assert stage.planned() == ()
