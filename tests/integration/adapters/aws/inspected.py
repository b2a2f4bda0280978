"""A stack on an AWS API server as Terraform names it, and its examinations by `doctor --stack`."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudscale.adapters.aws.healing.assembly import Whereabouts
from cloudscale.adapters.aws.inspection import Inspection
from cloudscale.serving.diagnosis.finding import Finding, examine
from cloudscale.serving.diagnosis.stack import Stack, in_words
from tests.integration.adapters.aws.conftest import REGION, Aws

NAME = "shop-production"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
POINTER = {"schema": 1, "bucket": "b", "key": "k", "sha256": "0" * 64, "change": "c"}


def where(url: str) -> Whereabouts:
    return Whereabouts(stack=NAME, table=f"{NAME}-healing", region=REGION, endpoint_url=url)


def stack_at(url: str) -> Stack:
    calls = where(url).calls()
    return Stack(Inspection(calls, NAME), where(url), calls, lambda: NOW)


class Stage:
    """A stack that is well, to be made ill."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def found(self, title: str) -> Finding:
        """What one examination comes to now."""
        return examine(title, in_words(stack_at(self.aws.url).examinations()[title]))

    def fleet(self, smallest: int = 2, largest: int = 4, desired: int = 2) -> str:
        """Build the group and what it is made of; the target group."""
        ec2, elb, scaling = (self.aws.client(name) for name in ("ec2", "elbv2", "autoscaling"))
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        self.template = {"ImageId": image, "InstanceType": "t3.small"}
        ec2.create_launch_template(
            LaunchTemplateName=f"{NAME}-server", LaunchTemplateData=self.template
        )
        group = elb.create_target_group(Name="shop", Protocol="HTTP", Port=8000, VpcId=vpc)
        arn = group["TargetGroups"][0]["TargetGroupArn"]
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=f"{NAME}-fleet",
            LaunchTemplate={"LaunchTemplateName": f"{NAME}-server", "Version": "1"},
            MinSize=smallest,
            MaxSize=largest,
            DesiredCapacity=desired,
            VPCZoneIdentifier=subnet,
            TargetGroupARNs=[arn],
        )
        return arn

    def newer_template(self) -> None:
        """A deploy that has only begun."""
        self.aws.client("ec2").create_launch_template_version(
            LaunchTemplateName=f"{NAME}-server", LaunchTemplateData=self.template
        )

    def alarm(self, name: str, state: str, *actions: str) -> None:
        """One alarm of the stack."""
        client = self.aws.client("cloudwatch")
        client.put_metric_alarm(
            AlarmName=f"{NAME}-{name}",
            Namespace="AWS/EC2",
            MetricName="CPUUtilization",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=70,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=list(actions),
        )
        client.set_alarm_state(AlarmName=f"{NAME}-{name}", StateValue=state, StateReason="test")

    def parameter(self, name: str, value: str) -> None:
        """One parameter of the stack."""
        self.aws.client("ssm").put_parameter(
            Name=f"/{NAME}/{name}", Value=value, Type="String", Overwrite=True
        )

    def healer(self, switch: str = "on", applying: dict[str, Any] | None = None) -> None:
        """The healer's parameters."""
        self.parameter("healing/switch", switch)
        self.parameter("healing/desired", json.dumps(POINTER))
        if applying:
            self.parameter("healing/applying", json.dumps(applying))

    def board(self, **changes: Any) -> None:
        """What the healer wrote down last."""
        client = self.aws.client("dynamodb")
        table = f"{NAME}-healing"
        client.create_table(
            TableName=table,
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        row = {"at": (NOW - timedelta(seconds=40)).isoformat(), "outcome": "well", "words": ""}
        item = {"pk": "board", "sk": "board", "board": json.dumps(row | changes)}
        client.put_item(TableName=table, Item={name: {"S": text} for name, text in item.items()})
