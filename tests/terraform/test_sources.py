"""What is written in `terraform/` is well formed, and its own tests pass."""

import json

import pytest

from tests.terraform.stack import SOURCE, copied

ROOTS = [SOURCE, SOURCE / "bootstrap"]
TESTED = sorted({path.parents[1] for path in SOURCE.rglob("tests/*.tftest.hcl")})
TEST_SECONDS = 1500  # 60 on two idle cores; behind all other tests it takes what they leave


def name_of(folder):
    return folder.relative_to(SOURCE.parent).as_posix()


def test_it_is_formatted(terraform):
    done = terraform.run(SOURCE, "fmt", "-check", "-recursive", "-diff")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("root", ROOTS, ids=name_of)
def test_it_is_valid(terraform, tmp_path, root):
    copy = copied(tmp_path, is_local=False) / root.relative_to(SOURCE)
    terraform.init(copy, "-backend=false")
    told = json.loads(terraform.run(copy, "validate", "-json").stdout)
    assert told["diagnostics"] == []


@pytest.mark.parametrize("tested", TESTED, ids=name_of)
def test_its_own_tests_pass(terraform, tmp_path, tested):
    copy = copied(tmp_path, is_local=False) / tested.relative_to(SOURCE)
    terraform.init(copy, "-backend=false")
    done = terraform.run(copy, "test", "-no-color", timeout_seconds=TEST_SECONDS)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert ", 0 failed" in done.stdout
