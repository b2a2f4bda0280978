"""`python -m cloudscale heal` as people type it, on a stack that somebody tampered with."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cloudscale.adapters.aws.healing.ledger import DynamoLedger
from cloudscale.adapters.aws.healing.source import AwsSource
from cloudscale.ops.healing.record import Phase
from tests import aws_server
from tests.integration.adapters.aws.healing import resources
from tests.integration.adapters.aws.healing.conftest import STACK, TABLE, Stack

ROOT = Path(__file__).parents[5]


@pytest.fixture
def ready(stack: Stack) -> Stack:
    stack.want(*resources.build(stack))
    resources.tamper(stack)
    return stack


def environment(stack: Stack, **changes: str) -> dict[str, str]:
    named = {
        "CLOUD": "aws",
        "HEALING_STACK": STACK,
        "HEALING_TABLE": TABLE,
        "HEALING_TOPIC_ARN": stack.topic,
        "AWS_ENDPOINT_URL": stack.aws.url,
    }
    return os.environ | aws_server.CREDENTIALS | named | changes


def heal(stack: Stack, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cloudscale", "heal", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(stack, **changes),
        capture_output=True,
        text=True,
        timeout=90,
    )


def ledger(stack: Stack) -> DynamoLedger:
    return DynamoLedger(stack.calls(), TABLE)


def test_a_plan_is_printed_and_nothing_is_changed_or_written(ready: Stack):
    done = heal(ready, "--once")
    assert done.returncode == 0, done.stderr
    for words in ("log_group/application: repair, do", "retention_days: 1 -> 30", "undo: aws logs"):
        assert words in done.stdout
    assert resources.retention(ready) == 1
    assert ledger(ready).board() is None


def test_applying_heals_and_says_so(ready: Stack):
    done = heal(ready, "--apply", "--once")
    assert done.returncode == 0, done.stdout + done.stderr
    assert resources.retention(ready) == 30
    assert "healed: Log group application is well again" in done.stdout


def test_json_is_one_line_that_programs_read(ready: Stack):
    done = heal(ready, "--once", "--json")
    told = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert told["outcome"] == "planned"
    assert told["plan"][0]["after"] == {"retention_days": 30}
    assert told["lines"] == []


def test_a_document_that_cannot_be_followed_is_said_and_exits_1(ready: Stack):
    ready.write(b'{"schema": 2}')
    done = heal(ready, "--once")
    assert done.returncode == 1
    assert "newer than the 1 that this healer reads" in done.stdout


def test_applying_while_another_run_is_under_way_exits_1(ready: Stack):
    assert ledger(ready).take("another", datetime.now(UTC), 120)
    done = heal(ready, "--apply", "--once")
    assert done.returncode == 1
    assert "Another run is under way" in done.stdout
    assert resources.retention(ready) == 1


def test_a_record_that_cannot_be_reached_is_said_and_exits_1(ready: Stack):
    done = heal(ready, "--once", HEALING_TABLE="not-there")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The record cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_on_the_model_it_says_where_to_look(ready: Stack):
    done = heal(ready, "--once", CLOUD="simulated")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The model's healer runs inside the server" in done.stderr


def test_without_a_stack_it_says_what_to_set(ready: Stack):
    done = heal(ready, "--once", HEALING_STACK="")
    assert done.returncode == 1
    assert "Set HEALING_STACK and HEALING_TABLE" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--release", "--apply"], ["--switch", "maybe"], ["--hold", "0"], ["--hold", "x"], ["--what"]],
)
def test_what_makes_no_sense_exits_2(ready: Stack, arguments: list[str]):
    done = heal(ready, *arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_people_turn_its_switches(ready: Stack):
    source = AwsSource(ready.calls(), STACK)
    assert heal(ready, "--switch", "off").returncode == 0
    assert not source.switches().is_on
    assert heal(ready, "--switch", "on").returncode == 0
    held = heal(ready, "--hold", "5")
    assert "only looks until" in held.stderr
    switches = source.switches()
    assert switches.hold and switches.hold.is_on(switches.pointer, datetime.now(UTC))
    assert "held" in heal(ready, "--apply", "--once").stdout
    assert heal(ready, "--release").returncode == 0
    switches = source.switches()
    assert switches.hold and not switches.hold.is_on(switches.pointer, datetime.now(UTC))


def test_an_action_of_the_newest_plan_is_approved_and_no_other(ready: Stack):
    record = ledger(ready)
    lease = record.take("run", datetime.now(UTC), 120)
    assert lease
    record.keep(lease, {"plan": [{"action": "aaaa", "title": "Log group is not as it should be"}]})
    record.give_back(lease)
    refused = heal(ready, "--approve", "bbbb")
    assert refused.returncode == 1
    assert "no action bbbb" in refused.stderr
    assert heal(ready, "--approve", "aaaa").returncode == 0
    assert record.approvals() == frozenset({"aaaa"})


def test_the_breaker_is_closed_by_hand_and_that_is_on_record(ready: Stack):
    before = datetime.now(UTC)
    assert heal(ready, "--close-breaker").returncode == 0
    (entry,) = ledger(ready).entries(before)
    assert entry.phase is Phase.BREAKER_CLOSED
    assert entry.door == "command-line"
    assert ledger(ready).take("next", datetime.now(UTC), 120), "the lock was given back"


def test_it_looks_each_minute_until_it_is_stopped(ready: Stack):
    command = [sys.executable, "-m", "cloudscale", "heal", "--json"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(ready),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert json.loads(process.stdout.readline())["outcome"] == "planned"
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in words
