"""`smoke` passes on a real store, and on nothing else."""

import subprocess
import sys

from cloudscale.settings import ROOT


def smoke(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cloudscale", "smoke", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_a_running_store_passes_every_check(store):
    done = smoke(store.url, "--seconds", "20")
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("All 8 passed.\n")


def test_another_version_and_a_store_that_is_gone_are_told(new_store):
    store = new_store(APPLICATION_VERSION="v1.2.3")
    assert smoke(store.url, "--version", "v1.2.3").returncode == 0
    other = smoke(store.url, "--version", "v1.2.4", "--seconds", "1")
    assert other.returncode == 1
    assert "v1.2.3 answers, and not v1.2.4" in other.stderr
    store.stop()
    gone = smoke(store.url, "--seconds", "1")
    assert gone.returncode == 1
    assert gone.stderr.endswith("8 of 8 failed.\n")
