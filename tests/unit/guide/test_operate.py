"""Whoever is called by an alarm finds what it means; the stack as it is built is asked in
tests/terraform/test_guide.py."""

import json
import re

from cloudscale.ops.policy.alarms import ALARMS
from cloudscale.settings import ROOT
from tests.unit.guide import commands

OPERATE = (ROOT / "docs" / "operate.md").read_text()
MODULES = ("monitoring", "healing")
KEY = re.compile(
    r'^ +(?:for .* : )?"?([a-z][\w$\-{}]*|\(var\.target_failures_alarm\))"? (?:=|=>) \{\n +about ',
    re.M,
)
URGENT = ("**Now.**", "**Today.**", "**This week.**")


def declared() -> set[str]:
    """Every alarm for people that Terraform declares; what is filled in is in capitals."""
    found = {"untold"}
    for module in MODULES:
        text = (ROOT / "terraform" / "modules" / module / "alarms.tf").read_text()
        names = KEY.findall(text)
        assert len(names) == text.count(" about "), (module, names)
        found |= {name.replace("(var.target_failures_alarm)", "target-failures") for name in names}
    return {re.sub(r"\$\{number\}", "N", re.sub(r"\$\{zone\}", "ZONE", name)) for name in found}


def sections() -> dict[str, str]:
    """The alarms that are explained, and how."""
    part = OPERATE.partition("## Alarms\n")[2].partition("## Alarms that bring nobody")[0]
    found = re.split(r"^### (.+)\n", part, flags=re.MULTILINE)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def test_every_alarm_is_explained_and_none_is_left_over():
    assert sections().keys() == declared()


def test_each_says_how_urgent_it_is_and_what_to_do():
    for name, text in sections().items():
        assert text.strip().startswith(URGENT), name
        assert "*Do:*" in text or "*Look:*" in text, name


def test_alarms_that_scale_are_those_of_the_policy():
    policy = json.loads((ROOT / "terraform" / "policy.json").read_text())
    part = OPERATE.partition("## Alarms that bring nobody")[2].partition("## Every day")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", part, re.MULTILINE)) == {
        rule["name"] for rule in policy["rules"]
    }
    assert [alarm.slug for alarm in ALARMS if f"`{alarm.slug}`" not in part] == []


def test_the_stages_of_a_server_are_those_that_it_runs():
    script = (ROOT / "terraform" / "modules" / "fleet" / "files" / "bootstrap.sh").read_text()
    every = re.search(r"^  ''\).* run (.+) ;;$", script, re.MULTILINE)
    part = OPERATE.partition("### A server that does not come up")[2].partition("###")[0]
    told = re.findall(r"^\| `([a-z-]+)` \|", part, re.MULTILINE)
    assert every and told == every[1].split()
    run = next(one for one in commands.commands("server") if one.words[0].endswith("bootstrap.sh"))
    assert set(run.words[1:]) <= set(told)
    written = (ROOT / "terraform" / "modules" / "fleet" / "user_data.tf").read_text()
    assert f'"{run.words[0].rpartition("/")[0]}"' in written
