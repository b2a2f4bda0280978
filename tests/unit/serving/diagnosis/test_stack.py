"""What a stack may be called; stacks on AWS are examined in tests/integration/adapters/aws."""

import pytest
from typer.testing import CliRunner

from cloudscale.cli import app
from cloudscale.serving.diagnosis import stack
from cloudscale.serving.refusal import Refused
from cloudscale.settings import Settings


@pytest.mark.parametrize("name", ["", " ", "shop/production", "shop-production\n", "s" * 65])
def test_what_can_be_no_stacks_name_is_refused_before_aws_is_asked(name: str):
    with pytest.raises(Refused, match="is no stack's name: that is Terraform's project_name"):
        list(stack.findings(Settings(), name))


def test_the_command_refuses_an_empty_name_in_words():
    ran = CliRunner().invoke(app, ["doctor", "--stack", ""])
    assert ran.exit_code == 1
    assert ran.stderr.startswith("'' is no stack's name")
