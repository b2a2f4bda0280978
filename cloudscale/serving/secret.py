"""The demo's SECRET_KEY: generated once, kept in the data folder, readable by its owner alone."""

import os
import secrets
from pathlib import Path

BYTES = 48


def demo_secret(data_dir: Path) -> str:
    """The secret of this data folder; made on first use, also when two ask at once.

    Args:
        data_dir: The data folder; must be there.

    Returns:
        Text of 64 characters.
    """
    path = data_dir / "secret_key"
    if not path.exists() or not path.read_text().strip():
        aside = path.with_suffix(f".{os.getpid()}")
        aside.unlink(missing_ok=True)
        file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w") as opened:
            opened.write(secrets.token_urlsafe(BYTES) + "\n")
        _put(aside, path)
    return path.read_text().strip()


def _put(aside: Path, path: Path) -> None:
    """Move a whole file in place, unless another process was first."""
    try:
        os.link(aside, path)
    except FileExistsError:
        if not path.read_text().strip():  # left empty by a full disk
            aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
