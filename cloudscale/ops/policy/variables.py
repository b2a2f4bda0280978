"""A policy as Terraform variables: what `terraform apply` takes in place of policy.json. Pure."""

import json

from cloudscale.ops.policy.scaling import ScalingPolicy

FILE_NAME = "scaling.auto.tfvars.json"
"""Terraform reads a file of this name by itself."""
VARIABLE = "scaling_policy"


def as_variables(policy: ScalingPolicy) -> str:
    """The file's text. The policy is one string in it: rules differ in what they have."""
    document = json.dumps(policy.model_dump(mode="json"), ensure_ascii=False)
    return json.dumps({VARIABLE: document}, indent=2, ensure_ascii=False) + "\n"
