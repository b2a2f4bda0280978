"""`terraform/bootstrap` makes the place where Terraform keeps what it knows of the stack."""

import fnmatch
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.aws_server import Aws
from tests.terraform import inventory, reference
from tests.terraform.conftest import empty_aws
from tests.terraform.program import Program
from tests.terraform.stack import NOTHING_TO_DO, Stack, copied

LOCAL = {  # what the provider is told in local_aws.tf, for the backend
    "access_key": "testing",
    "secret_key": "testing-secret",
    "skip_credentials_validation": "true",
    "skip_metadata_api_check": "true",
    "use_path_style": "true",
}
GITHUB = "token.actions.githubusercontent.com"
MOST_CHARACTERS = (
    10_240  # of a role's own policies; source: IAM User Guide, "IAM and AWS STS quotas"
)
ROOT = 'output "answer" { value = 42 }\n'


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with empty_aws(tmp_path_factory.mktemp("aws")) as empty:
        yield empty


@pytest.fixture(scope="module")
def before(aws: Aws) -> set[str]:
    return inventory.everything(aws)


@pytest.fixture(scope="module")
def bootstrap(
    terraform: Program, aws: Aws, before: set[str], tmp_path_factory: pytest.TempPathFactory
) -> Stack:
    stack = Stack(terraform, copied(tmp_path_factory.mktemp("bootstrap")) / "bootstrap", aws)
    (stack.root / "github.auto.tfvars").write_text('github_repository = "someone/shop"\n')
    stack.init()
    stack.apply()
    return stack


@pytest.fixture(scope="module")
def bucket(bootstrap: Stack) -> str:
    return bootstrap.outputs()["state_bucket"]


def test_a_second_plan_has_nothing_to_do(bootstrap):
    planned = bootstrap.plan()
    assert planned.returncode == NOTHING_TO_DO, planned.stdout


def test_the_bucket_keeps_older_versions_encrypts_and_is_nobody_elses(aws, bootstrap, bucket):
    s3 = aws.client("s3")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    key = bootstrap.outputs()["state_key_arn"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": key,
    }
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    assert aws.client("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]


def test_the_bucket_answers_over_new_tls_alone(aws, bucket):
    policy = json.loads(aws.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    refused = {
        json.dumps(statement["Condition"])
        for statement in policy["Statement"]
        if (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        and f"arn:aws:s3:::{bucket}/*" in statement["Resource"]
    }
    assert refused == {
        '{"Bool": {"aws:SecureTransport": "false"}}',
        '{"NumericLessThan": {"s3:TlsVersion": "1.2"}}',
    }


def test_githubs_workflows_are_let_in_by_the_place_they_run_in(aws, bootstrap):
    told = bootstrap.outputs()["github_role_arns"]
    iam = aws.client("iam")
    trusts = {
        name: iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
        for name, arn in told.items()
    }
    [provider] = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    for trust in trusts.values():
        assert trust["Statement"][0]["Principal"] == {"Federated": provider["Arn"]}
    places = {
        name: trust["Statement"][0]["Condition"]["StringLike"][f"{GITHUB}:sub"]
        for name, trust in trusts.items()
    }
    assert places == {
        "plan": ["repo:someone/shop:pull_request"],
        "release": ["repo:someone/shop:ref:refs/heads/main", "repo:someone/shop:ref:refs/tags/v*"],
        "deploy": ["repo:someone/shop:environment:production"],
    }


def test_each_right_of_theirs_is_one_that_aws_knows(aws, bootstrap):
    iam = aws.client("iam")
    for name, arn in bootstrap.outputs()["github_role_arns"].items():
        role = arn.rpartition("/")[2]
        policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        assert len(json.dumps(policy, separators=(",", ":"))) <= MOST_CHARACTERS
        for statement in policy["Statement"]:
            for right in statement.get("Action", []) + statement.get("NotAction", []):
                service, _, word = right.partition(":")
                known = reference.DATA.actions.get_actions_for_service(service)
                assert fnmatch.filter(known, word), right


def with_state_there(program: Program, folder: Path, bootstrap: Stack, aws: Aws) -> Stack:
    """Another root whose state is where bootstrap says."""
    folder.mkdir()
    (folder / "main.tf").write_text(ROOT)
    (folder / "backend.tf").write_text(bootstrap.outputs()["backend"])
    other = Stack(program, folder, aws)
    other.init(*(f"-backend-config={name}={value}" for name, value in LOCAL.items()))
    return other


def test_a_state_is_kept_there_encrypted_and_locked(terraform, aws, bootstrap, bucket, tmp_path):
    s3 = aws.client("s3")
    s3.delete_bucket_policy(Bucket=bucket)  # moto reads no conditions: it would refuse everybody
    other = with_state_there(terraform, tmp_path / "other", bootstrap, aws)
    other.apply()
    key = "cloudscale/production/terraform.tfstate"
    kept = s3.get_object(Bucket=bucket, Key=key)
    assert json.load(kept["Body"])["outputs"]["answer"]["value"] == 42
    assert kept["ServerSideEncryption"] == "aws:kms"
    assert kept["SSEKMSKeyId"] == bootstrap.outputs()["state_key_arn"]

    someone = {"ID": "1", "Operation": "OperationTypeApply", "Who": "somebody else"}
    s3.put_object(Bucket=bucket, Key=f"{key}.tflock", Body=json.dumps(someone))
    refused = other.plan("-lock-timeout=0s")
    assert refused.returncode == 1
    assert "Error acquiring the state lock" in refused.stderr
    assert "somebody else" in refused.stderr
    versions = s3.list_object_versions(Bucket=bucket)
    for version in [*versions.get("Versions", []), *versions.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


def test_nobody_destroys_it_by_accident(terraform, aws, bootstrap, tmp_path):
    as_it_is = copied(tmp_path, is_local=False) / "bootstrap"
    (as_it_is / "terraform.tfstate").write_bytes(
        (bootstrap.root / "terraform.tfstate").read_bytes()
    )
    stack = Stack(terraform, as_it_is, aws)
    stack.init()
    refused = stack.run("plan", "-destroy", "-no-color", "-refresh=false")
    assert refused.returncode == 1
    kept = re.findall(r"Resource (\S+) has\s+lifecycle.prevent_destroy", refused.stderr)
    assert sorted(kept) == ["aws_kms_key.state", "aws_s3_bucket.state"]


def test_what_is_destroyed_leaves_nothing(aws, bootstrap, before):
    built = inventory.everything(aws)
    assert {name.split()[0] for name in built - before} == {
        *("Aliases", "Buckets", "Keys", "OpenIDConnectProviderList", "Roles")
    }
    bootstrap.destroy()
    assert bootstrap.resources() == []
    assert inventory.everything(aws) == before
