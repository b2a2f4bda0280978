"""What a release needs installed: uv.lock's runtime dependencies as wheels, with their hashes.

uv.lock --uv export--> requirements.txt --pip download, hashes checked--> wheels/

Servers run Amazon Linux 2023. Wheels are asked for by what its C library can load, and not by
what this machine can, which may be newer.
"""

import platform
import subprocess
import sys
from pathlib import Path

from cloudscale.serving.refusal import Refused

PYTHON = "3.11"
MACHINES = ("x86_64", "aarch64")
GLIBC_MINORS = range(34, 16, -1)
"""Amazon Linux 2023 has glibc 2.34; 2.17 is the oldest that current wheels are built for."""
OLDER_PLATFORMS = ("manylinux2014", "manylinux2010", "manylinux1")
TOLD_LINES = 5


def require_machine() -> str:
    """The machine that a release made here is for: x86_64 or aarch64.

    Raises:
        Refused: It is another, or not Linux.
    """
    system, machine = platform.system(), platform.machine()
    if system != "Linux" or machine not in MACHINES:
        raise Refused(
            f"A release is made on Linux, x86_64 or aarch64, and this is {system} on {machine}: "
            "its wheels would not run on the servers. GitHub's release workflow makes both."
        )
    return machine


def require_python(root: Path) -> None:
    """See that the Python that resolves the wheels is that of the servers.

    Raises:
        Refused: It is another.
    """
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {here, _said([str(root / ".tools" / "bin" / "python"), "-c", _VERSION], "Python")}
    if found != {PYTHON} or platform.python_implementation() != "CPython":
        other = ", ".join(sorted(found - {PYTHON})) or platform.python_implementation()
        raise Refused(
            f"A release is made with CPython {PYTHON}, which servers run, and this is {other}. "
            f"Put a python3 of version {PYTHON} first on PATH, then `make clean release`."
        )


_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"


def platforms(machine: str) -> list[str]:
    """Every platform whose wheels a server can load, the best first."""
    newer = [f"manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS]
    return newer + [f"{name}_{machine}" for name in OLDER_PLATFORMS]


def add(stage: Path, machine: str, root: Path) -> None:
    """Write requirements.txt and wheels/ into the stage: the dependencies, and uv to install them.

    Raises:
        Refused: A wheel is not to be had, or is not the one that uv.lock names.
    """
    uv, pip = root / ".tools" / "bin" / "uv", root / ".tools" / "bin" / "pip"
    export = [uv, "export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--quiet"]
    wanted = _said([*map(str, export), "--format", "requirements-txt"], "uv", root)
    requirements = stage / "requirements.txt"
    requirements.write_text(wanted + "\n", encoding="utf-8")
    uv_version = _said([str(uv), "--version"], "uv").split()[1]
    download = [str(pip), "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    download += ["--only-binary", ":all:", "--python-version", PYTHON, "--implementation", "cp"]
    download += [option for name in platforms(machine) for option in ("--platform", name)]
    download += ["--dest", str(stage / "wheels")]
    _said([*download, "--require-hashes", "--requirement", str(requirements)], "pip")
    _said([*download, f"uv=={uv_version}"], "pip")


def _said(command: list[str], program: str, folder: Path | None = None) -> str:
    """What a program answers.

    Raises:
        Refused: It is not there, or failed; with its last words.
    """
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Refused(f"{command[0]} is not there: `make run` fetches it.") from None
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-TOLD_LINES:])
        raise Refused(f"{program} could not do its part of the release:\n{said}")
    return done.stdout.strip()
