"""What can be tried and chosen: the choices, and the policy in force where it is none of them."""

import json
from datetime import UTC, datetime

import pytest

from cloudscale.ops.policy import POLICY, document, in_force
from cloudscale.ops.policy.choices import CHOICES, FORESIGHT, PLAIN, THRIFT
from cloudscale.ops.policy.in_force import InForce
from cloudscale.ops.policy.offers import IN_FORCE, is_another, name_in_force, offered
from cloudscale.ops.policy.scaling import ScalingPolicy
from cloudscale.ops.policy.variables import FILE_NAME, VARIABLE, as_variables

OTHER = POLICY.model_copy(update={"users_per_instance": 20})


def follow(policy: ScalingPolicy) -> None:
    in_force.hold(InForce(1, policy, "operator", "ada", datetime(2026, 11, 26, tzinfo=UTC)))


def test_the_shops_own_comes_first_and_is_in_force_from_the_start():
    assert next(iter(CHOICES)) == name_in_force() == POLICY.name
    assert offered() == CHOICES


def test_a_choice_that_is_in_force_is_told_by_its_name():
    follow(PLAIN)
    assert (name_in_force(), is_another()) == (PLAIN.name, False)


def test_a_policy_that_was_changed_is_offered_beside_that_of_its_name():
    follow(OTHER)
    shown = offered()
    assert list(shown) == [IN_FORCE, *CHOICES]
    assert name_in_force() == shown[IN_FORCE].name == IN_FORCE
    assert shown[IN_FORCE].users_per_instance == 20
    assert "mission" in shown[IN_FORCE].description


def test_a_long_description_of_it_stays_one_that_is_allowed():
    follow(OTHER.model_copy(update={"description": "x" * 300}))
    assert ScalingPolicy.model_validate(offered()[IN_FORCE].model_dump())


@pytest.mark.parametrize("policy", CHOICES.values(), ids=lambda one: one.name)
def test_every_choice_is_a_document_that_is_read_again(policy: ScalingPolicy):
    assert document.parse(document.as_text(policy)) == policy


@pytest.mark.parametrize("policy", CHOICES.values(), ids=lambda one: one.name)
def test_variables_hold_the_whole_policy_as_one_string(policy: ScalingPolicy):
    written = json.loads(as_variables(policy))
    assert list(written) == [VARIABLE]
    assert document.parse(written[VARIABLE]) == policy
    assert len(written[VARIABLE]) <= 8_192, "an SSM parameter holds no more"
    assert FILE_NAME.endswith(".auto.tfvars.json"), "Terraform reads it by itself"


def test_foresight_and_thrift_are_the_same_rule_with_other_numbers():
    assert FORESIGHT.rules[0].kind == THRIFT.rules[0].kind == "offered-load"
    assert FORESIGHT.bounds.max_instances == POLICY.bounds.max_instances
