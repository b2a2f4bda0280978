"""What there is in an AWS: everything that the stack can make, asked for by AWS's own API."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.aws_server import Aws


class Kind(NamedTuple):
    """How one kind of thing is listed.

    Attributes:
        service: As boto3 names it.
        call: What lists them.
        rows: Where in the answer they are.
        name: The field that names one; empty where a row is a name.
        question: Arguments of the call.
        gone: States in which AWS still lists what is no more.
    """

    service: str
    call: str
    rows: str
    name: str
    question: dict[str, Any] = {}
    gone: tuple[str, ...] = ()


KINDS = (
    Kind("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    Kind("ec2", "describe_subnets", "Subnets", "SubnetId"),
    Kind("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    Kind("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Kind("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", gone=("deleted",)),
    Kind("ec2", "describe_addresses", "Addresses", "AllocationId"),
    Kind("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    Kind("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", gone=("deleted",)),
    Kind("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    Kind("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    Kind("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    Kind("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    Kind("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupARN"),
    Kind("autoscaling", "describe_policies", "ScalingPolicies", "PolicyARN"),
    Kind("rds", "describe_db_instances", "DBInstances", "DBInstanceArn"),
    Kind("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    Kind("secretsmanager", "list_secrets", "SecretList", "ARN"),
    Kind("ssm", "describe_parameters", "Parameters", "Name"),
    Kind("kms", "list_aliases", "Aliases", "AliasName"),
    Kind("s3", "list_buckets", "Buckets", "Name"),
    Kind("dynamodb", "list_tables", "TableNames", ""),
    Kind("sns", "list_topics", "Topics", "TopicArn"),
    Kind("sqs", "list_queues", "QueueUrls", ""),
    Kind("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmArn"),
    Kind("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardArn"),
    Kind("events", "list_rules", "Rules", "Arn"),
    Kind("logs", "describe_log_groups", "logGroups", "arn"),
    Kind("lambda", "list_functions", "Functions", "FunctionArn"),
    Kind("iam", "list_roles", "Roles", "Arn"),
    Kind("iam", "list_policies", "Policies", "Arn", {"Scope": "Local"}),
    Kind("iam", "list_instance_profiles", "InstanceProfiles", "Arn"),
    Kind("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
)


LENT = ("/aws/", "alias/aws/")  # what AWS itself keeps in every account


def everything(aws: Aws) -> set[str]:
    """All that is there and not AWS's own, each thing as its kind and its name."""
    named = ((kind.rows, name) for kind in KINDS for name in _names(aws, kind))
    return {f"{rows} {name}" for rows, name in named if not name.startswith(LENT)} | {
        *(f"Instances {name}" for name in _instances(aws)),
        *(f"Keys {name}" for name in _keys(aws)),
    }


def _names(aws: Aws, kind: Kind) -> Iterator[str]:
    client = aws.client(kind.service)
    if client.can_paginate(kind.call):
        pages = client.get_paginator(kind.call).paginate(**kind.question)
    else:
        pages = [getattr(client, kind.call)(**kind.question)]
    for row in (row for page in pages for row in page.get(kind.rows, [])):
        if not kind.name:
            yield row
        elif row.get("State") not in kind.gone or not kind.gone:
            yield row[kind.name]


def _instances(aws: Aws) -> Iterator[str]:
    """Those that are not terminated."""
    for page in aws.client("ec2").get_paginator("describe_instances").paginate():
        for instance in (row for group in page["Reservations"] for row in group["Instances"]):
            if instance["State"]["Name"] != "terminated":
                yield instance["InstanceId"]


def _keys(aws: Aws) -> Iterator[str]:
    """Those of our own that are not to be deleted: AWS lets a key go after its window only."""
    kms = aws.client("kms")
    aliases = kms.get_paginator("list_aliases").paginate()
    rows = [row for page in aliases for row in page["Aliases"]]
    lent = {row.get("TargetKeyId") for row in rows if row["AliasName"].startswith(LENT)}
    for page in kms.get_paginator("list_keys").paginate():
        for key in (row["KeyId"] for row in page["Keys"] if row["KeyId"] not in lent):
            about = kms.describe_key(KeyId=key)["KeyMetadata"]
            if about["KeyState"] != "PendingDeletion":
                yield f"{about['Arn']} {about['Description']}"
