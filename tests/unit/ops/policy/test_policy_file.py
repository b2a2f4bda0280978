"""What Terraform reads is what the code declares."""

from pathlib import Path

import pytest

from cloudscale.ops.policy import POLICY, document
from cloudscale.serving import policy_file
from cloudscale.serving.refusal import Refused


def test_terraform_reads_the_policy_that_the_code_declares() -> None:
    policy_file.check()


def test_a_stale_file_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    with pytest.raises(Refused, match=r"is missing. Run: python -m cloudscale policy --write"):
        policy_file.check(file)
    file.write_text(document.as_text(POLICY).replace("70.0", "75.0"))
    with pytest.raises(Refused, match="not what the code declares"):
        policy_file.check(file)


def test_it_is_written_once_and_then_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "terraform" / "policy.json"
    assert policy_file.write(file)
    assert not policy_file.write(file)
    policy_file.check(file)
    assert file.read_text().endswith("}\n")


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "terraform").write_text("a file where the folder should be")
    with pytest.raises(Refused, match="cannot be written"):
        policy_file.write(tmp_path / "terraform" / "policy.json")
