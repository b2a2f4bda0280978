"""What alarms and policies in Terraform look at is what the application tells CloudWatch."""

import re
from pathlib import Path
from typing import get_args

from cloudscale.ops.cloud import PUBLISHED
from cloudscale.ops.policy.rules import Metric

TERRAFORM = Path(__file__).parents[3] / "terraform"
NAMED = re.compile(r'namespace\s*=\s*var\.metrics_namespace,\s*(?:name|metric)\s*=\s*"(\w+)"')


def named() -> dict[str, set[str]]:
    """Our own metrics that Terraform names, by file."""
    found = {}
    for path in sorted((TERRAFORM / "modules").rglob("*.tf")):
        if names := set(NAMED.findall(path.read_text())):
            found[path.relative_to(TERRAFORM).as_posix()] = names
    return found


def test_every_metric_of_ours_that_terraform_names_is_published():
    published = {one.name for one in PUBLISHED}
    assert {file: names - published for file, names in named().items() if names - published} == {}


def test_every_metric_that_a_policy_may_name_is_known_to_terraform():
    text = (TERRAFORM / "modules/scaling/main.tf").read_text()
    assert set(get_args(Metric)) <= set(re.findall(r"^    (\w+)\s+= \{", text, re.M))


def test_the_scaling_module_and_the_alarms_name_some():
    assert {"modules/scaling/main.tf", "modules/monitoring/alarms.tf"} <= named().keys()
