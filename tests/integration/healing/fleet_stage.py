"""A fleet and all that makes it one, put on an AWS of its own by boto3 alone."""

import base64
import hashlib
import json

from tests.aws_server import REGION, Aws
from tests.integration.healing import fleet_scaling
from tests.integration.healing.stage import NAME, Stage

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


def build(aws: Aws) -> Stage:
    """Put all of it there."""
    stage = Stage(aws)
    for put in (_network, _role, _template, *fleet_scaling.PARTS):
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
