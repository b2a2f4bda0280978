"""What AWS would ask IAM for the healer's calls, and the same about what is not ours."""

import json

import pytest

from tests.terraform.asking import Place, asked
from tests.terraform.foreign import NAME, foreign
from tests.terraform.judging import Request, is_allowed, statements
from tests.terraform.recording import Call

HERE = "ap-south-1:123456789012"
KEY = f"arn:aws:kms:{HERE}:key/k"
ROLE = "arn:aws:iam::123456789012:role/server"
FLEET = {"aws:autoscaling:groupName": f"{NAME}-fleet"}
PLACE = Place("ap-south-1", "123456789012", KEY, ROLE, lambda machine: FLEET)


def told(service: str, operation: str, **arguments: object) -> list[str]:
    requests = asked(Call.of(service, operation, arguments), PLACE)
    return [f"{one.action} {one.arn}" for one in requests]


def test_it_is_asked_for_each_thing_that_a_call_names():
    assert told("ec2", "create_tags", Resources=["sg-1", "lt-2"], Tags=[]) == [
        f"ec2:CreateTags arn:aws:ec2:{HERE}:security-group/sg-1",
        f"ec2:CreateTags arn:aws:ec2:{HERE}:launch-template/lt-2",
    ]
    assert told("sqs", "set_queue_attributes", QueueUrl="http://127.0.0.1:1/1/untold") == [
        f"sqs:SetQueueAttributes arn:aws:sqs:{HERE}:untold"
    ]
    assert told("ec2", "describe_instances", InstanceIds=["i-1"]) == ["ec2:DescribeInstances *"]


def test_each_part_of_a_transaction_is_asked_by_its_row():
    check = {"TableName": "t", "Key": {"pk": {"S": "lock"}}}
    put = {"TableName": "t", "Item": {"pk": {"S": "board"}}}
    items = [{"ConditionCheck": check}, {"Put": put}]
    call = Call.of("dynamodb", "transact_write_items", {"TransactItems": items})
    first, second, third = asked(call, PLACE)
    assert (first.action, second.action) == ("dynamodb:ConditionCheckItem", "dynamodb:PutItem")
    assert second.context == {"dynamodb:LeadingKeys": ("board",)}
    assert third.context == {"kms:ViaService": ("dynamodb.ap-south-1.amazonaws.com",)}


def test_what_is_made_with_tags_is_asked_for_its_tags_too():
    rule = f"arn:aws:events:{HERE}:rule/r"
    assert told("events", "put_rule", Name="r") == [f"events:PutRule {rule}"]
    assert f"events:TagResource {rule}" in told("events", "put_rule", Name="r", Tags=[{"Key": "a"}])


def test_a_template_is_asked_for_all_that_it_launches():
    template = {"LaunchTemplateId": "lt-1", "Version": "1"}
    rows = told(
        "autoscaling",
        "update_auto_scaling_group",
        AutoScalingGroupName="g",
        LaunchTemplate=template,
    )
    assert f"ec2:RunInstances arn:aws:ec2:{HERE}:subnet/subnet-1" in rows
    assert f"ec2:CreateTags arn:aws:ec2:{HERE}:volume/volume-1" in rows
    assert f"iam:PassRole {ROLE}" in rows


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ec2", "reboot_instances", {}),  # of which?
        ("ec2", "make_coffee", {"InstanceIds": ["i-1"]}),
        ("sns", "subscribe", {"TopicArn": KEY}),
    ],
)
def test_what_nobody_knows_is_an_error(service, operation, arguments):
    with pytest.raises(AssertionError, match=r"knows"):
        told(service, operation, **arguments)


def judged(action: str, arn: str, request: Request, condition: dict | None = None) -> set[str]:
    """In what a foreign request differs that a statement lets through."""
    row = {"Effect": "Allow", "Action": action, "Resource": arn, "Condition": condition or {}}
    policy = statements(json.dumps({"Version": "2012-10-17", "Statement": [row]}))
    assert is_allowed(policy, request)
    return {words for words, one in foreign(request) if is_allowed(policy, one)}


def test_a_neighbour_whose_name_begins_as_ours_is_another_one():
    action, arn = "cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:{HERE}:alarm:{NAME}-untold"
    request = Request(action, arn)
    assert judged(action, arn, request) == set()
    begins = arn.replace("untold", "*")
    assert judged(action, begins, request) == {"a longer name", f"of {NAME}-eu"}
    assert "another account" in judged(action, begins.replace("123456789012", "*"), request)


def test_a_machine_of_another_fleet_is_another_one():
    (request,) = asked(Call.of("ec2", "reboot_instances", {"InstanceIds": ["i-1"]}), PLACE)
    any_machine, tag = f"arn:aws:ec2:{HERE}:instance/*", "aws:ResourceTag/aws:autoscaling:groupName"
    ours = {"StringEquals": {tag: f"{NAME}-fleet"}}
    assert judged("ec2:RebootInstances", any_machine, request, ours) == set()
    assert judged("ec2:RebootInstances", any_machine, request) == {f"another {tag}", f"no {tag}"}
    begins = {"StringLike": {tag: f"{NAME}-*"}}
    assert judged("ec2:RebootInstances", any_machine, request, begins) == {f"another {tag}"}


def test_what_only_looks_is_not_tried_on_others():
    assert list(foreign(Request("sns:GetTopicAttributes", f"arn:aws:sns:{HERE}:notices"))) == []
