"""A plan, as a pull request's workflow makes it, asks for nothing that its role may not.

Terraform's own calls are recorded while it plans the stack as it is built, and each is looked for
in the policy of the role that `terraform/bootstrap` makes for it.
"""

import fnmatch
import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from tests.terraform.conftest import Built, empty_aws
from tests.terraform.judging import Statement, statements
from tests.terraform.program import Program
from tests.terraform.stack import NOTHING_TO_DO, Stack, copied

PREFIX = {"monitoring": "cloudwatch"}
"""What IAM calls a service, where it signs by another name."""

RENAMED = {
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
}
"""S3's calls that ask for a right of another name. Source: Service Authorization Reference, S3."""

FREE = {"sts:GetCallerIdentity"}
"""What everybody may."""

ONLY_HERE = {"iam:GetUser"}
"""What the provider asks because these tests give it the keys of a user."""

PATTERN = re.compile(r"(\{[^}]*\})")


@pytest.fixture(scope="module")
def policy(terraform: Program, tmp_path_factory: pytest.TempPathFactory) -> list[Statement]:
    """What the role of a plan may."""
    folder = tmp_path_factory.mktemp("bootstrap")
    with empty_aws(folder) as aws:
        stack = Stack(terraform, copied(folder) / "bootstrap", aws)
        (stack.root / "github.auto.tfvars").write_text('github_repository = "someone/shop"\n')
        stack.init()
        stack.apply()
        role = stack.outputs()["github_role_arns"]["plan"].rpartition("/")[2]
        found = aws.client("iam").get_role_policy(RoleName=role, PolicyName="plan")
        return statements(json.dumps(found["PolicyDocument"]))


@pytest.fixture(scope="module")
def asked(built: Built) -> set[str]:
    """What a plan asks for, as IAM calls it."""
    before = len(built.aws.calls())
    assert built.stack.plan().returncode == NOTHING_TO_DO
    return {action(call) for call in built.aws.calls()[before:]}


def action(call: Mapping[str, Any]) -> str:
    """The right that a recorded call needs."""
    headers = {name.lower(): value for name, value in dict(call["headers"]).items()}
    signed = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers["authorization"])
    assert signed, headers
    body = b64decode(call.get("body") or "").decode("utf-8", "replace")
    target, form = headers.get("x-amz-target", ""), parse_qs(body).get("Action", [""])
    word = target.rpartition(".")[2] or form[0] or _by_path(signed[1], call)
    told = f"{PREFIX.get(signed[1], signed[1])}:{word}"
    return RENAMED.get(told, told)


def _by_path(service: str, call: Mapping[str, Any]) -> str:
    """The operation of a REST service, by the method and the address that its model gives it."""
    url = urlsplit(call["url"])
    query = parse_qs(url.query, keep_blank_values=True)
    fitting = [
        (len(needs), -path.count(".+"), name)
        for name, method, path, needs in _operations(service)
        if method == call["method"] and re.fullmatch(path, url.path) and needs <= query.keys()
    ]
    assert fitting, f"{service}: {call['method']} {call['url']}"
    return max(fitting)[2]


def _operations(service: str) -> Iterator[tuple[str, str, str, set[str]]]:
    # A loader of its own: clients of S3 take the bucket out of the addresses in the one they share.
    model: Any = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    for name in model.operation_names:
        told = model.operation_model(name).http
        path, _, query = told["requestUri"].partition("?")
        parts = PATTERN.split(path.rstrip("/"))
        written = "".join(
            (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part)
            for part in parts
        )
        needs = {part.partition("=")[0] for part in query.split("&") if part}
        yield name, told["method"], f"{written}/?", needs


def test_a_plan_asks_for_nothing_that_its_role_may_not(policy, asked):
    rights = [right for one in policy if not one.is_deny for right in one.actions]
    lacking = {
        one
        for one in asked - FREE - ONLY_HERE
        if not any(fnmatch.fnmatch(one, right) for right in rights)
    }
    assert lacking == set()


def test_the_plan_was_heard(asked):
    """Terraform reads what is there: were nothing recorded, nothing would be lacking."""
    assert len(asked) > 60
    assert {"autoscaling:DescribeAutoScalingGroups", "s3:GetEncryptionConfiguration"} <= asked
    assert {"ssm:GetParameter", "cloudwatch:DescribeAlarms", "lambda:GetFunction"} <= asked
