"""Other versions of the shop: the next one, with other words and a migration, and a broken one."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from cloudscale.schema import MIGRATIONS
from cloudscale.settings import ROOT

RELEASED = ("assets", "cloudscale", "reflex.lock", "pyproject.toml", "rxconfig.py", "uv.lock")
WORDS = "This is the next version."
FOOTER = re.compile(r"return rx\.el\.footer\(\n")
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{number:04}", "{before:04}"


def upgrade() -> None:
    op.add_column("cart", sa.Column("note", sa.Text(), nullable=True))
"""


def next_version(folder: Path) -> Path:
    """Make and build it in an empty folder; returns the folder."""
    folder.mkdir()
    for part in (ROOT / name for name in RELEASED):
        copy = shutil.copytree if part.is_dir() else shutil.copy
        copy(part, folder / part.name)
    frame = folder / "cloudscale" / "components" / "shell.py"
    said, count = FOOTER.subn(
        f'return rx.el.footer(\n        rx.el.p("{WORDS}"),\n', frame.read_text()
    )
    assert count == 1
    frame.write_text(said)
    before = len(list(MIGRATIONS.glob("versions/[0-9]*.py")))
    made = MIGRATION.format(number=before + 1, before=before)
    versions = folder / MIGRATIONS.relative_to(ROOT) / "versions"
    (versions / f"{before + 1:04}_next.py").write_text(made)
    subprocess.run([sys.executable, "-m", "cloudscale", "build"], cwd=folder, check=True)
    return folder


def broken_version(folder: Path, of: Path) -> Path:
    """A copy of a built version, in an empty folder, whose server processes never come up."""
    shutil.copytree(of, folder, ignore=shutil.ignore_patterns(".web", "__pycache__"))
    (folder / ".web").symlink_to(of / ".web")
    server = folder / "cloudscale" / "serving" / "web.py"
    loading = "    from cloudscale.cloudscale import app\n"
    assert loading in server.read_text()
    broken = server.read_text().replace(loading, '    raise RuntimeError("It is broken.")\n')
    server.write_text(broken)
    return folder
