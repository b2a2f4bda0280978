"""Every test there is, and in the end what could not run: `python -m tests [pytest's arguments]`.

A tier that cannot run here is named with its reason and never counted as passed. With CI=true it
fails the run, and one that every machine can have fails it anywhere, unless ALLOW_MISSING
(names, separated by commas) lists it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bootstrap import programs
from tests.e2e import browser
from tests.instances import balancer
from tests.older_postgresql import installed
from tests.terraform import program

PYTEST = (sys.executable, "-m", "pytest")
NONE_SELECTED = 5  # pytest's exit code where -k or -m leave no test
GIVES_WAY = 10  # as in nice(1)


@dataclass(frozen=True)
class Tier:
    """One kind of test: where it is, and whether it can run here.

    Attributes:
        folder: What pytest is given.
        why_not: Why it cannot run on this machine, after trying to mend that; empty when it can.
        is_optional: Whether a developer's machine may go without it.
        workers: How many of its files run side by side, each worker with servers of its own. Many
            tests wait for a clock or a server, so three on two cores take a third less; a browser
            uses a core by itself. `ARGS="-n0"` runs one after the other.
        is_patient: Whether it mostly waits, and therefore runs beside the others.
    """

    folder: str
    why_not: Callable[[], str] = lambda: ""
    is_optional: bool = False
    workers: int = 1
    is_patient: bool = False


def _no_browser() -> str:
    if browser.find() or browser.install():
        return ""
    return "no Chromium, and it cannot be installed here; Debian: apt-get install chromium"


def _no_balancer() -> str:
    if balancer.find() or balancer.install():
        return _no_browser()
    return "no haproxy, and it cannot be installed here; Debian: apt-get install haproxy"


def _no_bootstrap() -> str:
    return programs.why_not() or _no_balancer()


def _no_older_postgresql() -> str:
    if installed.find():
        return ""
    return "no PostgreSQL 15 to 17 here; Debian: apt-get install postgresql"


TIERS = {
    "unit": Tier("tests/unit", workers=3),
    "integration": Tier("tests/integration", workers=3),
    "older-postgresql": Tier(
        "tests/older_postgresql", _no_older_postgresql, is_optional=True, workers=2
    ),
    "terraform": Tier("tests/terraform", program.why_not, is_optional=True, is_patient=True),
    "browser": Tier("tests/e2e", _no_browser, workers=2),
    "instances": Tier("tests/instances", _no_balancer, is_optional=True, workers=2),
    "bootstrap": Tier("tests/bootstrap", _no_bootstrap, is_optional=True, workers=2),
}


def intolerable(missing: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    """Names of the missing tiers that fail the run."""
    allowed = environment.get("ALLOW_MISSING", "").replace(",", " ").split()
    is_ci = environment.get("CI", "").lower() in {"1", "true", "yes"}
    return [
        name for name in missing if name not in allowed and (is_ci or not TIERS[name].is_optional)
    ]


@contextmanager
def beside(folders: list[str], arguments: list[str]) -> Iterator[Callable[[], int]]:
    """Run tests beside the block, and behind it: they give way to whoever needs the processor.

    Yields:
        What waits for them, shows what they printed, and tells pytest's exit code.
    """
    if not folders:
        yield lambda: NONE_SELECTED
        return
    with tempfile.TemporaryFile("w+") as told:
        command = [*PYTEST, *folders, *arguments]
        process = subprocess.Popen(
            command, stdout=told, stderr=told, preexec_fn=lambda: os.nice(GIVES_WAY)
        )

        def end() -> int:
            process.wait()
            told.seek(0)
            sys.stdout.write(f"\n{', '.join(folders)}:\n{told.read()}")
            return process.returncode

        try:
            yield end
        finally:
            process.terminate()  # nothing, unless the block was interrupted
            process.wait()


def run(folders: list[str], *arguments: str) -> int:
    """Run the tests of some folders, and tell pytest's exit code."""
    if not folders:
        return NONE_SELECTED
    return subprocess.run([*PYTEST, *folders, *arguments]).returncode


def groups(running: list[Tier]) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    """What runs in one go, in order: folders, and how many of their files at a time."""
    impatient = [tier for tier in running if not tier.is_patient]
    for workers in dict.fromkeys(tier.workers for tier in impatient):
        folders = [tier.folder for tier in impatient if tier.workers == workers]
        yield folders, ("-n", str(workers), "--dist", "loadfile")


def together(codes: list[int]) -> int:
    """One exit code for several runs: the first that failed, else whether any test was selected."""
    failed = [code for code in codes if code not in (0, NONE_SELECTED)]
    return failed[0] if failed else min(codes)


def main(arguments: list[str]) -> int:
    """Run what can run, say what cannot; the exit code is pytest's, or 1 for what must not lack."""
    reasons = {name: tier.why_not() for name, tier in TIERS.items()}
    missing = {name: reason for name, reason in reasons.items() if reason}
    running = [tier for name, tier in TIERS.items() if name not in missing]
    patient = [tier.folder for tier in running if tier.is_patient]
    with beside(patient, arguments) as end:
        codes = [
            run(folders, *side_by_side, *arguments) for folders, side_by_side in groups(running)
        ]
        code = together([*codes, end()])
    ran = ", ".join(name for name in TIERS if name not in missing)
    sys.stderr.write(f"\nRan: {ran}.\n")
    for name, reason in missing.items():
        sys.stderr.write(f"DID NOT RUN: {name} ({reason})\n")
    failing = intolerable(missing, os.environ)
    if failing:
        sys.stderr.write(f"Failed: {', '.join(failing)} must run, or be named in ALLOW_MISSING.\n")
    return code or (1 if failing else 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
