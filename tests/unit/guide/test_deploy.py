"""What the guide reckons is reckoned again, and its picture is of the names that there are."""

import re

from cloudscale.settings import ROOT
from tools import architecture

DEPLOY = (ROOT / "docs" / "deploy.md").read_text()
HOURS = 730
ROW = re.compile(
    r"^\| ([^|*]+) \| (\d+) \| ([\d.]+) \| (hour|GB-month) \| ([\d.]+) \| ([ab]) \|$", re.M
)


def test_what_it_costs_is_reckoned_from_its_prices():
    total = 0.0
    rows = ROW.findall(DEPLOY)
    assert len(rows) == 8
    for part, count, price, unit, told, _source in rows:
        month = int(count) * float(price) * (HOURS if unit == "hour" else 1)
        assert abs(month - float(told)) < 0.006, part
        total += float(told)
    assert f"**{total:.2f}**" in DEPLOY


def test_what_a_trial_saves_is_a_gateway_and_its_address():
    prices = {part.strip(): float(price) for part, _, price, *_ in ROW.findall(DEPLOY)}
    saved = (prices["NAT gateways"] + prices["public IPv4 addresses"]) * HOURS
    assert f"saves {saved:.2f}" in DEPLOY


def test_prices_are_of_what_terraform_makes_by_default():
    variables = (ROOT / "terraform" / "variables.tf").read_text()
    for name in ("instance_type", "database_instance_class", "cache_node_type"):
        default = re.search(rf'variable "{name}" {{.*?default +=+ "([\w.]+)"', variables, re.DOTALL)
        assert default and default[1] in DEPLOY, name


def test_the_picture_is_drawn_from_the_names_that_there_are():
    assert architecture.main(["--check"]) == 0, "python -m tools.architecture"


def test_a_name_that_is_gone_is_no_picture(tmp_path, monkeypatch):
    (tmp_path / "main.tf").write_text('resource "aws_lb" "this" {\n  name = "else"\n}\n')
    monkeypatch.setattr(architecture, "ROOT", tmp_path)
    try:
        architecture._found("-(alb)", tmp_path / "main.tf")
    except architecture.NotFound as lost:
        assert "main.tf" in str(lost)
    else:
        raise AssertionError("a name that is not there was found")
