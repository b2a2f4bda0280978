"""An AWS on loopback: a server process of moto's that keeps what it is told."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session

from cloudscale.adapters.aws.place import Place

REGION = "ap-south-1"
ZONES = ("ap-south-1a", "ap-south-1b")
GROUP = "shop"


@dataclass
class Aws:
    """A running server; its own addresses are below `/moto-api`.

    Attributes:
        url: Where it answers.
        record: The file in which it notes every call.
    """

    url: str
    record: Path

    def tell(self, path: str, body: bytes = b"") -> None:
        """Tell the server itself something."""
        plain = {"content-type": "text/plain"}
        request = urllib.request.Request(f"{self.url}/moto-api/{path}", body, plain)
        urllib.request.urlopen(request, timeout=20).close()

    def calls(self) -> list[dict[str, Any]]:
        """Every call since the last reset."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [json.loads(line) for line in lines]

    def client(self, service: str) -> Any:
        """Whoever sets the stage."""
        keys = {"aws_access_key_id": "stage", "aws_secret_access_key": "hand"}
        return Session(region_name=REGION, **keys).client(service, endpoint_url=self.url)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    folder = tmp_path_factory.mktemp("aws")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    aws = Aws(f"http://127.0.0.1:{port}", folder / "calls")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = os.environ | {"MOTO_RECORDER_FILEPATH": str(aws.record)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
        try:
            _await(aws, process, folder / "log")
            yield aws
        finally:
            process.terminate()
            process.wait(20)


def _await(aws: Aws, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            aws.tell("reset")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"no AWS: {log.read_text()}")


@pytest.fixture
def aws(server: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An empty AWS, and credentials that it takes."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing-secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
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


def build_fleet(aws: Aws, instances: int = 2) -> tuple[str, str]:
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
        AutoScalingGroupName=GROUP,
        LaunchConfigurationName="shop",
        MinSize=1,
        MaxSize=4,
        DesiredCapacity=instances,
        VPCZoneIdentifier=",".join(ids),
        TargetGroupARNs=[group_arn],
    )
    return group_arn, balancer["LoadBalancerArn"]
