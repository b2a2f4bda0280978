"""The runbook names every action and every cause of recovery, pressure and the database."""

import re

import pytest

from cloudscale.ops.healing import caring, guards, members, plan, pressure
from cloudscale.ops.healing.action import Verb
from cloudscale.settings import ROOT

RUNBOOK = (ROOT / "docs" / "healing.md").read_text()
ROWS = [
    re.findall(r"`([\w-]+)`", " ".join(line.split(" | ")[:2]))
    for line in RUNBOOK.split("## What it does")[1].split("\n\n")[1].splitlines()
]
NAMED = {word for row in ROWS for word in row}
CAUSES = {
    *(plan.DRIFT, "drift-by-hand", guards.ALL_SICK),
    *(members.STOPPED, members.CHECKS_FAILED, members.FROZEN, members.NEVER_HEALTHY),
    *(members.NOT_REGISTERED, caring.SILENT, caring.FULL, caring.BROKEN),
    *(figure.cause for figure in pressure.FIGURES),
}


@pytest.mark.parametrize("verb", Verb)
def test_every_action_is_in_the_runbook(verb: Verb):
    assert verb.value in NAMED


def test_the_runbook_names_every_cause_and_nothing_else():
    assert NAMED - {verb.value for verb in Verb} == CAUSES


def test_its_numbers_are_those_of_the_code():
    for number in (f"{pressure.CPU.floor_percent} %", f"{pressure.MEMORY.floor_percent} %"):
        assert number in RUNBOOK
    assert f"{pressure.ABOVE_PERCENT} points" in RUNBOOK
    assert f"below {pressure.BUSY_PERCENT} %" in RUNBOOK
    assert f"above {pressure.ALONE_PERCENT} %" in RUNBOOK
    assert f"nobody was connected for {caring.SILENT_MINUTES} minutes" in RUNBOOK
    assert members.LEAVE_ALONE in RUNBOOK
