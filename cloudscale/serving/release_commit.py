"""The commit that a release is made of: what it is called, when it was made, and its files."""

import io
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from cloudscale.serving.refusal import Refused

DIGITS = 12  # of a commit without a tag
SHOWN = 5
NAMEABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Commit:
    """The checked-out commit of a clean tree.

    Attributes:
        root: The project.
        name: All its digits.
        version: Its tag, or its first twelve digits.
        at: When it was committed, in seconds since 1970.
    """

    root: Path
    name: str
    version: str
    at: int

    @classmethod
    def of(cls, root: Path) -> "Commit":
        """The commit of a project.

        Raises:
            Refused: It is no git repository, something is not committed, or the tag cannot be
                part of a file's name.
        """
        changed = _git(root, "status", "--porcelain").splitlines()
        if changed:
            more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
            names = ", ".join(line[3:] for line in changed[:SHOWN])
            raise Refused(
                f"A release is made of a commit, and this is in none: {names}{more}. "
                "Commit it, or take it away."
            )
        name, at = _git(root, "show", "--no-patch", "--format=%H %ct", "HEAD").split()
        tags = _git(root, "tag", "--points-at", "HEAD", "--sort=version:refname").split()
        version = tags[-1] if tags else name[:DIGITS]
        if not NAMEABLE.fullmatch(version):
            raise Refused(
                f"The tag {version} cannot name a release: letters, digits, dots, dashes only."
            )
        return cls(root, name, version, int(at))

    def export(self, folder: Path) -> None:
        """Write the commit's files into a new folder."""
        folder.mkdir(parents=True)
        packed = _run(self.root, "archive", "--format=tar", self.name)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            # Set so and not handed over, since Python before 3.11.4 knows no filter.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(folder)  # noqa: S202  (of our own commit)


def _git(root: Path, *arguments: str) -> str:
    return _run(root, *arguments).decode("utf-8", "replace").rstrip("\n")


def _run(root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except FileNotFoundError:
        raise Refused(
            "git is not there: install it, since a release is made of a commit."
        ) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise Refused(f"git {arguments[0]} failed: {said}")
    return done.stdout
