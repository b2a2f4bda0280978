"""The function's zip: the same bytes each time, and enough to run from it alone."""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import boto3
import pytest

from cloudscale.serving import healer_package
from cloudscale.serving.refusal import Refused
from tests import aws_server, healing_events
from tests.integration.adapters.aws.healing import resources
from tests.integration.adapters.aws.healing.conftest import STACK, TABLE, Stack

ALONE = """
import json, sys
from pathlib import Path

zip_file, root, lent, event = sys.argv[1:]

class OnlyLent:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in ("pydantic", "pydantic_settings", "sqlmodel", "reflex", "typer", "structlog"):
            raise ImportError(f"the function has no {name}")

sys.meta_path.insert(0, OnlyLent())
sys.path = [zip_file, *(one for one in sys.path if one and Path(one) != Path(root)), lent]
from cloudscale import healer
assert healer.__file__.startswith(zip_file), healer.__file__
ours = [module for name, module in sys.modules.items() if name.startswith("cloudscale")]
assert all((module.__file__ or "").startswith(zip_file) for module in ours)
print(json.dumps(healer.handler(json.loads(event))))
"""


def copy(folder: Path) -> Path:
    """The sources in another folder, with other times and modes, and things lying about."""
    root = folder / "elsewhere"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(healer_package.ROOT / "cloudscale", root / "cloudscale", ignore=ignored)
    for path in root.rglob("*.py"):
        path.chmod(0o700)
        os.utime(path, (time.time() - 1e6,) * 2)
    (root / "cloudscale" / "left_over.py").write_text("import pydantic\n")
    return root


def test_the_same_code_gives_the_same_bytes_wherever_and_whenever(tmp_path: Path):
    here, there = tmp_path / "a.zip", tmp_path / "b.zip"
    count = healer_package.write(here)
    assert healer_package.write(there, copy(tmp_path)) == count
    assert here.read_bytes() == there.read_bytes()
    with zipfile.ZipFile(here) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert names == sorted(names)
    assert "cloudscale/healer.py" in names
    assert here.stat().st_size < 3_000_000


def test_a_change_of_the_code_changes_the_bytes(tmp_path: Path):
    here, there, root = tmp_path / "a.zip", tmp_path / "b.zip", copy(tmp_path)
    healer_package.write(here)
    with (root / "cloudscale" / "healer.py").open("a") as file:
        file.write("# changed\n")
    healer_package.write(there, root)
    assert here.read_bytes() != there.read_bytes()


def test_nothing_that_the_function_does_not_need_is_in_it():
    found = healer_package.files()
    for name in ("settings", "db", "cli", "wiring", "adapters/aws/place", "adapters/local"):
        assert f"cloudscale/{name}.py" not in found


@pytest.mark.parametrize("line", ["import pydantic", "from sqlmodel import Session"])
def test_what_aws_does_not_bring_is_refused_wherever_it_is_imported(tmp_path: Path, line: str):
    root = copy(tmp_path)
    with (root / "cloudscale" / "ops" / "healing" / "words.py").open("a") as file:
        file.write(f"\ndef late() -> None:\n    {line}\n")
    with pytest.raises(Refused, match=r"ops\.healing\.words imports (pydantic|sqlmodel)"):
        healer_package.files(root)


def test_a_file_that_cannot_be_written_is_said_in_words(tmp_path: Path):
    with pytest.raises(Refused, match="cannot be written"):
        healer_package.write(tmp_path / "no" / "such" / "folder.zip")


def test_the_handler_runs_from_the_zip_alone(stack: Stack, tmp_path: Path):
    stack.want(*resources.build(stack))
    resources.tamper(stack)
    file = tmp_path / "healer.zip"
    healer_package.write(file)
    variables = {
        **aws_server.CREDENTIALS,
        "PATH": os.environ["PATH"],
        "HEALING_STACK": STACK,
        "HEALING_TABLE": TABLE,
        "AWS_REGION": "ap-south-1",
        "AWS_ENDPOINT_URL": stack.aws.url,
    }
    lent = str(Path(boto3.__file__).parents[1])
    root = str(healer_package.ROOT)
    event = json.dumps(healing_events.SCHEDULE)
    command = [sys.executable, "-S", "-c", ALONE, str(file), root, lent, event]
    done = subprocess.run(
        command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert '"outcome": "acted"' in done.stdout
    assert resources.retention(stack) == 30
