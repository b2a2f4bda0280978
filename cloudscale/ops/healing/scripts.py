"""What a trial has done inside a server, as shell commands that Systems Manager runs. Pure.

Each of them ends by itself after a while, whatever becomes of whoever began it.
"""

import shlex

from cloudscale.ops.healing.action import Command

SERVICE = "cloudscale.service"
"""The shop's own unit; terraform/modules/fleet/files has it."""
THAWING, FILLING = "cloudscale-chaos-thaw", "cloudscale-chaos-memory"
DOCUMENT = "AWS-RunShellScript"
RUN_SECONDS = 60

LEFT = 0.03
"""So much of the memory is left: what healing drains has 90 % of it in use and more."""
BLOCK_BYTES = 2**24

FILL = """\
import time
def left():
    rows = dict(line.split(":") for line in open("/proc/meminfo"))
    free, total = (int(rows[name].split()[0]) for name in ("MemAvailable", "MemTotal"))
    return free / total
held, end = [], time.monotonic() + {seconds}
while time.monotonic() < end:
    if left() > {left}:
        held.append(b"x" * {block})
    else:
        time.sleep(1)
"""
"""Takes memory, as bytes that are really written, and gives it back by ending."""


def freeze(seconds: int) -> list[str]:
    """Stop the shop's processes where they are; they go on by themselves after so long."""
    unit = f"--unit={THAWING} --collect"
    return [
        "set -e",
        f"systemd-run {unit} --on-active={seconds} systemctl kill --signal=SIGCONT {SERVICE}",
        f"systemctl kill --signal=SIGSTOP {SERVICE}",
    ]


THAW = [
    f"systemctl kill --signal=SIGCONT {SERVICE}",
    f"systemctl stop {THAWING}.timer || true",
]


def filling(seconds: int, left: float = LEFT) -> str:
    """The program that fills the memory, but for a share of it."""
    return FILL.format(seconds=seconds, left=left, block=BLOCK_BYTES)


def fill(seconds: int) -> list[str]:
    """Fill the memory; the kernel ends this one first where it runs out of it."""
    end = f"--property=RuntimeMaxSec={seconds + 60} --property=OOMScoreAdjust=1000"
    program = shlex.quote(filling(seconds))
    return ["set -e", f"systemd-run --unit={FILLING} --collect {end} python3 -c {program}"]


EMPTY = [f"systemctl stop {FILLING}.service || true"]


def sent(member: str, commands: list[str]) -> Command:
    """The call that has a server run commands, as root."""
    arguments = {
        "InstanceIds": [member],
        "DocumentName": DOCUMENT,
        "Comment": "Broken on purpose, or put back",
        "TimeoutSeconds": RUN_SECONDS,
        "Parameters": {"commands": commands, "executionTimeout": [str(RUN_SECONDS)]},
    }
    return Command("ssm", "send_command", arguments)
