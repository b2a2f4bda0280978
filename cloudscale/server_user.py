"""Who runs the embedded PostgreSQL, which refuses root, and that user's way to its files."""

import logging
import os
import pwd
import stat
from pathlib import Path

logger = logging.getLogger(__name__)


class PostgresRefused(Exception):
    """The embedded server cannot run here; the message says why and what to do."""


def server_user(folder: Path) -> tuple[int, int]:
    """User and group id that run the server of a folder.

    This process's own; for root the folder's owner, or nobody, who is there on nearly every Unix.

    Raises:
        PostgresRefused: This is root on a machine without nobody.
    """
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresRefused(
            "PostgreSQL may not run as root, and this machine has no user `nobody`. "
            "Run as an ordinary user, or set DATABASE_URL to a server of yours."
        ) from None
    return nobody.pw_uid, nobody.pw_gid


def open_the_way_to(folder: Path) -> None:
    """Let other users pass through (not list or read) the parents of a folder that root closed.

    Raises:
        PostgresRefused: A parent is closed and its mode cannot be changed.
    """
    opened = []
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if mode & stat.S_IXOTH:
            continue
        try:
            parent.chmod(mode | stat.S_IXOTH)
        except OSError as error:
            raise PostgresRefused(
                f"PostgreSQL may not run as root, and other users cannot reach {folder}, because "
                f"{parent} is closed and cannot be opened ({error.strerror}). Set DATA_DIR to "
                "another folder, or run as an ordinary user."
            ) from error
        opened.append(str(parent))
    if opened:
        logger.warning(
            "PostgreSQL may not run as root, so other users may pass through %s now (o+x).",
            ", ".join(opened),
        )


def make_readable(tree: Path) -> None:
    """Let other users read installed programs that a strict umask closed; else change nothing."""
    if tree.stat().st_mode & stat.S_IXOTH:
        return
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        may_run = path.is_dir() or mode & stat.S_IXUSR
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if may_run else 0))
