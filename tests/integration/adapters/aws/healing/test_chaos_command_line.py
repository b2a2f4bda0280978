"""`python -m cloudscale chaos` as people type it, on a stack of the API server."""

import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from cloudscale.adapters.aws.healing.trial_book import DynamoBook
from tests import aws_server
from tests.ending import ended, outcome
from tests.integration.adapters.aws.healing import chaos_stage
from tests.integration.adapters.aws.healing.chaos_stage import LATE
from tests.integration.adapters.aws.healing.conftest import STACK, TABLE, Stack

ROOT = Path(__file__).parents[5]
CONFIRM = ("--confirm", STACK)


@pytest.fixture
def ready(stack: Stack) -> Stack:
    """A stack at which the healer has looked, and found nothing."""
    chaos_stage.build(stack)
    chaos_stage.look_once(stack)
    return stack


def begun(
    stack: Stack, *arguments: str, stdin: int = subprocess.DEVNULL
) -> AbstractContextManager[subprocess.Popen[str]]:
    """The command, under way; ended with the block."""
    named = {
        "CLOUD": "aws",
        "HEALING_STACK": STACK,
        "HEALING_TABLE": TABLE,
        "AWS_ENDPOINT_URL": stack.aws.url,
    }
    return ended(
        subprocess.Popen(
            [sys.executable, "-m", "cloudscale", "chaos", *arguments],
            cwd=ROOT,
            env=os.environ | aws_server.CREDENTIALS | named,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


def chaos(stack: Stack, *arguments: str) -> tuple[int, str, str]:
    """Exit code, data and words of the command."""
    with begun(stack, *arguments) as process:
        out, words = outcome(process, 150)
    return process.returncode, out, words


def was_touched(stack: Stack) -> bool:
    """Whether a trial was begun, or something is broken."""
    book = DynamoBook(stack.calls(), TABLE)
    return bool(book.open() or book.done() or chaos_stage.ingress(stack))


def until(process: subprocess.Popen[str], words: str) -> str:
    """What it says until it says this."""
    told = ""
    assert process.stderr
    for line in process.stderr:
        told += line
        if words in line:
            return told
    raise AssertionError(told)


def test_without_the_stacks_name_nothing_is_broken(ready: Stack):
    for given in ((), ("--confirm", "another"), ("--confirm", "")):
        code, out, words = chaos(ready, "run", "open-port", *given)
        assert (code, out) == (2, "")
        assert "nothing was broken" in words.lower()
    assert not was_touched(ready)


def test_the_undo_is_told_before_the_name_is_typed_and_a_wrong_name_breaks_nothing(ready: Stack):
    terminal, end = pty.openpty()
    with begun(ready, "run", "open-port", stdin=end) as process:
        told = until(process, "It is put back by itself")
        assert "undo: aws ec2 revoke-security-group-ingress --cli-input-json" in told
        os.write(terminal, b"something-else\n")
        _, words = outcome(process, 60)
    os.close(terminal)
    os.close(end)
    assert process.returncode == 2
    assert "That is not the stack's name. Nothing was broken." in words
    assert not was_touched(ready)


def test_what_heals_exits_0_with_its_line_of_the_scorecard(ready: Stack):
    with chaos_stage.healer(ready):
        code, out, words = chaos(ready, "run", "open-port", *CONFIRM)
    assert code == 0, words
    assert "healthy after" in out
    assert out.rstrip().endswith("Healed.")
    assert " healed: " in words
    assert chaos_stage.ingress(ready) == []
    code, card, _ = chaos(ready, "list", "--done")
    assert (code, card.count("\n")) == (0, 1)
    assert card.endswith(out)


def test_ctrl_c_puts_it_back_and_exits_1(ready: Stack):
    with begun(ready, "run", "open-port", *CONFIRM) as process:
        until(process, " broken: ")
        assert chaos_stage.ingress(ready) != []
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, words = outcome(process, 60)
    assert process.returncode == 1
    assert "stopped: it was interrupted." in words
    assert "put back: aws ec2 revoke-security-group-ingress" in words
    assert "Traceback" not in words
    assert chaos_stage.ingress(ready) == []


def test_a_refusal_says_why_and_exits_1(ready: Stack):
    ready.put("switch", "off")
    code, out, words = chaos(ready, "run", "kill-instance", *CONFIRM, "--stop-alarm", LATE)
    assert (code, out) == (1, "")
    assert "The kill switch is off" in words
    assert chaos_stage.machines(ready) == ["running", "running"]


def test_an_unknown_trial_exits_2_and_names_all(stack: Stack):
    code, out, words = chaos(stack, "run", "drop-tables", *CONFIRM)
    assert (code, out) == (2, "")
    assert "freeze-instance" in words
