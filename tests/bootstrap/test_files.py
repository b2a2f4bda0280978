"""Scripts and units are what their own tools take for right."""

import subprocess

import pytest

from tests.bootstrap import programs
from tests.bootstrap.machine import FILES, UNIT

SCRIPTS = sorted(FILES.glob("*.sh"))
UNITS = sorted(FILES.glob("*.service"))
# As systemd rates what a service may do: 10 everything, 0 nothing.
MOST_EXPOSED = 20  # tenths


def tool(name: str) -> str:
    """The path of a program, fetched where that is possible."""
    found = programs.find(name) or programs.install(name)
    if not found:
        pytest.skip(f"no {name} here, and it cannot be installed")
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script):
    done = subprocess.run(
        [tool("shellcheck"), "--external-sources", script.name],
        cwd=FILES,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_systemd_takes_the_units_as_they_are(tmp_path):
    verify = [tool("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no"]
    for unit in UNITS:  # what is started lies on servers alone
        text = "\n".join(
            "ExecStart=/bin/true" if line.startswith("ExecStart=") else line
            for line in unit.read_text().splitlines()
        )
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        [*verify, *(str(tmp_path / unit.name) for unit in UNITS)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_shop_is_confined():
    command = [tool("systemd-analyze"), "security", "--offline=yes", "--no-pager"]
    done = subprocess.run(
        [*command, f"--threshold={MOST_EXPOSED}", str(UNIT)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_a_server_may_write_its_data_alone():
    lines = UNIT.read_text().splitlines()
    for line in (
        "User=cloudscale",
        "ProtectSystem=strict",
        "ReadWritePaths=/opt/cloudscale/data",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "Restart=always",
    ):
        assert line in lines
