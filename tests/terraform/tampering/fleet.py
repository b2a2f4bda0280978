"""What stands: security groups, the group with all that hangs on it, alarms, roles."""

import json
from typing import Any

from tests.terraform.tampering.stage import GROUP, NAME, Family, Stage

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
ANYBODY = ALL.replace('"Action":"*","Resource":"*"', '"Action":"sts:AssumeRole","Principal":"*"')


# Security groups


def read_groups(stage: Stage) -> Any:
    rows = stage.ec2.describe_security_groups()["SecurityGroups"]
    return {
        row["GroupName"]: [flat(row["IpPermissions"]), flat(row["IpPermissionsEgress"])]
        for row in rows
        if row["GroupName"].startswith(NAME)
    }


def flat(permissions: list[dict]) -> list[tuple]:
    words = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
    sources = ("CidrIp", "CidrIpv6", "GroupId", "PrefixListId")
    return sorted(
        (row["IpProtocol"], row.get("FromPort", -1), row.get("ToPort", -1), one[source])
        for row in permissions
        for word, source in zip(words, sources, strict=True)
        for one in row.get(word, ())
    )


def open_doors(stage: Stage) -> None:
    shell = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    stage.ec2.authorize_security_group_ingress(GroupId=stage.sg("fleet"), **shell)
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    stage.ec2.authorize_security_group_ingress(
        GroupId=stage.sg("database"), IpPermissions=[everything]
    )
    rows = stage.ec2.describe_security_groups(GroupIds=[stage.sg("alb")])["SecurityGroups"]
    lost = rows[0]["IpPermissionsEgress"]
    stage.ec2.revoke_security_group_egress(GroupId=stage.sg("alb"), IpPermissions=lost)


# The group, what it launches, its hooks and policies


def group_of(stage: Stage) -> dict[str, Any]:
    asked = {"AutoScalingGroupNames": [GROUP]}
    return stage.autoscaling.describe_auto_scaling_groups(**asked)["AutoScalingGroups"][0]


def read_fleet(stage: Stage) -> Any:
    row = group_of(stage)
    words = ("MinSize", "MaxSize", "HealthCheckType", "HealthCheckGracePeriod", "VPCZoneIdentifier")
    hooks = stage.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)
    policies = stage.autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
    alarms = stage.cloudwatch.describe_alarms()["MetricAlarms"]
    names = {one["PolicyARN"]: one["PolicyName"] for one in policies}
    templates = stage.ec2.describe_launch_templates()["LaunchTemplates"]
    return {
        "group": {word: row[word] for word in words},
        "template": row["LaunchTemplate"]["Version"],
        "suspended": [one["ProcessName"] for one in row["SuspendedProcesses"]],
        "tags": sorted((one["Key"], one["Value"]) for one in row["Tags"]),
        "hooks": sorted(
            (one["LifecycleHookName"], one["HeartbeatTimeout"], one["DefaultResult"])
            for one in hooks["LifecycleHooks"]
        ),
        "policies": {one["PolicyName"]: one["StepAdjustments"] for one in policies},
        # A policy that is put again has another ARN, which its alarm must run then.
        "runs": {
            one["AlarmName"]: [names.get(arn) for arn in one["AlarmActions"]]
            for one in alarms
            if any(":scalingPolicy:" in arn for arn in one["AlarmActions"])
        },
        "defaults": [(one["LaunchTemplateName"], one["DefaultVersionNumber"]) for one in templates],
    }


def cripple_fleet(stage: Stage) -> None:
    scaling, named = stage.autoscaling, {"AutoScalingGroupName": GROUP}
    bounds = {"MinSize": 0, "MaxSize": 20, "HealthCheckType": "EC2", "HealthCheckGracePeriod": 9}
    scaling.update_auto_scaling_group(**named, **bounds)
    scaling.suspend_processes(**named, ScalingProcesses=["Terminate", "AlarmNotification"])
    scaling.delete_tags(
        Tags=[{"ResourceId": GROUP, "ResourceType": "auto-scaling-group", "Key": "Project"}]
    )
    scaling.delete_lifecycle_hook(**named, LifecycleHookName=f"{NAME}-terminating")
    scaling.delete_policy(**named, PolicyName=f"{NAME}-cpu-out")
    newest = {"LaunchTemplateId": stage.outputs["launch_template_id"], "Version": "$Latest"}
    scaling.update_auto_scaling_group(**named, LaunchTemplate=newest)


# Alarms


def read_alarms(stage: Stage) -> Any:
    told = ("AlarmArn", "Threshold", "ActionsEnabled", "ComparisonOperator", "Period", "Statistic")
    told += ("EvaluationPeriods", "TreatMissingData", "MetricName", "AlarmDescription")
    pages = stage.cloudwatch.get_paginator("describe_alarms").paginate()
    rows = [row for page in pages for row in page["MetricAlarms"]]
    return {row["AlarmName"]: [row.get(word) for word in told] for row in rows}


def silence_alarms(stage: Stage) -> None:
    watch = stage.cloudwatch
    watch.delete_alarms(AlarmNames=[f"{NAME}-no-healthy-host", f"{NAME}-healer-silent"])
    watch.disable_alarm_actions(AlarmNames=[f"{NAME}-untold", f"{NAME}-cpu-out"])
    watch.put_metric_alarm(
        AlarmName=f"{NAME}-memory-high",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=300,
        EvaluationPeriods=9,
        Threshold=99,
        ComparisonOperator="GreaterThanThreshold",
    )


# Roles


def read_roles(stage: Stage) -> Any:
    pages = stage.iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"])
    rows = [row for page in pages for row in page["RoleDetailList"]]
    profile = stage.iam.get_instance_profile(InstanceProfileName=f"{NAME}-server")
    return {
        "profile": [one["RoleName"] for one in profile["InstanceProfile"]["Roles"]],
        **{
            row["RoleName"]: [
                row["AssumeRolePolicyDocument"],
                sorted(
                    (one["PolicyName"], spelled(one["PolicyDocument"]))
                    for one in row["RolePolicyList"]
                ),
                sorted(one["PolicyArn"] for one in row["AttachedManagedPolicies"]),
            ]
            for row in rows
            if row["RoleName"].startswith(NAME)
        },
    }


def spelled(policy: Any) -> str:
    return json.dumps(policy, sort_keys=True)


def seize_roles(stage: Stage) -> None:
    iam, role = stage.iam, f"{NAME}-server"
    for policy in ("server", "back-door"):
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=ALL)
    iam.attach_role_policy(RoleName=role, PolicyArn=ADMIN)
    iam.update_assume_role_policy(RoleName=f"{NAME}-network-flows", PolicyDocument=ANYBODY)
    iam.remove_role_from_instance_profile(InstanceProfileName=role, RoleName=role)


FAMILIES = (
    Family(
        "security-groups",
        ("module.fleet", "module.alb", "module.database"),
        read_groups,
        open_doors,
    ),
    Family("group", ("module.fleet", "module.scaling"), read_fleet, cripple_fleet),
    Family("alarms", ("module.monitoring", "module.scaling"), read_alarms, silence_alarms),
    Family("roles", ("module.fleet", "module.network"), read_roles, seize_roles),
)
