"""`release`: one commit as a file that a server can be made of, without a network or a compiler.

a clean commit --> its files, the built front end, its wheels, what it is --> stage --> tarball

The tarball goes by nothing but what lies in the stage and the commit's own time: the same content
gives the same bytes. When and how large it was made is told in the JSON file beside it.
"""

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cloudscale.ops.ports import CloudFault
from cloudscale.serving import release_front_end, release_packing, release_wheels
from cloudscale.serving.refusal import Refused
from cloudscale.serving.release_commit import Commit
from cloudscale.serving.terminal import step
from cloudscale.settings import ROOT, Settings

BLOCK = 1 << 20
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Release:
    """A finished release.

    Attributes:
        tarball: The file; beside it are its checksum and its description.
        version: The commit's tag, or its first twelve digits.
        sha256: The tarball's checksum, in hexadecimal.
        size_bytes: The tarball's size.
        seconds: How long making it took.
    """

    tarball: Path
    version: str
    sha256: str
    size_bytes: int
    seconds: float

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """Tarball, description and checksum; the checksum last, since it vouches for the others."""
        return self.tarball, beside(self.tarball, "json"), beside(self.tarball, "sha256")


def beside(tarball: Path, kind: str) -> Path:
    """The name of what accompanies a tarball: its `sha256` or its `json`."""
    name = tarball.name.removesuffix(".tar.gz") if kind == "json" else tarball.name
    return tarball.with_name(f"{name}.{kind}")


def make(output: Path, root: Path = ROOT) -> Release:
    """Make the release of the commit that is checked out.

    Args:
        output: The folder for the three files; made if it is not there.
        root: The project.

    Returns:
        The release.

    Raises:
        Refused: The tree is not clean, this machine or its Python is none that releases are made
            on, or something that it is made of could not be had.
    """
    began = time.monotonic()
    machine = release_wheels.require_machine()
    release_wheels.require_python(root)
    commit = Commit.of(root)
    name = f"cloudscale-{commit.version}"
    tarball = output.resolve() / f"{name}-{machine}.tar.gz"
    if there := _there(tarball, commit.name, began):
        return there
    about = {
        "version": commit.version,
        "commit": commit.name,
        "committedAt": datetime.fromtimestamp(commit.at, UTC).isoformat(),
        "machine": machine,
        "python": release_wheels.PYTHON,
    }
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder) / name
        _fill(stage, commit, machine, root)
        _write_json(stage / "RELEASE.json", about)
        tarball.parent.mkdir(parents=True, exist_ok=True)
        with step("Packing"):
            release_packing.pack(stage, tarball, commit.at)
    return _described(tarball, about, began)


def _there(tarball: Path, commit: str, began: float) -> Release | None:
    """The release of this commit that was made before, if it is whole."""
    try:
        told = beside(tarball, "sha256").read_text(encoding="ascii").split()[0]
        about = json.loads(beside(tarball, "json").read_text(encoding="utf-8"))
        if (about["commit"], digest(tarball)) != (commit, told):
            return None
    except (OSError, LookupError, ValueError):
        return None
    seconds = time.monotonic() - began
    return Release(tarball, about["version"], told, tarball.stat().st_size, seconds)


def require_bucket(name: str) -> None:
    """Refuse what no bucket of S3 can be called, before anything is made for it.

    Raises:
        Refused: It is empty, too long, or holds other characters.
    """
    if not BUCKET.fullmatch(name):
        raise Refused(
            f"--upload: {name!r} is no bucket's name; see `terraform output release_bucket`."
        )


def upload(release: Release, bucket: str, settings: Settings) -> bool:
    """Put a release where servers take it from.

    Returns:
        Whether it was uploaded; False when it was there already.

    Raises:
        Refused: Another one is there under this version, or S3 refuses.
    """
    from cloudscale.adapters.aws.place import Place
    from cloudscale.adapters.aws.releases import OtherRelease, Releases

    place = Place(settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    try:
        return Releases(place.client("s3"), bucket).upload(release.version, release.files)
    except OtherRelease as refusal:
        raise Refused(str(refusal)) from None
    except CloudFault as fault:
        raise Refused(fault.reason) from None


def _fill(stage: Path, commit: Commit, machine: str, root: Path) -> None:
    commit.export(stage)
    release_front_end.add(stage, root)
    with step("Fetching the wheels that uv.lock names"):
        release_wheels.add(stage, machine, root)


def _described(tarball: Path, about: dict[str, str], began: float) -> Release:
    """Write checksum and description beside a tarball."""
    sha256, size = digest(tarball), tarball.stat().st_size
    built_at = datetime.now(UTC).isoformat(timespec="seconds")
    _write_json(
        beside(tarball, "json"),
        {**about, "builtAt": built_at, "sha256": sha256, "sizeBytes": size},
    )
    beside(tarball, "sha256").write_text(f"{sha256}  {tarball.name}\n", encoding="ascii")
    return Release(tarball, about["version"], sha256, size, time.monotonic() - began)


def _write_json(file: Path, about: Mapping[str, str | int]) -> None:
    file.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def digest(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    whole = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            whole.update(block)
    return whole.hexdigest()
