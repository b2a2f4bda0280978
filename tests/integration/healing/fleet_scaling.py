"""The group itself, its hook and policies, and its alarms, put there by boto3 alone."""

from tests.aws_server import REGION
from tests.integration.healing.stage import GROUP, NAME, Stage

METRICS = ["GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize"]
TOPIC = f"arn:aws:sns:{REGION}:123456789012:notices"


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


PARTS = (_group, _policies, _alarms)
"""What puts all of it there, in order."""
