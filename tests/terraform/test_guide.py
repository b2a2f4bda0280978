"""What the guides tell Terraform and AWS, run: on an empty AWS, and on the stack as it is built."""

import re
from pathlib import Path

import pytest

from cloudscale.settings import ROOT
from tests.terraform.conftest import Built, empty_aws
from tests.terraform.guide_calls import STACK, Caller
from tests.terraform.program import Program
from tests.terraform.stack import CHANGES, Stack, copied
from tests.unit.guide import aws_words, commands
from tests.unit.guide.commands import Command
from tests.unit.guide.test_operate import sections

TOLD = commands.commands("terraform")
BOOTSTRAP = [one for one in TOLD if "-chdir=bootstrap" in one.words]
READS = ("describe_", "get_", "list_", "filter_")
NOT_ON_MOTO = {
    *("describe_instance_refreshes", "describe_scaling_activities", "describe_events"),
    *("describe_replication_groups", "get_service_quota", "get_products"),
    *("describe_certificate", "list_hosted_zones_by_name"),  # of a domain that is not there
}
"""Calls that moto does not know, or that ask for what a person makes first."""


def terraforms() -> list[Command]:
    return [one for one in TOLD if one.words[0] == "terraform"]


@pytest.mark.parametrize("command", terraforms(), ids=str)
def test_terraform_knows_the_options(terraform: Program, tmp_path: Path, command: Command):
    words = [word for word in command.words[1:] if not word.startswith("-chdir")]
    named = [word for word in words if not word.startswith("-")][: 2 if words[0] == "state" else 1]
    explained = terraform.run(tmp_path, *named, "-help").stdout
    options = {word.partition("=")[0] for word in words if word.startswith("-")}
    assert [option for option in options if option not in explained] == []


def test_the_state_finds_its_place_by_the_guides_commands(terraform: Program, tmp_path: Path):
    with empty_aws(tmp_path) as aws:
        stack = Stack(terraform, copied(tmp_path), aws)
        printed = ""
        for command in BOOTSTRAP:
            agreed = ("-auto-approve",) if "apply" in command.words else ()
            done = stack.run(*command.words[1:], *agreed, timeout_seconds=300)
            assert done.returncode == 0, done.stdout + done.stderr
            printed += done.stdout
        assert 'backend "s3"' in printed
        assert re.search(r'bucket += "cloudscale-', printed)
        assert "cloudscale-production-github-deploy" in printed


def test_another_version_is_another_launch_template_and_nothing_else(built: Built):
    """What CI does with each commit; the commit itself is made up here."""
    planned = built.stack.plan("-var", f"application_ref={'0123456789abcdef' * 2}01234567")
    assert planned.returncode == CHANGES, planned.stdout + planned.stderr
    changed = re.findall(r"^  # (\S+) will be (\S+)", planned.stdout, re.MULTILINE)
    assert ("module.fleet.aws_launch_template.this", "updated") in changed
    # AWS goes back to what the group is set to, so the new version is for `rollout` to name.
    assert "module.fleet.aws_autoscaling_group.this" not in {name for name, _ in changed}
    assert [one for one in changed if one[1] in {"destroyed", "replaced"}] == []


def test_a_restored_database_is_taken_over_and_not_replaced(built: Built, tmp_path: Path):
    stack = built.stack.beside(tmp_path)
    before = stack.resources()
    told = [one.words[1:] for one in terraforms()]
    begin = next(place for place, words in enumerate(told) if words[:2] == ("state", "rm"))
    removed, imported, looked = told[begin : begin + 3]
    assert "Removed module.database[0]" in stack.told(*removed)
    assert set(before) - set(stack.resources()) == {removed[-1]}
    assert "Import successful!" in stack.told(*imported)
    assert sorted(stack.resources()) == sorted(before)
    planned = stack.told(*looked)
    assert "must be replaced" not in planned
    assert "will be destroyed" not in planned


def test_every_alarm_of_the_stack_is_explained(built: Built):
    pages = built.aws.client("cloudwatch").get_paginator("describe_alarms").paginate()
    rows = [row for page in pages for row in page["MetricAlarms"]]
    for_people = {
        row["AlarmName"].removeprefix(f"{STACK}-")
        for row in rows
        if not any(":scalingPolicy:" in action for action in row["AlarmActions"])
    }
    plain = {
        re.sub(r"-\d+-", "-N-", re.sub(r"nat-.*-full", "nat-ZONE-full", name))
        for name in for_people
    }
    assert plain <= sections().keys()
    # The shop is told of a cache elsewhere there, so its nodes have no alarms.
    assert sections().keys() - plain == {"cache-N-cpu", "cache-N-memory"}


def reading_calls() -> list[Command]:
    return [
        one
        for one in commands.commands("aws")
        if (call := aws_words.judged(one.words)).operation.startswith(READS)
        and call.operation not in NOT_ON_MOTO
    ]


@pytest.mark.parametrize("command", reading_calls(), ids=str)
def test_what_the_guides_read_of_aws_is_there(built: Built, command: Command):
    """Each reading call, made by boto3 on the built stack with the names that a shell fills in."""
    answer = Caller(built.aws, {"STACK": STACK}).make(command)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_example_of_variables_names_those_of_the_guide():
    """What it asks to be set stands in terraform.tfvars.example, to be filled in."""
    example = (ROOT / "terraform" / "terraform.tfvars.example").read_text()
    block = re.search(r"^```hcl\n(.*?)^```", (ROOT / "docs" / "deploy.md").read_text(), re.M | re.S)
    assert block
    for name in re.findall(r"^(\w+) +=", block[1], re.MULTILINE):
        assert re.search(rf"^(# )?{name} +=", example, re.MULTILINE), name
