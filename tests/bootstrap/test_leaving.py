"""A server says that it has left once it has, and not before; test_booting has one that does."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bootstrap.instance_metadata import INSTANCE_ID, STATE
from tests.bootstrap.machine import FILES, Machine

# In the place of systemd's: it notes what it was told, and fails as often as there is a file "no".
SYSTEMCTL = """#!/bin/sh
echo "$*" >>"$(dirname "$0")/asked"
! rm "$(dirname "$0")/no" 2>/dev/null
"""


@pytest.fixture
def leaving(machine, stage) -> Iterator[tuple[Machine, Path]]:
    """A machine that the group wants gone, and the folder of its systemctl."""
    new = machine()
    new.place("/run/cloudscale").mkdir(parents=True)
    new.place("/etc/cloudscale/machine.env").write_text(f"INSTANCE_ID='{INSTANCE_ID}'\n")
    programs = new.root / "programs"
    programs.mkdir()
    (programs / "systemctl").write_text(SYSTEMCTL)
    (programs / "systemctl").chmod(0o755)
    new.environment["PATH"] = f"{programs}{os.pathsep}{new.environment['PATH']}"
    stage.metadata.known[STATE] = "Terminated"
    yield new, programs
    del stage.metadata.known[STATE]


def test_what_did_not_stop_has_not_left_and_is_stopped_again(leaving, stage):
    machine, programs = leaving
    drain = [str(FILES / "drain.sh")]
    (programs / "no").touch()
    with stage.lifecycle() as finished:
        assert subprocess.run(drain, env=machine.environment).returncode != 0  # systemd tries again
    assert finished == []
    with stage.lifecycle() as finished:
        assert subprocess.run(drain, env=machine.environment).returncode == 0
    assert [one["LifecycleActionResult"] for one in finished] == ["CONTINUE"]
    assert (programs / "asked").read_text() == "stop cloudscale\n" * 2
