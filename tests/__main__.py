"""Every test there is, and in the end what could not run: `python -m tests [pytest's arguments]`.

A tier that cannot run here is named with its reason and never counted as passed. With CI=true it
fails the run, and one that every machine can have fails it anywhere, unless ALLOW_MISSING
(names, separated by commas) lists it.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.e2e import browser
from tests.older_postgresql import installed


@dataclass(frozen=True)
class Tier:
    """One kind of test: where it is, and whether it can run here.

    Attributes:
        folder: What pytest is given.
        why_not: Why it cannot run on this machine, after trying to mend that; empty when it can.
        is_optional: Whether a developer's machine may go without it.
    """

    folder: str
    why_not: Callable[[], str] = lambda: ""
    is_optional: bool = False


def _no_browser() -> str:
    if browser.find() or browser.install():
        return ""
    return "no Chromium, and it cannot be installed here; Debian: apt-get install chromium"


def _no_older_postgresql() -> str:
    if installed.find():
        return ""
    return "no PostgreSQL 15 to 17 here; Debian: apt-get install postgresql"


TIERS = {
    "unit": Tier("tests/unit"),
    "integration": Tier("tests/integration"),
    "older-postgresql": Tier("tests/older_postgresql", _no_older_postgresql, is_optional=True),
    "browser": Tier("tests/e2e", _no_browser),
}


def intolerable(missing: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    """Names of the missing tiers that fail the run."""
    allowed = environment.get("ALLOW_MISSING", "").replace(",", " ").split()
    is_ci = environment.get("CI", "").lower() in {"1", "true", "yes"}
    return [
        name for name in missing if name not in allowed and (is_ci or not TIERS[name].is_optional)
    ]


def main(arguments: list[str]) -> int:
    """Run what can run, say what cannot; the exit code is pytest's, or 1 for what must not lack."""
    reasons = {name: tier.why_not() for name, tier in TIERS.items()}
    missing = {name: reason for name, reason in reasons.items() if reason}
    folders = [tier.folder for name, tier in TIERS.items() if name not in missing]
    code = subprocess.run([sys.executable, "-m", "pytest", *folders, *arguments]).returncode
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
