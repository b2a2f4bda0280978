"""Lines of the record, and the names of actions."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cloudscale.ops.healing.action import Action, Command, Verb
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.words import typed

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
REF = Ref("security_group", "fleet")
ENTRY = Entry(
    "2026-11-26T12:00:00.000000Z#run#0",
    "run",
    NOW,
    Phase.HEALED,
    ref=REF,
    cause="drift",
    before={"ingress": [{"port": 22}]},
    commands=("aws ec2 …",),
    fault_at=NOW,
    detail={"seenSeconds": 3},
)


def test_a_line_is_the_same_after_it_was_written_down():
    assert Entry.of_json(json.loads(json.dumps(ENTRY.to_json()))) == ENTRY
    bare = Entry("a#b#0", "b", NOW, Phase.TROUBLE)
    assert Entry.of_json(json.loads(json.dumps(bare.to_json()))) == bare


def test_what_is_no_line_is_refused():
    with pytest.raises(ValueError, match="no line"):
        Entry.of_json({"id": "x"})


ACTION = Action(REF, Verb.REPAIR, "drift", "Port 22 was opened.", before={"ingress": [22]})


def test_the_same_thing_to_do_has_the_same_name_in_any_run():
    assert ACTION.id == replace(ACTION, reason="Said otherwise.").id


def test_rows_that_are_told_in_another_order_are_the_same_thing_to_do():
    rules = [{"port": 22, "from": ["a", "b"]}, {"port": 80}]
    turned = [{"port": 80}, {"from": ["b", "a"], "port": 22}]
    told = [replace(ACTION, before={"ingress": one}).id for one in (rules, turned)]
    assert told[0] == told[1]


def test_another_thing_to_do_has_another_name():
    others = {
        replace(ACTION, before={"ingress": [23]}).id,
        replace(ACTION, cause="other").id,
        replace(ACTION, ref=Ref("security_group", "alb")).id,
        replace(ACTION, verb=Verb.REPORT).id,
    }
    assert len(others | {ACTION.id}) == 5


def test_a_command_is_shown_as_a_person_would_type_it():
    command = Command("ec2", "revoke_security_group_ingress", {"GroupId": "it's"})
    assert typed(command) == (
        'aws ec2 revoke-security-group-ingress --cli-input-json \'{"GroupId": "it\'"\'"\'s"}\''
    )


def test_a_resource_has_a_name_that_reads_back():
    assert Ref.of_text(str(REF)) == REF
    for text in ("fleet", "/fleet", "kind/"):
        with pytest.raises(ValueError, match="names no resource"):
            Ref.of_text(text)
