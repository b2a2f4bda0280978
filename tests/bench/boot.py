"""How long a bare machine takes from the start of `bootstrap.sh` to a healthy answer.

Once without a release, which clones and builds, and once with the release made there. Each is what
tests/bootstrap runs: a fresh folder and environment, empty caches, AWS, metadata and database on
loopback. The stages `os-packages` and `service` are not in it, which only the real machine has;
the shop is started as its unit says, and answers. Fetching a release is a download and told apart.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests import external_store
from tests.bench._row import Row
from tests.bootstrap.conftest import (
    account,
    bare,
    database_secret,
    open_folder,
    publish,
    repository,
)
from tests.bootstrap.machine import Machine

WITH_RELEASE_SECONDS = 30
WITHOUT_SECONDS = 120
STAGES = ("fetch", "install", "configure")
TOOK = re.compile(r"(\S+): done in (\d+) s")


def run() -> Iterator[Row]:
    """Measure; about three minutes, most of them building."""
    with (
        tempfile.TemporaryDirectory() as logs,
        account(Path(logs)) as stage,
        repository() as remote,
        external_store.server() as database,
        open_folder() as place,
    ):
        stage.secrets["DATABASE_URL"] = database_secret(stage, database)
        built = bare(place / "built", stage, remote, {"RELEASE_BUCKET": ""})
        yield Row("boot, building: until healthy", _boot(built), "s", f"<= {WITHOUT_SECONDS}")
        yield from _stages("boot, building", built)
        publish(stage, built, remote)
        unpacked = bare(place / "unpacked", stage, remote, {"REPOSITORY_REF": remote.commit})
        seconds = _boot(unpacked)
        yield Row("boot, from a release: until healthy", seconds, "s", f"<= {WITH_RELEASE_SECONDS}")
        yield from _stages("boot, from a release", unpacked)


def _boot(machine: Machine) -> float:
    begin = time.monotonic()
    machine.succeed(*STAGES)
    with machine.serving():
        return time.monotonic() - begin


def _stages(name: str, machine: Machine) -> Iterator[Row]:
    for stage, seconds in TOOK.findall(machine.log):
        yield Row(f"... {name}: {stage}", int(seconds), "s")
