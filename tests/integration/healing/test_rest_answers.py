"""What AWS answers about what stands around a fleet, and an AWS on loopback does not."""

from typing import Any

from cloudscale.adapters.aws.healing import acting
from cloudscale.adapters.aws.healing.observing import OBSERVERS
from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.compare import compare
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits, Mode
from cloudscale.ops.healing.observed import Gone, Observed, Sight, Unreadable
from cloudscale.ops.healing.plan import plan
from cloudscale.ops.healing.resource import Ref, Resource
from tests.aws_server import REGION
from tests.integration.healing.stage import NAME, NOW
from tests.integration.healing.test_fleet_answers import STACK, Aws

DATABASE = Ref("database", "database")
ELB = f"arn:aws:elasticloadbalancing:{REGION}:123456789012"
HTTP, HTTPS = f"{ELB}:listener/app/shop/1/80", f"{ELB}:listener/app/shop/1/443"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:{NAME}-notices"
KEY, OTHER = (f"arn:aws:kms:{REGION}:123456789012:key/{name}" for name in ("ours", "other"))
REDIRECT = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
AS_ASKED = {"Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}


def wanted(kind: str, name: str, id_: str, fields: dict[str, Any], **about: Any) -> Resource:
    return Resource(Ref(kind, name), id_, f"aws_{kind}.{name}", fields, about)


def seen(aws: Aws, *resources: Resource) -> dict[Ref, Sight]:
    return dict(OBSERVERS[resources[0].ref.kind](aws.calls, resources, STACK))


def drifted(aws: Aws, resource: Resource) -> set[str]:
    """The fields of it that differ."""
    document = Desired("change", STACK, Limits(Mode.APPLY), [resource])
    broken = compare(document, Observed(NOW, seen(aws, resource))).broken
    return {drift.field for one in broken for drift in one.drifts}


def told_of_database(aws: Aws, pending: dict[str, Any]) -> None:
    row = {
        "DBInstanceIdentifier": f"{NAME}-database",
        "DBInstanceArn": f"arn:aws:rds:{REGION}:123456789012:db:{NAME}-database",
        "DBInstanceClass": "db.t4g.small",
        "BackupRetentionPeriod": 7,
        "PendingModifiedValues": pending,
    }
    aws.tells("rds", "describe_db_instances", DBInstances=[row])


def test_what_terraform_leaves_to_the_databases_window_is_not_done_at_once():
    fields = {"instance_class": "db.t4g.medium", "backup_retention_days": 7}
    database, aws = wanted("database", "database", f"{NAME}-database", fields), Aws()
    told_of_database(aws, {})
    assert drifted(aws, database) == {"instance_class"}
    told_of_database(aws, {"DBInstanceClass": "db.t4g.medium"})
    assert drifted(aws, database) == set()


def test_what_somebody_else_has_the_database_do_later_is_seen_before_it_happens():
    fields = {"instance_class": "db.t4g.small", "backup_retention_days": 7}
    database, aws = wanted("database", "database", f"{NAME}-database", fields), Aws()
    told_of_database(aws, {"DBInstanceClass": "db.t4g.micro", "BackupRetentionPeriod": 0})
    assert drifted(aws, database) == {"instance_class", "backup_retention_days"}


def listener(name: str, arn: str) -> Resource:
    moved = {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}
    fields = {"port": 80, "protocol": "HTTP", "tags": {"Project": "CloudScale"}}
    actions = [{"type": "redirect", "redirect": moved}]
    return wanted("listener", name, arn, {**fields, "actions": actions})


def tells_listener(aws: Aws, **changes: str) -> None:
    action = {"Type": "redirect", "RedirectConfig": {**REDIRECT, **AS_ASKED, **changes}}
    row = {"ListenerArn": HTTP, "Port": 80, "Protocol": "HTTP", "DefaultActions": [action]}
    aws.tells("elbv2", "describe_listeners", Listeners=[row])
    tags = [{"Key": "Project", "Value": "CloudScale"}]
    told = [{"ResourceArn": HTTP, "Tags": tags}]
    aws.tells("elbv2", "describe_tags", TagDescriptions=told)


def test_a_redirect_that_aws_spells_out_is_the_one_that_terraform_wrote():
    aws = Aws()
    tells_listener(aws)
    assert drifted(aws, listener("http", HTTP)) == set()
    tells_listener(aws, Host="shop.example.net")
    assert drifted(aws, listener("http", HTTP)) == {"actions"}


def test_a_listener_that_is_gone_hides_no_other():
    aws, gone = Aws(), listener("https", HTTPS)
    aws.refuses("elbv2", "describe_listeners", "ListenerNotFound")
    tells_listener(aws)
    sights = seen(aws, gone, listener("http", HTTP))
    assert sights[gone.ref] == Gone()
    assert not isinstance(sights[Ref("listener", "http")], Gone | Unreadable)


def test_who_was_subscribed_to_a_topic_that_is_gone_is_not_there_either():
    about = {"topic": TOPIC, "protocol": "email", "endpoint": "ops@example.com"}
    mail, aws = wanted("subscription", "email", "it", {"is_there": True}, **about), Aws()
    aws.refuses("sns", "list_subscriptions_by_topic", "NotFound")
    assert seen(aws, mail) == {mail.ref: Gone()}
    aws.refuses("sns", "list_subscriptions_by_topic", "AuthorizationError")
    assert isinstance(seen(aws, mail)[mail.ref], Unreadable)


def test_two_who_are_subscribed_to_a_topic_are_seen_by_one_call():
    aws, rows = Aws(), []
    for endpoint in ("ops@example.com", "boss@example.com"):
        about = {"topic": TOPIC, "protocol": "email", "endpoint": endpoint}
        rows.append(wanted("subscription", endpoint, "it", {"is_there": True}, **about))
    pending = {"Protocol": "email", "SubscriptionArn": "PendingConfirmation", "TopicArn": TOPIC}
    told = [{**pending, "Endpoint": "ops@example.com"}]
    aws.tells("sns", "list_subscriptions_by_topic", Subscriptions=told)
    assert [isinstance(one, Gone) for one in seen(aws, *rows).values()] == [False, True]
    assert aws.calls.made == 1


def test_a_log_groups_key_is_put_back_and_undone():
    name, aws = f"/{NAME}/server", Aws()
    group = wanted("log_group", "server", name, {"retention_days": 30, "key": KEY})
    row = {"logGroupName": name, "retentionInDays": 30, "kmsKeyId": OTHER}
    aws.tells("logs", "describe_log_groups", logGroups=[row])
    document = Desired("change", STACK, Limits(Mode.APPLY), [group])
    found = plan(document, Observed(NOW, seen(aws, group)), History(NOW), NOW, diagnoses=()).planned
    (action,) = (one.action for one in found)
    named = {"logGroupName": name}
    assert action.commands == (Command("logs", "associate_kms_key", {**named, "kmsKeyId": KEY}),)
    assert action.undo == (Command("logs", "associate_kms_key", {**named, "kmsKeyId": OTHER}),)
    aws.tells("logs", "associate_kms_key")
    acting.act(aws.calls, action.commands[0])


def test_what_is_there_already_or_lives_already_is_as_good_as_made():
    aws = Aws()
    for command, code in (
        (Command("logs", "create_log_group", {"logGroupName": "x"}), "ResourceAlreadyExists"),
        (Command("kms", "cancel_key_deletion", {"KeyId": "x"}), "KMSInvalidState"),
    ):
        aws.refuses(command.service, command.operation, f"{code}Exception")
        acting.act(aws.calls, command)
