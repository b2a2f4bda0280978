"""Every command of the guides is one: its program, its options, and the names that it tells.

What Terraform and AWS make of them is asked in tests/terraform/test_guide.py.
"""

import re
from itertools import pairwise

import click
import pytest
import typer

from cloudscale.cli import app
from cloudscale.settings import ROOT
from tests.unit.guide import aws_words, commands
from tests.unit.guide.commands import Command

OURS: click.Group = typer.main.get_group(app)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
ELSEWHERE = {
    "git",
    "gh",
    "docker",
    "python3",
    "curl",
    "aws",
    "terraform",
    "make",
    "cd",
    "cp",
    "grep",
}
BOOTSTRAP = "/usr/local/lib/cloudscale/bootstrap.sh"
ON_A_SERVER = {
    "systemctl",
    "tail",
    "curl",
    "cd",
    ".venv/bin/python",
    "journalctl",
    "systemd-run",
    BOOTSTRAP,
}


def found(*kinds: str, program: tuple[str, ...] = ()) -> list[Command]:
    every = commands.commands(*kinds)
    return [one for one in every if one.words[: len(program)] == program]


@pytest.mark.parametrize("guide", commands.GUIDES)
def test_every_block_says_what_it_needs(guide):
    kinds = [head.removeprefix("sh").strip() for head in commands.kinds(guide)]
    assert kinds
    assert [kind for kind in kinds if kind not in commands.KINDS] == []


def ours() -> list[tuple[str, tuple[str, ...]]]:
    """Each command of ours as it is written, and what follows `-m cloudscale`."""
    return [
        (str(one), one.words[place + 2 :])
        for one in commands.commands(*commands.KINDS)
        for place, pair in enumerate(pairwise(one.words))
        if pair == ("-m", "cloudscale")
    ]


@pytest.mark.parametrize(("line", "words"), ours(), ids=lambda told: str(told)[:80])
def test_commands_of_ours_take_their_options(line: str, words: tuple[str, ...]):
    name, *arguments = words
    subcommand = OURS.get_command(click.Context(OURS), name)
    assert subcommand, line
    subcommand.make_context(name, arguments)


@pytest.mark.parametrize("command", found(*commands.KINDS, program=("make",)), ids=str)
def test_targets_of_make_are_there(command: Command):
    named = [word for word in command.words[1:] if "=" not in word and not word.startswith("-")]
    assert named and set(named) <= TARGETS


@pytest.mark.parametrize("command", found(*commands.KINDS, program=("aws",)), ids=str)
def test_calls_of_aws_are_those_of_its_services(command: Command):
    aws_words.judged(command.words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("aws ec3 describe-instances", "no service ec3"),
        ("aws ec2 describe-instance", "no operation"),
        ("aws ec2 describe-instances --instance-id i-1", "no option --instance-id"),
        ("aws rds reboot-db-instance --force-failover", "needs DBInstanceIdentifier"),
        ("aws rds reboot-db-instance --db-instance-identifier x --force-failover yes", "no value"),
        ("aws rds wait db-instance-gone --db-instance-identifier x", "waits for no"),
        ("aws elasticache describe-events --source-type cache", "knows no cache"),
    ],
)
def test_a_call_that_aws_would_refuse_is_noticed(line: str, words: str):
    with pytest.raises(aws_words.WrongCall, match=words):
        aws_words.judged(tuple(line.split()))


def test_other_programs_are_those_that_are_expected_there():
    mine = {"python", ".venv/bin/python", "make", "terraform", "cd", "cp", "aws"}
    strange = [
        str(one)
        for one in commands.commands(*commands.KINDS)
        if one.words[0]
        not in {
            "local": mine | {"git"},
            "terraform": mine,
            "aws": {"aws"},
            "server": ON_A_SERVER,
            "elsewhere": ELSEWHERE,
        }[one.kind]
    ]
    assert strange == []


def variables(folder: str) -> set[str]:
    text = (ROOT / folder / "variables.tf").read_text()
    return set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE))


def outputs(folder: str) -> set[str]:
    text = (ROOT / folder / "outputs.tf").read_text()
    return set(re.findall(r'^output "(\w+)"', text, re.MULTILINE))


@pytest.mark.parametrize("command", found(*commands.KINDS, program=("terraform",)), ids=str)
def test_terraform_is_told_names_that_it_knows(command: Command):
    folder = "terraform/bootstrap" if "-chdir=bootstrap" in command.words else "terraform"
    words = [word for word in command.words if not word.startswith("-chdir")]
    told = [words[n + 1] for n, word in enumerate(words) if word in {"-var", "--var"}]
    told += [word.removeprefix("-var=") for word in words if word.startswith("-var=")]
    assert {name.partition("=")[0] for name in told} <= variables(folder)
    if words[1] == "output":
        named = {word for word in words[2:] if not word.startswith("-")}
        assert named <= outputs(folder)


@pytest.mark.parametrize("guide", commands.GUIDES)
def test_variables_that_the_text_names_are_terraforms(guide):
    """In the shape `name = value` of blocks for terraform.tfvars."""
    text = (ROOT / "docs" / guide).read_text()
    blocks = re.findall(r"^```hcl\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    named = {
        name for block in blocks for name in re.findall(r"^\s*#?\s*(\w+)\s+=", block, re.MULTILINE)
    }
    assert named <= variables("terraform")


WORKFLOWS = {path.name: path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml")}


def test_github_is_told_each_variable_that_its_workflows_read():
    read = {name for text in WORKFLOWS.values() for name in re.findall(r"vars\.(\w+)", text)}
    told = {one.words[3] for one in found("elsewhere", program=("gh", "variable", "set"))}
    assert told == read


def test_workflows_that_are_started_by_hand_are_there_and_take_what_they_are_given():
    for command in found("elsewhere", program=("gh", "workflow", "run")):
        text = WORKFLOWS[command.words[3]].partition("workflow_dispatch:")[2].partition("jobs:")[0]
        given = [word.partition("=")[0] for word in command.words if "=" in word]
        assert given
        assert [name for name in given if f"      {name}:" not in text] == []


def test_workflows_and_environments_that_the_text_names_are_there():
    deploy = (ROOT / "docs" / "deploy.md").read_text()
    named = set(re.findall(r"workflow `(\w+)`", deploy))
    assert named and named <= {name.removesuffix(".yml") for name in WORKFLOWS}
    assert "environment: production" in WORKFLOWS["deploy.yml"]
