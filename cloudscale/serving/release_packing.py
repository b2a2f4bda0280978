"""A folder as a tarball whose bytes depend on its content alone: sorted, one time, owner root."""

import gzip
import tarfile
from pathlib import Path

LEVEL = 6
EXECUTABLE, READABLE, FOLDER = 0o755, 0o644, 0o755


def pack(folder: Path, tarball: Path, at: int) -> None:
    """Write a folder, by its own name, into a tarball that is there whole or not at all.

    Args:
        folder: What to pack.
        tarball: The file to write.
        at: The time that everything in it carries, in seconds since 1970.
    """
    unfinished = tarball.with_name(f".{tarball.name}.unfinished")
    try:
        with (
            unfinished.open("wb") as file,
            gzip.GzipFile("", "wb", LEVEL, file, mtime=at) as compressed,
            tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path in [folder, *sorted(folder.rglob("*"), key=lambda path: path.as_posix())]:
                _add(archive, path, path.relative_to(folder.parent).as_posix(), at)
        unfinished.replace(tarball)
    finally:
        unfinished.unlink(missing_ok=True)


def _add(archive: tarfile.TarFile, path: Path, name: str, at: int) -> None:
    info = archive.gettarinfo(path, name)
    info.mtime, info.uid, info.gid, info.uname, info.gname = at, 0, 0, "root", "root"
    if info.isdir():
        info.mode = FOLDER
    else:
        info.mode = EXECUTABLE if info.mode & 0o100 else READABLE
    if info.isreg():
        with path.open("rb") as content:
            archive.addfile(info, content)
    else:
        archive.addfile(info)
