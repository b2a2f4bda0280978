"""Before and after in words: only what differs, down to the one rule of a list."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.state.healing_changes import MOST_CHANGES, Change, changes, value

BALANCER = {"protocol": "tcp", "from_port": 8000, "groups": ["sg-alb"]}
BY_HAND = {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidrs": ["0.0.0.0/0"]}
SSH = "tcp 22, 0.0.0.0/0"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one.name, one.before, one.after) for one in changes(before, after)]


def test_of_a_list_only_the_rule_that_is_too_many_is_told():
    assert told({"ingress": [BALANCER, BY_HAND]}, {"ingress": [BALANCER]}) == [
        ("ingress", SSH, "not there")
    ]


def test_a_rule_that_is_missing_is_told_the_other_way_round():
    assert told({"ingress": [BALANCER]}, {"ingress": [BY_HAND, BALANCER]}) == [
        ("ingress", "not there", SSH)
    ]


def test_of_a_rule_that_was_changed_in_its_place_only_the_field_is_told():
    wider = {**BALANCER, "from_port": 1}
    assert told({"ingress": [wider, BY_HAND]}, {"ingress": [BALANCER, BY_HAND]}) == [
        ("ingress, from port", "1", "8000")
    ]


def test_a_list_that_is_only_in_another_order_is_told_whole():
    assert told({"zones": ["b", "a"]}, {"zones": ["a", "b"]}) == [("zones", "b, a", "a, b")]


def test_what_is_there_once_too_often_is_told():
    assert told({"zones": ["a", "a"]}, {"zones": ["a"]}) == [("zones", "a", "not there")]


def test_a_policy_in_json_text_is_opened():
    wanted = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get"}]}
    found = {**wanted, "Statement": [{"Effect": "Allow", "Action": "*"}]}
    assert told({"policy": json.dumps(found)}, {"policy": json.dumps(wanted)}) == [
        ("policy, Statement, Action", "*", "s3:Get")
    ]


def test_a_text_that_only_begins_like_json_is_a_text():
    assert told({"x": "{not json"}, {"x": "{}"}) == [("x", "{not json", "none")]


def test_a_field_of_which_nothing_is_said_is_not_called_absent():
    assert told({}, {"threshold": 70}) == [("threshold", "-", "70")]
    assert told({"tags": {}}, {"tags": {"owner": "us"}}) == [("tags, owner", "not there", "us")]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (None, "nothing"),
        (True, "yes"),
        (0.5, "0.5"),
        ("", "empty"),
        ([], "none"),
        ({"a_b": [1, 2]}, "a b (1, 2)"),
        ({"protocol": "-1", "cidrs": ["::/0"]}, "all, ::/0"),
        (
            {"protocol": "tcp", "from_port": 1, "to_port": 9, "groups": None, "description": "x"},
            "tcp 1-9 (x)",
        ),
        ({"protocol": "HTTP", "path": "/health"}, "path /health, protocol HTTP"),
        ("x" * 500, "x" * 400 + " …"),
    ],
)
def test_values_in_words(one: Any, words: str):
    assert value(one) == words


def test_of_very_many_the_first_are_told_and_the_rest_counted():
    many = {f"field{at}": at for at in range(MOST_CHANGES + 5)}
    found = changes(many, dict.fromkeys(many, -1))
    assert len(found) == MOST_CHANGES + 1
    assert found[-1] == Change("and", "5 more", "")


@given(st.dictionaries(st.text(max_size=5), JSON), st.dictionaries(st.text(max_size=5), JSON))
def test_whatever_was_found_is_told_and_what_is_the_same_is_not(
    before: dict[str, Any], after: dict[str, Any]
):
    changes(before, after)
    assert changes(before, before) == []


def test_a_whole_number_has_no_decimals_and_what_is_gone_is_named_in_words():
    assert changes({"threshold": 1_000}, {"threshold": 4.0}) == [Change("threshold", "1000", "4")]
    assert value([97.0, 97.5]) == "97, 97.5"
    assert changes({"*": None}, {"*": {"period": 60}}) == [
        Change("all of it", "nothing", "period 60")
    ]
