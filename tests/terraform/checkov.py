"""checkov, in an environment of its own: it cannot share the store's lock.

tools/checkov/uv.lock --sync, once--> .tools/checkov --findings, without a network--> what it found
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from cloudscale.settings import ROOT
from tests.terraform.stack import SOURCE

LOCKED = ROOT / "tools" / "checkov"
ENVIRONMENT = ROOT / ".tools" / "checkov"
ACCEPTED = SOURCE / "checkov.toml"
SYNC_SECONDS = 240
READ_SECONDS = 240
NOWHERE = "http://127.0.0.1:9"  # it asks its maker for news otherwise, and waits for an answer
OPTIONS = (
    "--framework=terraform",
    "--download-external-modules=false",
    "--skip-download",
    "--compact",
    "--quiet",
    "--output=json",
)
Finding = tuple[str, str]


def sync() -> None:
    """Make the environment what the lock says; without a network where it is already so.

    Raises:
        AssertionError: There is no uv, or no package index when one is needed.
    """
    uv = shutil.which("uv", path=str(ROOT / ".tools" / "bin")) or shutil.which("uv")
    assert uv, "no uv: `make test` fetches it"
    variables = {"UV_PYTHON_DOWNLOADS": "never", "UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT)}
    done = subprocess.run(
        [uv, "sync", "--frozen", "--quiet", f"--project={LOCKED}", f"--python={sys.executable}"],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=SYNC_SECONDS,
    )
    assert done.returncode == 0, f"checkov could not be installed: {done.stderr}"


def findings(folder: Path) -> set[Finding]:
    """What it finds in a folder of Terraform: check and resource.

    Raises:
        AssertionError: It could not read all of it.
    """
    proxies = {"HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE, "NO_PROXY": ""}
    done = subprocess.run(
        [ENVIRONMENT / "bin" / "checkov", f"--directory={folder}", *OPTIONS],
        env=os.environ | proxies | {name.lower(): value for name, value in proxies.items()},
        capture_output=True,
        text=True,
        timeout=READ_SECONDS,
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["summary"]["parsing_errors"] == 0, told["results"]["parsing_errors"]
    assert told["summary"]["passed"] > 0, "it read nothing"
    return {(found["check_id"], found["resource"]) for found in told["results"]["failed_checks"]}


def accepted() -> dict[Finding, str]:
    """The findings that stay, with the reason of each."""
    return {
        (check, resource): entry["why"]
        for entry in tomllib.loads(ACCEPTED.read_text())["accepted"]
        for check in entry["checks"]
        for resource in entry["resources"]
    }
