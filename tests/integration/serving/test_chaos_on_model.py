"""`python -m cloudscale chaos` where a store heals its model: a real database, a real healer."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from cloudscale.db import unit_of_work
from cloudscale.ops.healing import beside, keeping, live, trials
from cloudscale.ops.healing.limits import Mode
from cloudscale.services import audit
from cloudscale.serving import chaos_on_model
from cloudscale.settings import ROOT
from tests.healing_leader import Leader


def begun(*arguments: str) -> subprocess.Popen[str]:
    """The command, under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "cloudscale", "chaos", *arguments],
        cwd=ROOT,
        env=os.environ | {"CLOUD": "simulated"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def chaos(*arguments: str) -> tuple[int, str, str]:
    """Exit code, data and words of the command."""
    process = begun(*arguments)
    out, words = process.communicate(timeout=90)
    return process.returncode, out, words


@pytest.fixture
def store(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Leader]:
    """A store that has healed its model once, and does so while the test lets it live."""
    monkeypatch.setattr(live, "RUN_SECONDS", 1)
    monkeypatch.setattr(beside, "SILENT_SECONDS", 1.5)
    leader = Leader()
    leader.healing.run()
    yield leader
    if (thread := leader.healing._beside.thread) is not None:
        thread.join(30)


def test_a_trial_is_begun_followed_and_timed(store: Leader):
    process = begun("run", "open-port")
    assert store.until(lambda: process.poll() is not None, 90)
    out, words = process.communicate()
    assert process.returncode == 0, words
    for step in ("broken: security_group/fleet", "seen after", "acted after", "healthy after"):
        assert step in words
    assert out.startswith("open-port (security_group/fleet): seen after ")
    assert out.endswith("Healed.\n")
    code, card, _ = chaos("list", "--done")
    assert code == 0
    assert card.endswith(out)
    with unit_of_work() as session:
        noted = session.connection().execute(select(audit.entries)).one()
    assert (noted.actor, noted.action) == ("command line", "broke")


@pytest.mark.usefixtures("database")
def test_where_no_store_heals_it_is_refused_and_nothing_waits_to_be_broken():
    code, out, words = chaos("run", "open-port")
    assert (code, out) == (1, "")
    assert "No store heals here now" in words
    with unit_of_work() as session:
        assert trials.open_(session) is None


def test_two_trials_at_once_and_a_kill_switch_that_is_off_are_refused(store: Leader):
    with unit_of_work() as session:
        assert trials.begin(session, "kill-instance", "ada")
    code, _, words = chaos("run", "open-port")
    assert (code, "under way already" in words) == (1, True)
    with unit_of_work() as session:
        session.connection().execute(keeping.states.update().values(is_on=False))
    code, _, words = chaos("run", "open-port")
    assert (code, "kill switch is off" in words) == (1, True)


@pytest.mark.usefixtures("database")
def test_a_store_that_only_plans_would_heal_nothing():
    Leader(Mode.PLAN).healing.run()
    code, _, words = chaos("run", "open-port")
    assert (code, "HEALING_MODE is plan" in words) == (1, True)


@pytest.mark.usefixtures("store")
def test_a_trial_that_no_store_takes_up_is_withdrawn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(chaos_on_model, "TAKEN_UP_WITHIN_SECONDS", 0.1)
    monkeypatch.setattr(chaos_on_model, "POLL_SECONDS", 0.1)
    score = chaos_on_model.run("kill-instance", "ada")
    assert (score.is_healed, score.outcome) == (False, chaos_on_model.NOT_TAKEN_UP)
    with unit_of_work() as session:
        assert trials.open_(session) is None


def test_what_is_for_aws_alone_exits_2():
    code, out, words = chaos("run", "open-port", "--confirm", "cloudscale-production")
    assert (code, out) == (2, "")
    assert "CLOUD=aws" in words


def test_the_list_names_each_trial_and_what_should_happen():
    code, out, _ = chaos("list")
    assert code == 0
    assert "open-port\n  A rule is added by hand" in out
