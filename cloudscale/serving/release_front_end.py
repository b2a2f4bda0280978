"""The compiled front end of a release: what `serve` reads of it, stamped as built.

Bundler, packages and sources stay behind; they are nine tenths of the folder.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from cloudscale.serving import frontend
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import say

SERVED = ("build/client", "backend", "routes.json", ".built")
ASK = "from cloudscale.serving import frontend; print(frontend.why_not())"


def add(stage: Path, root: Path) -> None:
    """Build the front end unless a current build is there, and put it into the stage.

    Raises:
        Refused: It cannot be built, or was built from other files than those of the commit.
    """
    if frontend.why_not():
        say("Building the front end (about 15 s)")
        frontend.build()
    for name in SERVED:
        source, target = root / ".web" / name, stage / ".web" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.is_file():
            shutil.copyfile(source, target)
    require_current(stage)


def require_current(stage: Path) -> None:
    """Have the staged program itself say that it would build nothing.

    Raises:
        Refused: It would: something that git ignores was built in.
    """
    asked = subprocess.run(
        [sys.executable, "-B", "-c", ASK], cwd=stage, capture_output=True, text=True, check=False
    )
    if asked.returncode or asked.stdout.strip():
        said = asked.stdout.strip() or asked.stderr.strip()
        raise Refused(
            f"The front end does not fit the commit: {said} "
            "Look for files that git ignores in cloudscale/, assets/ and reflex.lock/."
        )
