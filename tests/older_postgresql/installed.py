"""The oldest PostgreSQL on this machine that the store takes, where Debian and its kin put it."""

from pathlib import Path

INSTALLED = Path("/usr/lib/postgresql")
OLDEST, NEWEST = 15, 17  # 18 comes with the store, and every other test runs on it


def find() -> Path | None:
    """The folder of its `postgres` and `initdb`, if there is one."""
    for version in range(OLDEST, NEWEST + 1):
        programs = INSTALLED / str(version) / "bin"
        if (programs / "initdb").exists():
            return programs
    return None
