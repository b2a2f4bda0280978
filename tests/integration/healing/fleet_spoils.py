"""Ways to spoil network, roles and template of a fleet through boto3."""

import json
from typing import Any

from cloudscale.ops.healing.resource import Ref
from tests.integration.healing.fleet_stage import TRUST
from tests.integration.healing.spoiling import spoils
from tests.integration.healing.stage import Stage

FLEET, ALB = Ref("security_group", "fleet"), Ref("security_group", "alb")
SERVER, TEMPLATE = Ref("role", "server"), Ref("launch_template", "server")


def _rule(port: int, **origin: Any) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **origin}]


def _balancer(stage: Stage) -> dict[str, Any]:
    pair = {"GroupId": stage.ids["alb"], "Description": "The load balancer"}
    return {"UserIdGroupPairs": [pair]}


@spoils(FLEET, "ingress")
def ssh_is_opened_to_the_world(stage: Stage) -> None:
    anywhere = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    stage.client("ec2").authorize_security_group_ingress(
        GroupId=stage.ids["fleet"], IpPermissions=_rule(22, **anywhere)
    )


@spoils(FLEET, "ingress")
def the_balancer_is_locked_out(stage: Stage) -> None:
    stage.client("ec2").revoke_security_group_ingress(
        GroupId=stage.ids["fleet"], IpPermissions=_rule(8000, **_balancer(stage))
    )


@spoils(FLEET, "ingress")
def the_port_is_another_one(stage: Stage) -> None:
    the_balancer_is_locked_out(stage)
    stage.client("ec2").authorize_security_group_ingress(
        GroupId=stage.ids["fleet"], IpPermissions=_rule(8001, **_balancer(stage))
    )


@spoils(ALB, "ingress")
def another_source_joins_a_rule(stage: Stage) -> None:
    stage.client("ec2").authorize_security_group_ingress(
        GroupId=stage.ids["alb"], IpPermissions=_rule(443, IpRanges=[{"CidrIp": "10.1.2.3/32"}])
    )


@spoils(ALB, "egress")
def nothing_gets_out(stage: Stage) -> None:
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    stage.client("ec2").revoke_security_group_egress(
        GroupId=stage.ids["alb"], IpPermissions=everything
    )


@spoils(FLEET, "tags")
def a_group_loses_its_tag(stage: Stage) -> None:
    stage.client("ec2").delete_tags(Resources=[stage.ids["fleet"]], Tags=[{"Key": "Name"}])


@spoils(ALB, "tags")
def a_tag_of_a_group_says_something_else(stage: Stage) -> None:
    changed = [{"Key": "Name", "Value": "mine"}]
    stage.client("ec2").create_tags(Resources=[stage.ids["alb"]], Tags=changed)


@spoils(SERVER, "trust")
def anybody_may_take_the_role(stage: Stage) -> None:
    statement = {**TRUST["Statement"][0], "Principal": {"AWS": "*"}}
    trust = json.dumps({**TRUST, "Statement": [statement]})
    role = stage.ids["role"]
    stage.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=trust)


ANYTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)


@spoils(SERVER, "inline")
def the_role_may_do_anything(stage: Stage) -> None:
    stage.client("iam").put_role_policy(
        RoleName=stage.ids["role"], PolicyName="server", PolicyDocument=ANYTHING
    )


@spoils(SERVER, "inline")
def the_role_has_a_policy_more(stage: Stage) -> None:
    stage.client("iam").put_role_policy(
        RoleName=stage.ids["role"], PolicyName="mine", PolicyDocument=ANYTHING
    )


@spoils(SERVER, "inline", "attached")
def the_role_may_do_nothing(stage: Stage) -> None:
    iam, role = stage.client("iam"), stage.ids["role"]
    iam.delete_role_policy(RoleName=role, PolicyName="server")
    iam.detach_role_policy(RoleName=role, PolicyArn=stage.ids["policy"])


@spoils(SERVER, "tags")
def the_role_loses_its_tag(stage: Stage) -> None:
    stage.client("iam").untag_role(RoleName=stage.ids["role"], TagKeys=["Project"])


@spoils(Ref("instance_profile", "server"), "role")
def servers_get_another_role(stage: Stage) -> None:
    iam, name = stage.client("iam"), {"InstanceProfileName": stage.ids["role"]}
    iam.remove_role_from_instance_profile(**name, RoleName=stage.ids["role"])
    iam.add_role_to_instance_profile(**name, RoleName="stranger")


@spoils(Ref("instance_profile", "server"), "role")
def servers_get_no_role(stage: Stage) -> None:
    role = stage.ids["role"]
    stage.client("iam").remove_role_from_instance_profile(InstanceProfileName=role, RoleName=role)


@spoils(TEMPLATE, "default_version")
def another_version_becomes_the_default(stage: Stage) -> None:
    template = {"LaunchTemplateId": stage.ids["template"]}
    ec2 = stage.client("ec2")
    data = {**stage.ids["data"], "InstanceType": "p5.48xlarge"}
    made = ec2.create_launch_template_version(**template, LaunchTemplateData=data)
    number = made["LaunchTemplateVersion"]["VersionNumber"]
    ec2.modify_launch_template(**template, DefaultVersion=str(number))
