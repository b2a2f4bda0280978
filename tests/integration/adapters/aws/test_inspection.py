"""`doctor --stack` against an AWS API server: a stack as Terraform names it, and each way to fail.

The stack that Terraform really builds is examined in tests/terraform/test_doctor.py.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.inspection import Inspection
from cloudscale.cli import app
from cloudscale.serving.diagnosis.finding import Verdict, examine
from cloudscale.serving.diagnosis.stack import Stack, in_words
from cloudscale.settings import get_settings
from tests.integration.adapters.aws.canned import answering
from tests.integration.adapters.aws.conftest import REGION, Aws
from tests.integration.adapters.aws.inspected import NAME, NOW, Stage, stack_at, where
from tests.integration.adapters.aws.test_fleet import NAMESPACE


@pytest.fixture
def stage(aws: Aws) -> Stage:
    return Stage(aws)


def test_a_fleet_that_serves_as_it_should(stage: Stage):
    stage.fleet()
    assert stage.found("fleet").words == "2 in service of 2 (2 to 4)"
    assert stage.found("targets").words == "2 of 2 healthy"
    assert stage.found("version").words == "all servers are of version 1"


def test_a_fleet_of_no_servers_is_a_shop_that_is_down(stage: Stage):
    stage.fleet(smallest=0, desired=0)
    assert stage.found("targets").words == "No server is healthy: the shop is down."


@pytest.mark.parametrize(
    ("smallest", "verdict", "words"),
    [
        (2, Verdict.MEND, "1 in service of 2 (2 to 4): fewer than the least."),
        (1, Verdict.NOTE, "1 in service of 2 (1 to 4)."),
    ],
)
def test_servers_that_do_not_serve_yet_are_not_counted(stage: Stage, smallest, verdict, words):
    stage.fleet()
    stack = stack_at(stage.aws.url)
    serving, starting = stack.group().members
    members = [serving, replace(starting, state="Pending:Wait")]
    stack._group = replace(stack.group(), smallest=smallest, members=members)
    found = examine("fleet", stack.fleet)
    assert (found.verdict, found.words) == (verdict, words)


def test_a_process_that_somebody_stopped(stage: Stage):
    stage.fleet()
    stage.aws.client("autoscaling").suspend_processes(
        AutoScalingGroupName=f"{NAME}-fleet", ScalingProcesses=["ReplaceUnhealthy"]
    )
    found = stage.found("fleet")
    assert "somebody stopped: ReplaceUnhealthy" in found.words
    assert found.mend.startswith("aws autoscaling resume-processes")


def test_a_fleet_that_cannot_grow_is_noted(stage: Stage):
    stage.fleet(largest=3, desired=3)
    assert "as large as it may be" in stage.found("fleet").words


def test_a_launch_template_that_the_group_does_not_use_yet(stage: Stage):
    stage.fleet()
    stage.newer_template()
    found = stage.found("version")
    assert found.words == "The group makes servers of version 1, not of 2."
    assert found.mend == f"python -m cloudscale rollout --group {NAME}-fleet"


def test_servers_of_an_older_version_are_noted(stage: Stage):
    stage.fleet()
    stage.newer_template()
    stage.aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=f"{NAME}-fleet",
        LaunchTemplate={"LaunchTemplateName": f"{NAME}-server", "Version": "2"},
    )
    found = stage.found("version")
    assert (found.verdict, found.words) == (
        Verdict.NOTE,
        "2 of 2 servers are of an older version.",
    )


def test_a_stack_that_is_not_there_is_told_by_its_name(stage: Stage):
    assert stage.found("fleet").words == f"There is no Auto Scaling group {NAME}-fleet here."
    assert stage.found("alarms").words == "The stack has no alarm."
    assert stage.found("people").words == f"There is no topic {NAME}-notices."
    assert stage.found("healer").words.startswith("There is no parameter")
    assert stage.found("secrets").words.startswith("secret-key, metrics-token: missing")
    assert stage.found("policy").verdict is Verdict.MEND
    assert stage.found("database").words.startswith("somebody else's")


REFRESHES = """<DescribeInstanceRefreshesResponse {namespace}><DescribeInstanceRefreshesResult>
<InstanceRefreshes>{rows}</InstanceRefreshes></DescribeInstanceRefreshesResult>
</DescribeInstanceRefreshesResponse>"""
REFRESH = """<member><InstanceRefreshId>r</InstanceRefreshId><Status>{status}</Status>
<StatusReason>{reason}</StatusReason><PercentageComplete>50</PercentageComplete></member>"""


@pytest.mark.parametrize(
    ("status", "verdict", "words"),
    [
        ("Successful", Verdict.WELL, "Successful"),
        ("InProgress", Verdict.NOTE, "InProgress, 50 %."),
        ("Failed", Verdict.MEND, "Failed: an alarm went off"),
        (
            "RollbackSuccessful",
            Verdict.MEND,
            "The newest version was taken back: an alarm went off",
        ),
    ],
)
@pytest.mark.usefixtures("aws")
def test_how_the_newest_refresh_stands(status, verdict, words):
    row = REFRESH.format(status=status, reason="an alarm went off")
    answer = REFRESHES.format(namespace=NAMESPACE, rows=row)
    with answering((200, answer)) as (place, asked):
        found = examine("refresh", stack_at(str(place.endpoint_url)).refresh)
    assert (found.verdict, found.words) == (verdict, words)
    assert asked[0]["AutoScalingGroupName"] == f"{NAME}-fleet"


@pytest.mark.usefixtures("aws")
def test_a_fleet_that_was_never_refreshed():
    with answering((200, REFRESHES.format(namespace=NAMESPACE, rows=""))) as (place, _):
        assert stack_at(str(place.endpoint_url)).refresh() == "there was none"


TARGETS = """<DescribeTargetHealthResponse
xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult>
<TargetHealthDescriptions><member><Target><Id>i-1</Id></Target><TargetHealth>
<State>unhealthy</State><Reason>Target.ResponseCodeMismatch</Reason>
<Description>Health checks failed with these codes: [502]</Description></TargetHealth></member>
</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>"""


@pytest.mark.usefixtures("aws")
def test_a_sick_target_is_told_with_the_balancers_own_reason(stage: Stage):
    stage.fleet()
    group = stack_at(stage.aws.url).group()
    with answering((200, TARGETS)) as (place, _):
        stack = stack_at(str(place.endpoint_url))
        stack._group = group
        found = examine("targets", stack.targets)
    assert found.words == "i-1 unhealthy: Health checks failed with these codes: [502]."


def test_an_alarm_for_people_is_told_and_one_that_scales_is_not(stage: Stage):
    stage.alarm("cpu-high", "ALARM", f"arn:aws:autoscaling:{REGION}:1:scalingPolicy:x")
    assert stage.found("alarms").words == "none of 1 calls for somebody"
    stage.alarm("database-storage", "ALARM")
    stage.alarm("slow", "OK")
    assert stage.found("alarms").words == "database-storage."


def test_the_healers_switch_hold_and_last_run(stage: Stage):
    stage.healer()
    stage.board()
    assert stage.found("healer").words == "on, and nothing holds it"
    assert stage.found("last run").words == "40 s ago: well"
    stage.healer(switch="off")
    assert stage.found("healer").mend == "python -m cloudscale heal --switch on"
    until = (NOW + timedelta(minutes=5)).isoformat()
    stage.healer(applying={"change": "d", "hold_until": until})
    assert stage.found("healer").words == "It only looks until 12:05:00 UTC."


def test_a_healer_that_fell_silent(stage: Stage):
    stage.board(at=(NOW - timedelta(hours=1)).isoformat())
    assert stage.found("last run").words == "3600 s ago: well."


def test_a_healer_in_trouble_tells_why(stage: Stage):
    stage.board(outcome="trouble", words="AWS refuses it.")
    assert stage.found("last run").words.endswith("trouble: AWS refuses it.")


def test_secrets_are_asked_for_and_never_read(stage: Stage):
    manager = stage.aws.client("secretsmanager")
    for name in ("secret-key", "metrics-token", "database-password"):
        manager.create_secret(Name=f"{NAME}/{name}", SecretString="hidden")
    assert stage.found("secrets").words == "database-password, metrics-token, secret-key"
    manager.delete_secret(SecretId=f"{NAME}/secret-key", RecoveryWindowInDays=7)
    found = stage.found("secrets")
    assert found.words == "secret-key: missing, or about to be deleted."
    assert not [call for call in stage.aws.calls() if "GetSecretValue" in str(call["headers"])]


def test_people_who_did_not_confirm_are_counted(stage: Stage):
    sns = stage.aws.client("sns")
    topic = sns.create_topic(Name=f"{NAME}-notices")["TopicArn"]
    assert stage.found("people").words == "Nobody is told of anything."
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    assert stage.found("people").words == "1 confirmed"


SUBSCRIBERS = """<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
<ListSubscriptionsByTopicResult><Subscriptions><member><TopicArn>t</TopicArn>
<Protocol>email</Protocol><SubscriptionArn>PendingConfirmation</SubscriptionArn>
<Endpoint>ops@example.com</Endpoint></member></Subscriptions></ListSubscriptionsByTopicResult>
</ListSubscriptionsByTopicResponse>"""
TOPICS = """<ListTopicsResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ListTopicsResult>
<Topics><member><TopicArn>arn:aws:sns:x:1:{name}-notices</TopicArn></member></Topics>
</ListTopicsResult></ListTopicsResponse>"""


@pytest.mark.usefixtures("aws")
def test_a_mail_that_nobody_confirmed_tells_nobody():
    with answering((200, TOPICS.format(name=NAME)), (200, SUBSCRIBERS)) as (place, _):
        found = examine("people", stack_at(str(place.endpoint_url)).people)
    assert found.words == "1 of 1 did not confirm, and are told nothing."
    assert "ops@example.com" not in str(found)


def test_a_database_and_its_backups(stage: Stage):
    rds = stage.aws.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier=f"{NAME}-database",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="shop",
        MasterUserPassword="hidden-password",
        BackupRetentionPeriod=7,
    )
    found = stage.found("database")
    assert found.verdict is Verdict.WELL
    assert "backups of 7 days" in found.words
    rds.modify_db_instance(DBInstanceIdentifier=f"{NAME}-database", BackupRetentionPeriod=0)
    assert "without backups" in stage.found("database").words
    rds.stop_db_instance(DBInstanceIdentifier=f"{NAME}-database")
    assert stage.found("database").verdict is Verdict.NOTE


def test_only_reading_calls_are_made(stage: Stage):
    """By their names, as botocore's own models have them."""

    class Noted(Calls):
        made_operations: list[str] = []

        def ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
            self.made_operations.append(operation)
            return super().ask(service, operation, **arguments)

        def pages(self, service: str, operation: str, **arguments: Any):
            self.made_operations.append(operation)
            return super().pages(service, operation, **arguments)

    place = where(stage.aws.url)
    calls = Noted(lambda service: stage.aws.client(service))
    stack = Stack(Inspection(calls, NAME), place, calls, lambda: NOW)
    stage.fleet()
    for title, ask in stack.examinations().items():
        examine(title, in_words(ask))
    assert len(set(calls.made_operations)) >= 11
    assert {name.partition("_")[0] for name in calls.made_operations} <= {"describe", "get", "list"}


def test_the_command_ends_at_once_where_aws_cannot_be_asked(stage: Stage, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_REGION", REGION)
    get_settings.cache_clear()
    ran = CliRunner().invoke(app, ["doctor", "--stack", NAME])
    get_settings.cache_clear()
    assert ran.exit_code == 1
    assert "AWS did not answer sts:GetCallerIdentity" in ran.stderr
    assert ran.stderr.count("MEND") == 1
