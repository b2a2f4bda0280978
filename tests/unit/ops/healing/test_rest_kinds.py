"""What is particular about putting back what stands around the fleet."""

from typing import Any

import pytest

from cloudscale.ops.healing.kinds import KINDS
from tests.unit.ops.healing.test_fleet_kinds import mended, operations

MOVED = {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}
AS_ASKED = {"host": "#{host}", "path": "/#{path}", "query": "#{query}"}


def redirect(**changes: Any) -> dict[str, Any]:
    return {"actions": [{"type": "redirect", "redirect": {**MOVED, **changes}}]}


def actions(fields: dict[str, Any]) -> Any:
    return KINDS["listener"].field("actions").canonical(fields["actions"])


def test_a_redirect_that_says_nothing_of_host_and_path_keeps_those_that_were_asked():
    assert actions(redirect()) == actions(redirect(**AS_ASKED))
    for changed in ({"host": "elsewhere"}, {"path": "/sale"}, {"query": ""}, {"query": "a=b"}):
        assert actions(redirect(**changed)) != actions(redirect())


def test_a_redirect_is_put_back_as_written_and_undone_as_found():
    remedy = mended("listener", redirect(), redirect(**{**AS_ASKED, "host": "elsewhere"}))
    there, back = (
        one.arguments["DefaultActions"][0]["RedirectConfig"]
        for one in (*remedy.commands, *remedy.undo)
    )
    assert there == {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    assert back == {**there, "Host": "elsewhere", "Path": "/#{path}", "Query": "#{query}"}


TAGS = {"Project": "shop", "Environment": "test"}


@pytest.mark.parametrize(
    ("kind", "tag", "untag", "keys"),
    [
        ("load_balancer", "add_tags", "remove_tags", "TagKeys"),
        ("topic", "tag_resource", "untag_resource", "TagKeys"),
        ("log_group", "tag_resource", "untag_resource", "tagKeys"),
        ("secret", "tag_resource", "untag_resource", "TagKeys"),
        ("key", "tag_resource", "untag_resource", "TagKeys"),
        ("database", "add_tags_to_resource", "remove_tags_from_resource", "TagKeys"),
    ],
)
def test_tags_are_undone_to_what_they_said_and_taken_away_where_they_were_not(
    kind: str, tag: str, untag: str, keys: str
):
    remedy = mended(kind, {"tags": TAGS}, {"tags": {"Project": "mine", "Owner": "me"}})
    assert operations(remedy.commands) == [tag]
    assert operations(remedy.undo) == [tag, untag]
    assert "mine" in str(remedy.undo[0].arguments)
    assert remedy.undo[1].arguments[keys] == ["Environment"]


def test_a_log_groups_key_is_undone_to_the_one_before_or_to_none():
    wanted = {"key": "arn:key"}
    (other,) = mended("log_group", wanted, {"key": "arn:other"}).undo
    assert (other.operation, other.arguments["kmsKeyId"]) == ("associate_kms_key", "arn:other")
    assert operations(mended("log_group", wanted, {}).undo) == ["disassociate_kms_key"]


def test_a_secret_is_restored_before_anything_else_and_deleted_after_it_when_undone():
    remedy = mended(
        "secret",
        {"is_there": True, "key": "arn:key", "tags": TAGS},
        {"is_there": False, "tags": {}},
    )
    assert operations(remedy.commands) == ["restore_secret", "update_secret", "tag_resource"]
    assert operations(remedy.undo) == ["untag_resource", "update_secret", "delete_secret"]
    assert remedy.undo[1].arguments["KmsKeyId"] == "alias/aws/secretsmanager"


@pytest.mark.parametrize(
    ("state", "there", "back"),
    [
        ("Disabled", ["enable_key"], ["disable_key"]),
        ("PendingDeletion", ["cancel_key_deletion", "enable_key"], ["schedule_key_deletion"]),
    ],
)
def test_a_key_is_undone_to_the_state_that_it_was_in_after_all_else(
    state: str, there: list[str], back: list[str]
):
    wanted = {"state": "Enabled", "is_rotated": True}
    remedy = mended("key", wanted, {"state": state, "is_rotated": False})
    assert operations(remedy.commands) == [*there, "enable_key_rotation"]
    assert operations(remedy.undo) == ["disable_key_rotation", *back]


def test_a_target_that_is_told_the_same_thing_always_is_put_back_and_undone():
    target = {"id": "healer", "arn": "arn:function"}
    fixed = {**target, "input": '{"mode": "plan"}'}
    remedy = mended("event_rule", {"targets": [target]}, {"targets": [fixed]})
    there, back = (one.arguments["Targets"] for one in (*remedy.commands, *remedy.undo))
    assert there == [{"Id": "healer", "Arn": "arn:function"}]
    assert back == [{**there[0], "Input": '{"mode": "plan"}'}]
