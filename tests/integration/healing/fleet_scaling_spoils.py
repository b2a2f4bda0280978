"""Ways to spoil a group, its hook, its policies and its alarms through boto3."""

from typing import Any

from cloudscale.ops.healing.kinds.kind import WHOLE
from cloudscale.ops.healing.resource import Ref
from tests.integration.healing.fleet_scaling import METRICS, TOPIC
from tests.integration.healing.spoiling import spoils
from tests.integration.healing.stage import GROUP, Stage

ASG = Ref("auto_scaling_group", "this")
HIGH, SLOW, BOTH = (Ref("alarm", name) for name in ("high", "slow", "both"))


def _update(stage: Stage, **changes: Any) -> None:
    stage.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=GROUP, **changes)


@spoils(ASG, "max_size")
def the_fleet_may_grow_without_end(stage: Stage) -> None:
    _update(stage, MaxSize=100)


@spoils(ASG, "min_size")
def the_fleet_may_vanish(stage: Stage) -> None:
    _update(stage, MinSize=0)


@spoils(ASG, "min_size", "desired_capacity")
def the_fleet_is_sent_home(stage: Stage) -> None:
    _update(stage, MinSize=0, DesiredCapacity=0)


@spoils(ASG, "subnets")
def a_zone_is_taken_away(stage: Stage) -> None:
    _update(stage, VPCZoneIdentifier=stage.ids["subnets"][0])


@spoils(ASG, "health_check_type", "health_check_grace_seconds")
def nobody_asks_the_balancer(stage: Stage) -> None:
    _update(stage, HealthCheckType="EC2", HealthCheckGracePeriod=7200)


@spoils(ASG, "protects_new_instances")
def new_servers_are_protected(stage: Stage) -> None:
    _update(stage, NewInstancesProtectedFromScaleIn=True)


@spoils(ASG, "suspended_processes")
def processes_are_suspended(stage: Stage) -> None:
    stage.client("autoscaling").suspend_processes(
        AutoScalingGroupName=GROUP, ScalingProcesses=["Launch", "AlarmNotification"]
    )


@spoils(ASG, "metrics")
def metrics_are_no_longer_collected(stage: Stage) -> None:
    stage.client("autoscaling").enable_metrics_collection(
        AutoScalingGroupName=GROUP, Metrics=METRICS[:1], Granularity="1Minute"
    )


@spoils(ASG, "target_groups")
def the_balancer_loses_the_fleet(stage: Stage) -> None:
    stage.client("autoscaling").detach_load_balancer_target_groups(
        AutoScalingGroupName=GROUP, TargetGroupARNs=[stage.ids["target_group"]]
    )


@spoils(ASG, "launch_template")
def the_group_launches_whatever_is_newest(stage: Stage) -> None:
    template = {"LaunchTemplateId": stage.ids["template"], "Version": "$Latest"}
    _update(stage, LaunchTemplate=template)


@spoils(ASG, "tags")
def the_fleet_is_tagged_otherwise(stage: Stage) -> None:
    tag = {"ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": "Project"}
    told = {**tag, "Value": "mine", "PropagateAtLaunch": True}
    stage.client("autoscaling").create_or_update_tags(Tags=[told])


@spoils(ASG, "tags")
def the_fleet_loses_its_tag(stage: Stage) -> None:
    tag = {"ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": "Project"}
    stage.client("autoscaling").delete_tags(Tags=[tag])


@spoils(Ref("lifecycle_hook", "launching"), "default_result", "timeout_seconds")
def a_hook_lets_everything_in(stage: Stage) -> None:
    stage.client("autoscaling").put_lifecycle_hook(
        LifecycleHookName="launching",
        AutoScalingGroupName=GROUP,
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        DefaultResult="CONTINUE",
        HeartbeatTimeout=30,
    )


@spoils(Ref("lifecycle_hook", "launching"), WHOLE)
def a_hook_is_deleted(stage: Stage) -> None:
    stage.client("autoscaling").delete_lifecycle_hook(
        LifecycleHookName="launching", AutoScalingGroupName=GROUP
    )


def _policy(stage: Stage, name: str, **changes: Any) -> None:
    stage.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName=GROUP, PolicyName=name, **changes
    )


@spoils(Ref("scaling_policy", "out"), "steps", "adjustment_type", "warm_up_seconds")
def a_policy_throws_servers_away(stage: Stage) -> None:
    _policy(
        stage,
        "out",
        PolicyType="StepScaling",
        AdjustmentType="PercentChangeInCapacity",
        MetricAggregationType="Average",
        StepAdjustments=[{"MetricIntervalLowerBound": 0, "ScalingAdjustment": -50}],
        EstimatedInstanceWarmup=1,
    )


@spoils(Ref("scaling_policy", "in"), "adjustment", "cooldown_seconds")
def a_simple_policy_takes_more(stage: Stage) -> None:
    kinds = {"PolicyType": "SimpleScaling", "AdjustmentType": "ChangeInCapacity"}
    _policy(stage, "in", **kinds, ScalingAdjustment=-3, Cooldown=1)


@spoils(Ref("scaling_policy", "cpu"), "target")
def a_target_is_out_of_reach(stage: Stage) -> None:
    metric = {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    target = {"PredefinedMetricSpecification": metric, "TargetValue": 99, "DisableScaleIn": True}
    _policy(stage, "cpu", PolicyType="TargetTrackingScaling", TargetTrackingConfiguration=target)


@spoils(Ref("scaling_policy", "in"), WHOLE)
def a_policy_is_deleted(stage: Stage) -> None:
    stage.client("autoscaling").delete_policy(PolicyName="in", AutoScalingGroupName=GROUP)


def _alarm(stage: Stage, name: str, **changes: Any) -> None:
    """Put it as it is, but for the changes."""
    cloudwatch = stage.client("cloudwatch")
    (row,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    told = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    kept = {word: value for word, value in row.items() if word in told}
    cloudwatch.put_metric_alarm(**{**kept, **changes})


@spoils(HIGH, "threshold", "period_seconds", "evaluation_periods", "datapoints_to_alarm")
def an_alarm_never_goes_off(stage: Stage) -> None:
    _alarm(stage, "high", Threshold=101, Period=300, EvaluationPeriods=9, DatapointsToAlarm=9)


@spoils(HIGH, "is_enabled")
def an_alarm_is_disabled(stage: Stage) -> None:
    stage.client("cloudwatch").disable_alarm_actions(AlarmNames=["high"])


@spoils(HIGH, "alarm_actions", "ok_actions", "no_data_actions")
def an_alarm_runs_another_thing(stage: Stage) -> None:
    topics = {"OKActions": [TOPIC], "InsufficientDataActions": [TOPIC]}
    _alarm(stage, "high", AlarmActions=[f"{TOPIC}-of-mine"], **topics)


@spoils(HIGH, "alarm_actions")
def an_alarm_runs_a_policy_that_is_not_there_any_more(stage: Stage) -> None:
    old = stage.ids["step_arn"].replace("c322761b", "00000000")
    _alarm(stage, "high", AlarmActions=[old])


@spoils(HIGH, "dimensions", "metric", "namespace", "statistic", "description")
def an_alarm_looks_elsewhere(stage: Stage) -> None:
    elsewhere = {"Dimensions": [], "MetricName": "Calm", "Namespace": "Mine"}
    _alarm(stage, "high", **elsewhere, Statistic="Minimum", AlarmDescription="Nothing")


@spoils(HIGH, "comparison", "missing_data")
def an_alarm_is_turned_round(stage: Stage) -> None:
    turned = {"ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching"}
    _alarm(stage, "high", **turned)


@spoils(HIGH, "tags")
def an_alarm_loses_its_tag(stage: Stage) -> None:
    cloudwatch = stage.client("cloudwatch")
    arn = cloudwatch.describe_alarms(AlarmNames=["high"])["MetricAlarms"][0]["AlarmArn"]
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["Project"])


@spoils(SLOW, "extended_statistic", "few_samples")
def a_slow_answer_is_overlooked(stage: Stage) -> None:
    _alarm(stage, "slow", ExtendedStatistic="p1", EvaluateLowSampleCountPercentile="evaluate")


@spoils(SLOW, WHOLE)
def an_alarm_is_deleted(stage: Stage) -> None:
    stage.client("cloudwatch").delete_alarms(AlarmNames=["slow"])


@spoils(BOTH, "queries")
def an_alarm_computes_something_else(stage: Stage) -> None:
    (row,) = stage.client("cloudwatch").describe_alarms(AlarmNames=["both"])["MetricAlarms"]
    queries = [
        {**one, "Expression": "0 * m1"} if "Expression" in one else one for one in row["Metrics"]
    ]
    _alarm(stage, "both", Metrics=queries)
