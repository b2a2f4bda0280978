"""Variables that make no sense are refused before anything is made, by name and with the reason."""

import pytest

from tests.aws_server import Aws
from tests.terraform.stack import Stack, copied

BAD = {
    "max_instances": 1,  # below the 2 of min_instances
    "cpu_scale_up_threshold": 20,  # below the 30 of scaling in
    "active_users_scale_up_threshold": -4,
    "application_repository": "https://me:secret@example.com/shop.git",
    "notification_email": "nobody",
    "log_retention_days": 31,  # CloudWatch has 30
    "environment": "Production!",
    "healer_package": "nowhere.zip",
    "healing_mode": "always",
}


@pytest.fixture
def refused(terraform, tmp_path):
    """What applying with all of them said, where there is no AWS."""
    nowhere = Aws("http://127.0.0.1:9", tmp_path / "calls")
    stack = Stack(terraform, copied(tmp_path), nowhere, BAD)
    stack.init()
    applied = stack.run("apply", "-no-color", "-input=false", "-auto-approve")
    assert applied.returncode == 1
    assert not (stack.root / "terraform.tfstate").exists()
    return applied.stderr


def test_each_is_named_with_the_reason(refused):
    words = " ".join(refused.split())
    assert [name for name in BAD if name not in words] == []
    assert words.count("Invalid value for variable") == len(BAD)
    assert "no number of servers would be allowed" in words
    assert "the fleet would grow and shrink in turns" in words
