"""A fleet on an AWS of its own, on loopback."""

from collections.abc import Iterator

import pytest

from cloudscale.adapters.aws.place import Place
from tests import aws_server
from tests.aws_server import REGION, Aws

ZONES = ("ap-south-1a", "ap-south-1b")
GROUP = "shop"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with aws_server.running(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def aws(server: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An empty AWS, and credentials that it takes."""
    for name, value in aws_server.CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    server.tell("reset")
    server.record.unlink(missing_ok=True)
    server.tell("recorder/start-recording")
    yield server
    server.tell("recorder/stop-recording")


@pytest.fixture
def place(aws: Aws) -> Place:
    """A place in which nothing is yet."""
    return Place(REGION, "production", aws.url, GROUP)


@pytest.fixture
def fleet_place(aws: Aws) -> Place:
    """A place with a load balancer and two instances in two zones."""
    group_arn, balancer_arn = build_fleet(aws)
    return Place(REGION, "production", aws.url, GROUP, group_arn, balancer_arn)


def build_fleet(aws: Aws, instances: int = 2, name: str = GROUP, most: int = 4) -> tuple[str, str]:
    """Build a fleet as the shop's is; tells the ARNs of its target group and load balancer."""
    ec2, elb, scaling = (aws.client(name) for name in ("ec2", "elbv2", "autoscaling"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zone)
        for number, zone in enumerate(ZONES)
    ]
    ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
    balancer = elb.create_load_balancer(Name="shop", Subnets=ids)["LoadBalancers"][0]
    group = elb.create_target_group(Name="shop", Protocol="HTTP", Port=8000, VpcId=vpc)
    group_arn = group["TargetGroups"][0]["TargetGroupArn"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    scaling.create_launch_configuration(
        LaunchConfigurationName="shop", ImageId=image, InstanceType="t3.small"
    )
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName="shop",
        MinSize=1,
        MaxSize=most,
        DesiredCapacity=instances,
        VPCZoneIdentifier=",".join(ids),
        TargetGroupARNs=[group_arn],
    )
    return group_arn, balancer["LoadBalancerArn"]
