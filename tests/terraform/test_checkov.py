"""checkov finds nothing in `terraform/` that is not argued in `terraform/checkov.toml`."""

import pytest

from tests.terraform import checkov
from tests.terraform.stack import copied

OPEN_TO_ALL = """
resource "aws_security_group_rule" "shell" {
  type              = "ingress"
  from_port         = 22
  to_port           = 22
  protocol          = "tcp"
  cidr_blocks       = ["0.0.0.0/0"]
  security_group_id = "sg-1"
}
"""


@pytest.fixture(scope="module", autouse=True)
def synced():
    checkov.sync()


def test_what_it_finds_is_argued_and_what_is_argued_is_found(tmp_path):
    found, accepted = checkov.findings(copied(tmp_path, is_local=False)), checkov.accepted()
    assert sorted(found - accepted.keys()) == []
    assert sorted(accepted.keys() - found) == []
    assert all(len(why) >= 30 for why in accepted.values())


def test_it_would_find_a_shell_that_is_open_to_all(tmp_path):
    (tmp_path / "main.tf").write_text(OPEN_TO_ALL)
    assert ("CKV_AWS_24", "aws_security_group_rule.shell") in checkov.findings(tmp_path)
