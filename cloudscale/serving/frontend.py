"""The built front end: whether it is there and current, how to build it, how to serve it.

A build is stamped with a digest of everything it was made from, after it succeeded; so a failed,
interrupted or outdated build never looks current, and a touched file does not cost a build.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from cloudscale.serving.refusal import Refused
from cloudscale.settings import ROOT

WEB = ROOT / ".web"
STAMP = WEB / ".built"
INDEX = WEB / "build" / "client" / "index.html"
HASHED = INDEX.with_name("assets")
SOURCES = ("rxconfig.py", "uv.lock", "assets", "cloudscale")
NPM_LOCK = ("reflex.lock",)  # apart, since a build that meets a new dependency writes it
# Never reach the browser; a change there needs no build.
NOT_SOURCES = (
    "serving",
    "migrations",
    "cli.py",
    "__main__.py",
    "embedded_postgres.py",
    "server_user.py",
    "tether.py",
    "logs.py",
)
MESSAGES = 2  # stderr: a command's own stdout is for data
# Reflex's own, internal names: an upgrade that drops one is caught by a test.
SERVE_THE_BUILD = {
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
}


def _files(sources: Iterable[str]) -> Iterator[Path]:
    ignored = {ROOT / "cloudscale" / name for name in NOT_SOURCES}
    for path in (ROOT / name for name in sources):
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            is_ignored = "__pycache__" in file.parts or ignored & {file, *file.parents}
            if file.is_file() and not is_ignored:
                yield file


def _content(file: Path) -> bytes:
    if file.name == "package.json":  # Reflex writes the same content in two layouts
        return json.dumps(json.loads(file.read_text()), sort_keys=True).encode()
    return file.read_bytes()


def _digest(sources: Iterable[str]) -> str:
    whole = hashlib.sha256()
    for file in _files(sources):
        whole.update(f"{file.relative_to(ROOT)}\0".encode())
        whole.update(hashlib.sha256(_content(file)).digest())
    return whole.hexdigest()


def source_digest() -> str:
    """A digest of everything but the npm lock that a build is made from."""
    return _digest(SOURCES)


def write_stamp(sources: str) -> None:
    """Mark a finished build as current for these sources and the present npm lock."""
    STAMP.write_text(f"{sources}\n{_digest(NPM_LOCK)}\n")


def why_not() -> str:
    """Why the front end cannot be served as it is; empty when it can."""
    if not (STAMP.is_file() and INDEX.is_file()):
        return "The front end is not built."
    if STAMP.read_text().split() != [source_digest(), _digest(NPM_LOCK)]:
        return "The front end was built from other sources than these."
    return ""


def version() -> str:
    """What the fleet may call the code of this build: twelve digits of its sources' digest."""
    return STAMP.read_text()[:12]


def hashed_files() -> dict[str, bytes]:
    """The files of this build that are named after their content, by name."""
    plain = (file for file in HASHED.glob("*.*") if file.suffix not in (".br", ".gz"))
    return {file.name: file.read_bytes() for file in plain}


def build() -> None:
    """Build from clean; the stamp is written last, and only on success.

    Raises:
        Refused: Reflex could not build.
    """
    shutil.rmtree(WEB, ignore_errors=True)
    sources = source_digest()  # before: what changes meanwhile is not in this build
    reflex = Path(sys.executable).with_name("reflex")
    command = [str(reflex), "export", "--frontend-only", "--no-zip", "--loglevel", "warning"]
    done = subprocess.run(command, cwd=ROOT, stdout=MESSAGES, check=False)
    if done.returncode or not INDEX.is_file():
        raise Refused("The front end could not be built; what Reflex said is above.")
    write_stamp(sources)
