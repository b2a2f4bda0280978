"""What the healer's role may do, judged by its policies as they were applied.

Every call that healing made on the stack is allowed, and nothing that is not the stack's can be
changed. The judge knows IAM's rules (`judging`), and AWS's own list of actions (`reference`).
"""

import json
import time
from collections.abc import Iterable, Iterator

import pytest

from cloudscale import healer
from cloudscale.adapters.aws.healing.acting import ALLOWED
from cloudscale.adapters.aws.healing.permissions import OBSERVING
from cloudscale.ops.healing.clock import SystemClock
from tests import healing_events
from tests.aws_server import REGION
from tests.terraform import reference, rehearsed
from tests.terraform.asking import Place, asked
from tests.terraform.conftest import Built
from tests.terraform.foreign import foreign
from tests.terraform.judging import Request, Statement, is_allowed, statements
from tests.terraform.recording import Call
from tests.terraform.tampering import FAMILIES
from tests.terraform.tampering.stage import NAME, Stage

ACCOUNT = "123456789012"
ROLE = f"{NAME}-healer"

ON_ANYTHING = {
    "ec2:RunInstances": "Auto Scaling asks of the image, the subnet and all else that it takes, "
    "so it is limited by the template that is launched.",
}
"""What changes something, is on `*`, and why that cannot be an ARN."""

READ_ON_ANYTHING = {
    "cloudwatch:GetMetricData": "AWS knows data sets, which are ARNs, and no metric outside one.",
}
"""What reads, is on `*` though AWS knows a resource for it, and why."""

NOT_BY_CALLS = {
    *("logs:CreateLogStream", "logs:PutLogEvents"),  # Lambda writes the function's log
    "sqs:SendMessage",  # and keeps the event of a run that failed
    *("kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"),  # DynamoDB may ask for them
}
"""What the role needs beside the calls that healing makes."""

NOTHING_TO_ATTACH = {("iam", "attach_role_policy")}
"""No role of the stack has a policy attached, so none may be attached."""


@pytest.fixture(scope="module")
def stage(built: Built) -> Stage:
    return Stage(built.aws, built.stack.outputs())


@pytest.fixture(scope="module")
def made(stage: Stage, recorded: dict[Call, None]) -> list[Call]:
    """What healing called; it heals here only where no other test had it heal."""
    if not any(call[:2] in ALLOWED for call in recorded):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SystemClock, "sleep", lambda self, seconds: time.sleep(seconds / 100))
            for name, value in stage.environment().items():
                patch.setenv(name, value)
            for family in FAMILIES:
                stage.forget()
                family.tamper(stage)
                assert healer.handler(healing_events.SCHEDULE)["outcome"] == "acted"
    return list(recorded)


@pytest.fixture(scope="module")
def possible(stage: Stage, made: list[Call]) -> list[Call]:
    """What it called, and what it could call besides."""
    return [*made, *rehearsed.calls(stage)]


@pytest.fixture(scope="module")
def place(stage: Stage) -> Place:
    def tags(machine: str) -> dict[str, str]:
        rows = stage.ec2.describe_instances(InstanceIds=[machine])["Reservations"][0]["Instances"]
        return {one["Key"]: one["Value"] for one in rows[0]["Tags"]}

    role = f"arn:aws:iam::{ACCOUNT}:role/{NAME}-server"
    return Place(REGION, ACCOUNT, stage.outputs["kms_key_arn"], role, tags)


@pytest.fixture(scope="module")
def policy(stage: Stage) -> list[Statement]:
    """All that the role may do, as AWS has it."""
    iam, role = stage.iam, {"RoleName": ROLE}
    attached = iam.list_attached_role_policies(**role)["AttachedPolicies"]
    arns = [{"PolicyArn": one["PolicyArn"]} for one in attached]
    versions = [iam.get_policy(**one)["Policy"]["DefaultVersionId"] for one in arns]
    documents = [
        iam.get_policy_version(**one, VersionId=version)["PolicyVersion"]["Document"]
        for one, version in zip(arns, versions, strict=True)
    ]
    for name in iam.list_role_policies(**role)["PolicyNames"]:
        documents.append(iam.get_role_policy(**role, PolicyName=name)["PolicyDocument"])
    return statements(*map(json.dumps, documents))


def requests(calls: Iterable[Call], place: Place) -> Iterator[Request]:
    return (request for call in calls for request in asked(call, place))


def denied(calls: Iterable[Call], place: Place, policy: list[Statement]) -> set[str]:
    told = requests(calls, place)
    return {f"{one.action} on {one.arn}" for one in told if not is_allowed(policy, one)}


def test_every_call_that_healing_made_is_allowed(made, place, policy):
    assert {call[:2] for call in made} & ALLOWED
    assert denied(made, place, policy) == set()


def test_every_call_that_it_could_make_is_tried_and_allowed(possible, place, policy):
    looks = {(service, name) for service, names in OBSERVING.items() for name in names}
    assert (ALLOWED | looks) - {call[:2] for call in possible} == NOTHING_TO_ATTACH
    assert denied(possible, place, policy) == set()


def test_the_same_is_denied_on_what_is_not_ours(possible, place, policy):
    tried = [pair for request in requests(possible, place) for pair in foreign(request)]
    through = {
        f"{one.action} on {one.arn} ({words})" for words, one in tried if is_allowed(policy, one)
    }
    assert through == set()
    changing = {one.action for one in requests(possible, place)} & {one.action for _, one in tried}
    assert {one for one in changing if reference.action(one).is_reading} == set()
    assert len(changing) > 60


def test_what_changes_something_is_limited_by_arn_or_by_a_condition(policy):
    changing = [pair for pair in granted(policy) if not pair[0].is_reading]
    on_anything = {action.name for action, one in changing if "*" in one.resources}
    assert on_anything == ON_ANYTHING.keys()
    for action, one in changing:
        is_open = any(arn == "*" or arn.endswith("/*") for arn in one.resources)
        assert one.conditions or not is_open, f"{action.name} on {one.resources}"


def granted(policy: list[Statement]) -> list[tuple[reference.Action, Statement]]:
    """Each action that is allowed, as AWS knows it, with its statement; no action has wildcards."""
    return [(reference.action(name), one) for one in policy for name in one.actions]


def test_what_looks_at_everything_knows_no_arn(policy):
    everywhere = {action for action, one in granted(policy) if "*" in one.resources}
    limitable = {one.name for one in everywhere if one.is_reading and one.formats}
    assert limitable == READ_ON_ANYTHING.keys()


def test_each_statement_is_about_what_its_actions_know_and_by_keys_that_they_tell(policy):
    for action, one in granted(policy):
        keys = [condition.key for condition in one.conditions]
        assert [key for key in keys if not action.tells(key)] == [], action.name
        known = [arn for arn in one.resources if arn == "*" or action.knows(arn)]
        assert known, f"AWS knows none of {one.resources} for {action.name}"


def test_nothing_is_allowed_that_no_call_needs(possible, place, policy):
    needed = {one.action for one in requests(possible, place)}
    assert {name for one in policy for name in one.actions} - needed == NOT_BY_CALLS


def test_nobody_but_lambda_takes_the_role(stage):
    trust = stage.iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [one["Principal"] for one in trust] == [{"Service": "lambda.amazonaws.com"}]


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"),
        ("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"),
        ("ssm:PutParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{NAME}/healing/switch"),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{ROLE}"),
        ("s3:PutObject", f"arn:aws:s3:::{NAME}-healing-{ACCOUNT}-{REGION}/desired/x.json"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:x"),
        ("dynamodb:DeleteItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}-healing"),
    ],
)
def test_it_can_give_itself_nothing_and_hide_nothing(policy, action, arn):
    assert not is_allowed(policy, Request(action, arn))


def test_it_approves_nothing_that_it_would_do(policy):
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}-healing"
    for key, is_possible in (("entry#2026-11-27", True), ("approval", False), ("lock", False)):
        put = Request("dynamodb:PutItem", table, {"dynamodb:LeadingKeys": (key,)})
        assert is_allowed(policy, put) is is_possible
