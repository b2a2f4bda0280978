"""A fleet and all that makes it one, put on an AWS of its own by boto3 alone; and what of it
Terraform would have written down."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import OBSERVERS
from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.compare import Comparison, compare
from cloudscale.ops.healing.desired import Desired, StackFacts
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.limits import Limits, Mode
from cloudscale.ops.healing.observed import Observed, Sight
from cloudscale.ops.healing.plan import plan
from cloudscale.ops.healing.resource import Fields, Ref, Resource
from tests.aws_server import REGION, Aws

GROUP = "shop"
NAME = "shop-test"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
METRICS = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize"]
USER_DATA = b"#cloud-config\n{}\n"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "ec2.amazonaws.com"},
        }
    ],
}
ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Metrics",
            "Effect": "Allow",
            "Action": ["cloudwatch:PutMetricData"],
            "Resource": ["*"],
            "Condition": {"StringEquals": {"cloudwatch:namespace": "CloudScale/Commerce"}},
        }
    ],
}


@dataclass
class Stage:
    """What was put there.

    Attributes:
        aws: Where.
        ids: What AWS called it, by our words.
        resources: What of it is wanted, by name.
        clients: Those that were made.
    """

    aws: Aws
    ids: dict[str, Any] = field(default_factory=dict)
    resources: dict[Ref, Resource] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Whoever sets the stage, or spoils it; each is made once."""
        if service not in self.clients:
            self.clients[service] = self.aws.client(service)
        return self.clients[service]

    def want(self, kind: str, name: str, id_: str, fields: Fields, **about: Any) -> None:
        """Write one down as Terraform does: JSON and back."""
        ref = Ref(kind, name)
        text = json.loads(json.dumps(fields))
        self.resources[ref] = Resource(ref, id_, f"module.x.aws_{kind}.{name}", text, about)

    @property
    def desired(self) -> Desired:
        facts = StackFacts(NAME, REGION, "123456789012", group=GROUP)
        return Desired("change", facts, Limits(Mode.APPLY), tuple(self.resources.values()))

    def observe(self, calls: Calls | None = None, *kinds: str) -> Observed:
        """Look at all, or at some kinds, as healing does."""
        calls = calls or Calls(self.client)
        sights: dict[Ref, Sight] = {}
        for kind, look in OBSERVERS.items():
            wanted = [one for one in self.resources.values() if one.ref.kind == kind]
            if wanted and (not kinds or kind in kinds):
                sights |= look(calls, wanted, self.desired.stack)
        return Observed(NOW, sights)

    def compare(self) -> Comparison:
        return compare(self.desired, self.observe())

    def planned(self, *kinds: str) -> tuple[Action, ...]:
        """What healing would do now."""
        observed = self.observe(None, *kinds)
        found = plan(self.desired, observed, History(NOW), NOW, diagnoses=())
        assert found.comparison.unreadable == {}
        assert found.comparison.unknown == ()
        return tuple(one.action for one in found.planned)

    def heal(self, *kinds: str) -> tuple[Action, ...]:
        """Make the calls of all that would be done."""
        actions = self.planned(*kinds)
        assert all(one.verb is Verb.REPAIR for one in actions), actions
        for one in actions:
            self.make(one)
        return actions

    def make(self, action: Action, *, undo: bool = False) -> None:
        """Make an action's calls, or those that take it back."""
        for command in action.undo if undo else action.commands:
            getattr(self.client(command.service), command.operation)(**command.arguments)


def build(aws: Aws) -> Stage:
    """Put all of it there."""
    stage = Stage(aws)
    for put in (_network, _role, _template, _group, _policies, _alarms):
        put(stage)
    return stage


def _network(stage: Stage) -> None:
    ec2 = stage.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{z}")
        for n, z in enumerate("ab")
    ]
    stage.ids |= {"vpc": vpc, "subnets": [one["Subnet"]["SubnetId"] for one in subnets]}
    balancer = _security_group(stage, "alb", [("tcp", 443, "0.0.0.0/0", "HTTPS")])
    fleet = _security_group(stage, "fleet", [])
    pair = {"GroupId": balancer, "Description": "The load balancer"}
    permission = {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8000, "UserIdGroupPairs": [pair]}
    ec2.authorize_security_group_ingress(GroupId=fleet, IpPermissions=[permission])
    stage.ids |= {"alb": balancer, "fleet": fleet}
    from_balancer = {"protocol": "tcp", "from_port": 8000, "to_port": 8000, "groups": [balancer]}
    rules = [{**from_balancer, "description": "The load balancer"}]
    out = [{"protocol": "-1", "from_port": 0, "to_port": 0, "cidrs": ["0.0.0.0/0"]}]
    https = {"protocol": "tcp", "from_port": 443, "to_port": 443, "description": "HTTPS"}
    for name, ingress in (("alb", [{**https, "cidrs": ["0.0.0.0/0"]}]), ("fleet", rules)):
        tags = {"Name": f"{NAME}-{name}"}
        fields = {"ingress": ingress, "egress": out, "tags": tags}
        stage.want("security_group", name, stage.ids[name], fields)


def _security_group(stage: Stage, name: str, rules: list[tuple[str, int, str, str]]) -> str:
    ec2 = stage.client("ec2")
    tags = [{"Key": "Name", "Value": f"{NAME}-{name}"}]
    group = ec2.create_security_group(
        GroupName=f"{NAME}-{name}",
        Description=name,
        VpcId=stage.ids["vpc"],
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )["GroupId"]
    for protocol, port, cidr, words in rules:
        origin = {"CidrIp": cidr, "Description": words}
        rule = {"IpProtocol": protocol, "FromPort": port, "ToPort": port, "IpRanges": [origin]}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    return group


def _role(stage: Stage) -> None:
    iam = stage.client("iam")
    role = f"{NAME}-server"
    tags = [{"Key": "Project", "Value": "CloudScale"}]
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags)
    iam.put_role_policy(RoleName=role, PolicyName="server", PolicyDocument=json.dumps(ALLOWED))
    policy = iam.create_policy(PolicyName="extra", PolicyDocument=json.dumps(ALLOWED))["Policy"]
    iam.attach_role_policy(RoleName=role, PolicyArn=policy["Arn"])
    profile = iam.create_instance_profile(InstanceProfileName=role)["InstanceProfile"]
    iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
    iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=json.dumps(TRUST))
    stage.ids |= {"role": role, "profile": profile["Arn"], "policy": policy["Arn"]}
    fields = {
        "trust": json.dumps(TRUST),
        "inline": {"server": json.dumps(ALLOWED)},
        "attached": [policy["Arn"]],
        "tags": {"Project": "CloudScale"},
    }
    stage.want("role", "server", role, fields)
    stage.want("instance_profile", "server", role, {"role": role})


def _template(stage: Stage) -> None:
    ec2 = stage.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    disk = {"VolumeType": "gp3", "VolumeSize": 20, "Encrypted": True, "DeleteOnTermination": True}
    data = {
        "ImageId": image,
        "InstanceType": "t3.small",
        "EbsOptimized": True,
        "UserData": base64.b64encode(USER_DATA).decode(),
        "SecurityGroupIds": [stage.ids["fleet"]],
        "IamInstanceProfile": {"Arn": stage.ids["profile"]},
        "MetadataOptions": {
            "HttpEndpoint": "enabled",
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 1,
            "InstanceMetadataTags": "disabled",
        },
        "Monitoring": {"Enabled": True},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": disk}],
    }
    told = ec2.create_launch_template(
        LaunchTemplateName=f"{NAME}-server",
        LaunchTemplateData=data,
        TagSpecifications=[
            {
                "ResourceType": "launch-template",
                "Tags": [{"Key": "Project", "Value": "CloudScale"}],
            }
        ],
    )["LaunchTemplate"]
    stage.ids |= {"template": told["LaunchTemplateId"], "data": data}
    content = {
        "image_id": image,
        "instance_type": "t3.small",
        "user_data_sha256": hashlib.sha256(USER_DATA).hexdigest(),
        "security_groups": [stage.ids["fleet"]],
        "instance_profile": stage.ids["profile"],
        "metadata": {
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
            "instance_metadata_tags": "disabled",
        },
        "monitoring": True,
        "ebs_optimized": "true",  # a text in Terraform's state
        "disks": [
            {
                "device": "/dev/xvda",
                "volume_type": "gp3",
                "volume_size": 20,
                "encrypted": "true",
                "delete_on_termination": "true",
            }
        ],
    }
    fields = {"default_version": 1, "content": content, "tags": {"Project": "CloudScale"}}
    stage.want("launch_template", "server", told["LaunchTemplateId"], fields, version=1)


def _group(stage: Stage) -> None:
    elb, scaling = stage.client("elbv2"), stage.client("autoscaling")
    made = elb.create_target_group(
        Name=NAME, Protocol="HTTP", Port=8000, VpcId=stage.ids["vpc"], TargetType="instance"
    )
    target = made["TargetGroups"][0]["TargetGroupArn"]
    stage.ids["target_group"] = target
    template = {"LaunchTemplateId": stage.ids["template"], "Version": "1"}
    tag = {"Key": "Project", "Value": "CloudScale", "PropagateAtLaunch": True}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        LaunchTemplate=template,
        MinSize=2,
        MaxSize=6,
        DesiredCapacity=2,
        VPCZoneIdentifier=",".join(stage.ids["subnets"]),
        TargetGroupARNs=[target],
        HealthCheckType="ELB",
        HealthCheckGracePeriod=300,
        TerminationPolicies=["Default"],
        Tags=[{"ResourceId": GROUP, "ResourceType": "auto-scaling-group", **tag}],
    )
    scaling.enable_metrics_collection(
        AutoScalingGroupName=GROUP, Metrics=METRICS, Granularity="1Minute"
    )
    fields = {
        "min_size": 2,
        "max_size": 6,
        "desired_capacity": 2,
        "subnets": stage.ids["subnets"][::-1],
        "health_check_type": "ELB",
        "health_check_grace_seconds": 300,
        "suspended_processes": [],
        "launch_template": {"id": stage.ids["template"], "version": 1},
        "target_groups": [target],
        "metrics": METRICS[::-1],
        "protects_new_instances": False,
        "termination_policies": ["Default"],
        "max_lifetime_seconds": 0,
        "tags": {"Project": "CloudScale"},
    }
    stage.want("auto_scaling_group", "this", GROUP, fields)
    hook = {"LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING", "DefaultResult": "ABANDON"}
    scaling.put_lifecycle_hook(
        LifecycleHookName="launching", AutoScalingGroupName=GROUP, HeartbeatTimeout=600, **hook
    )
    fields = {
        "transition": hook["LifecycleTransition"],
        "default_result": "ABANDON",
        "timeout_seconds": 600,
    }
    stage.want("lifecycle_hook", "launching", "launching", fields, group=GROUP)


def _policies(stage: Stage) -> None:
    scaling = stage.client("autoscaling")
    common = {"AutoScalingGroupName": GROUP}
    steps = [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 2},
    ]
    scaling.put_scaling_policy(
        PolicyName="out",
        PolicyType="StepScaling",
        AdjustmentType="ChangeInCapacity",
        MetricAggregationType="Average",
        EstimatedInstanceWarmup=120,
        StepAdjustments=steps,
        **common,
    )
    stage.ids["step_arn"] = scaling.describe_policies(**common)["ScalingPolicies"][0]["PolicyARN"]
    fields = {
        "type": "StepScaling",
        "adjustment_type": "ChangeInCapacity",
        "aggregation": "Average",
        "warm_up_seconds": 120,
        "is_enabled": True,
        "steps": [
            {"lower": "10", "upper": "", "adjustment": 2},  # texts in Terraform's state
            {"lower": "0", "upper": "10", "adjustment": 1},
        ],
    }
    stage.want("scaling_policy", "out", "out", fields, group=GROUP)
    scaling.put_scaling_policy(
        PolicyName="in",
        PolicyType="SimpleScaling",
        AdjustmentType="ChangeInCapacity",
        ScalingAdjustment=-1,
        Cooldown=300,
        **common,
    )
    fields = {
        "type": "SimpleScaling",
        "adjustment_type": "ChangeInCapacity",
        "adjustment": -1,
        "cooldown_seconds": 300,
        "is_enabled": True,
    }
    stage.want("scaling_policy", "in", "in", fields, group=GROUP)
    predefined = {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    scaling.put_scaling_policy(
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": predefined,
            "TargetValue": 60.0,
            "DisableScaleIn": False,
        },
        **common,
    )
    target = {"value": 60, "metric": "ASGAverageCPUUtilization", "is_scale_in_disabled": False}
    fields = {"type": "TargetTrackingScaling", "target": target}
    stage.want("scaling_policy", "cpu", "cpu", fields, group=GROUP)


TOPIC = f"arn:aws:sns:{REGION}:123456789012:notices"


def _alarms(stage: Stage) -> None:
    cloudwatch = stage.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="high",
        AlarmDescription="Runs the scaling policy out.",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Dimensions=[{"Name": "AutoScalingGroupName", "Value": GROUP}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        DatapointsToAlarm=2,
        Threshold=70,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="missing",
        AlarmActions=[stage.ids["step_arn"]],
        Tags=[{"Key": "Project", "Value": "CloudScale"}],
    )
    fields = {
        "description": "Runs the scaling policy out.",
        "namespace": "AWS/EC2",
        "metric": "CPUUtilization",
        "dimensions": {"AutoScalingGroupName": GROUP},
        "statistic": "Average",
        "extended_statistic": "",
        "period_seconds": 60,
        "evaluation_periods": 3,
        "datapoints_to_alarm": 2,
        "threshold": 70,
        "comparison": "GreaterThanOrEqualToThreshold",
        "missing_data": "missing",
        "few_samples": "",
        "queries": [],
        "is_enabled": True,
        "alarm_actions": ["policy:out"],
        "ok_actions": [],
        "no_data_actions": [],
        "tags": {"Project": "CloudScale"},
    }
    stage.want("alarm", "high", "high", fields)
    _slow(stage)
    _both(stage)


def _slow(stage: Stage) -> None:
    stage.client("cloudwatch").put_metric_alarm(
        AlarmName="slow",
        Namespace="AWS/ApplicationELB",
        MetricName="TargetResponseTime",
        ExtendedStatistic="p95",
        EvaluateLowSampleCountPercentile="ignore",
        Period=60,
        EvaluationPeriods=5,
        Threshold=0.5,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[TOPIC],
        OKActions=[TOPIC],
    )
    fields = {
        "namespace": "AWS/ApplicationELB",
        "metric": "TargetResponseTime",
        "dimensions": {},
        "extended_statistic": "p95",
        "few_samples": "ignore",
        "period_seconds": 60,
        "evaluation_periods": 5,
        "datapoints_to_alarm": 0,  # Terraform's word for none
        "threshold": 0.5,
        "comparison": "GreaterThanOrEqualToThreshold",
        "missing_data": "notBreaching",
        "is_enabled": True,
        "alarm_actions": [TOPIC],
        "ok_actions": [TOPIC],
    }
    stage.want("alarm", "slow", "slow", fields)


def _both(stage: Stage) -> None:
    metric = {"Namespace": "CloudScale/Commerce", "MetricName": "ActiveUsers", "Dimensions": []}
    stat = {"Metric": metric, "Period": 60, "Stat": "Maximum"}
    stage.client("cloudwatch").put_metric_alarm(
        AlarmName="both",
        EvaluationPeriods=2,
        Threshold=100,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        Metrics=[
            {"Id": "all", "Label": "all", "Expression": "IF(m1 >= 100, m1, 99)"},
            {"Id": "m1", "MetricStat": stat, "ReturnData": False},
        ],
    )
    told = {
        "namespace": "CloudScale/Commerce",
        "metric": "ActiveUsers",
        "dimensions": {},
        "stat": "Maximum",
        "period_seconds": 60,
    }
    expression = {"id": "all", "label": "all", "expression": "IF(m1 >= 100, m1, 99)"}
    fields = {
        "evaluation_periods": 2,
        "threshold": 100,
        "comparison": "GreaterThanOrEqualToThreshold",
        "missing_data": "missing",
        "period_seconds": 0,
        "queries": [
            {"id": "m1", "return_data": False, "metric": told, "label": ""},
            {**expression, "return_data": True},
        ],
        "is_enabled": True,
    }
    stage.want("alarm", "both", "both", fields)
