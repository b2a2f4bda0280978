"""What the bootstrap's tests need on this machine, found or fetched, and who runs the shop there.

`python -m tests.bootstrap.programs` fetches what can be fetched.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

SYSTEM = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
PACKAGES = {"aws": "awscli", "shellcheck": "shellcheck", "cloud-init": "cloud-init"}
"""Debian's, by program."""
NEEDED = ("aws", "curl", "git", "make", "python3.11", "sha256sum", "tar")


def _beside_this_environment() -> str:
    """PATH without the environment that the tests run in, which a bare machine does not have."""
    own = {str(Path(sys.executable).parent), str(Path(sys.prefix) / "bin")}
    there = [one for one in os.environ.get("PATH", "").split(os.pathsep) if one not in own]
    return os.pathsep.join(dict.fromkeys([*SYSTEM, *there]))


def find(program: str) -> str | None:
    """The path of a program."""
    return shutil.which(program, path=_beside_this_environment())


def install(program: str) -> str | None:
    """Fetch a program where that is possible; returns its path, or `None`."""
    if os.geteuid() != 0 or not shutil.which("apt-get") or program not in PACKAGES:
        return None
    sys.stderr.write(f"Installing {program} for the bootstrap's tests\n")
    fetch = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", PACKAGES[program]]
    for command in (fetch, ["apt-get", "update", "-qq"], fetch):
        done = subprocess.run(command, capture_output=True, check=False)
        if command is fetch and done.returncode == 0:
            break
    return find(program)


def why_not() -> str:
    """Why the bootstrap cannot run here; empty when it can."""
    missing = [program for program in NEEDED if not (find(program) or install(program))]
    if missing:
        debian = " ".join(PACKAGES.get(one, one) for one in missing)
        return f"no {', '.join(missing)} here; Debian: apt-get install {debian}"
    return ""


@cache
def path() -> str:
    """PATH of a bare machine: the system's own programs, and where the needed ones are."""
    there = [str(Path(found).parent) for found in map(find, NEEDED) if found]
    return os.pathsep.join(dict.fromkeys([*SYSTEM, *there]))


@cache
def owner() -> str:
    """Who runs the shop where root runs the bootstrap: nobody, if the Python here is theirs too."""
    command = ["runuser", "-u", "nobody", "--", "python3.11", "-c", "import ensurepip, venv"]
    done = subprocess.run(command, env={"PATH": path()}, capture_output=True, check=False)
    return "nobody" if done.returncode == 0 else "root"


if __name__ == "__main__":
    for one in PACKAGES:
        if not (find(one) or install(one)):
            sys.stderr.write(f"{one} cannot be installed here\n")
