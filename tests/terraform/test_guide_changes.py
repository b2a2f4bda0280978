"""What the guides have people change by AWS's command line, done on an AWS that has as much."""

from collections.abc import Iterator

import pytest

from tests.aws_server import Aws
from tests.integration.adapters.aws.conftest import build_fleet
from tests.terraform.conftest import empty_aws
from tests.terraform.guide_calls import STACK, Caller
from tests.unit.guide.commands import Command, commands

FLEET, DATABASE = f"{STACK}-fleet", f"{STACK}-database"
NOT_ON_MOTO = (
    *("start-instance-refresh", "rollback-instance-refresh"),
    "start-session",  # of a server that runs
    "certificate-validated",  # by who has the domain
)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """An AWS with a database, a fleet of two and a letter that nobody got."""
    with empty_aws(tmp_path_factory.mktemp("aws")) as aws:
        build_fleet(aws, name=FLEET, most=6)
        queue = aws.client("sqs").create_queue(QueueName=f"{STACK}-untold")["QueueUrl"]
        aws.client("sqs").send_message(QueueUrl=queue, MessageBody="an alarm")
        names = {
            "STACK": STACK,
            "MOMENT": "2026-11-27T12:00:00Z",
            "SECURITY_GROUP": database(aws),
            "QUEUE_URL": queue,
            "INSTANCE_ID": members(aws)[0],
        }
        yield Caller(aws, names)


def database(aws: Aws) -> str:
    """Make the stack's database, whose last snapshot is there too; tells its security group."""
    ec2, rds = aws.client("ec2"), aws.client("rds")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]]
    group = ec2.create_security_group(GroupName="database", Description="The database")["GroupId"]
    rds.create_db_subnet_group(
        DBSubnetGroupName=DATABASE, DBSubnetGroupDescription="The database", SubnetIds=subnets
    )
    rds.create_db_parameter_group(
        DBParameterGroupName=f"{STACK}-postgres17",
        DBParameterGroupFamily="postgres17",
        Description="The database",
    )
    rds.create_db_instance(
        DBInstanceIdentifier=DATABASE,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="shop",
        MasterUserPassword="not-a-secret",
        VpcSecurityGroupIds=[group],
        Tags=[{"Key": "Name", "Value": "the old one"}],
    )
    rds.create_db_snapshot(DBInstanceIdentifier=DATABASE, DBSnapshotIdentifier=f"{DATABASE}-final")
    return group


def members(aws: Aws) -> list[str]:
    """The instances of the fleet."""
    (group,) = aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return [one["InstanceId"] for one in group["Instances"]]


def of(service: str) -> list[Command]:
    """The commands to one service, in the guides' order."""
    told = [one for one in commands("aws") if one.words[1] == service]
    return [one for one in told if not any(name in one.words for name in NOT_ON_MOTO)]


def test_a_database_is_restored_in_the_place_of_the_damaged_one(caller: Caller):
    rds = caller.aws.client("rds")
    for command in of("rds"):
        if "restore-db-instance-from-db-snapshot" in command.words:
            forget_backups(caller.aws)
        caller.make(command)
        if "restore-db-instance-from-db-snapshot" in command.words:
            break
    found = {one["DBInstanceIdentifier"]: one for one in rds.describe_db_instances()["DBInstances"]}
    assert set(found) == {DATABASE, f"{DATABASE}-damaged", f"{DATABASE}-restored"}
    assert found[f"{DATABASE}-damaged"]["TagList"] == [{"Key": "Name", "Value": "the old one"}]
    restored = found[DATABASE]
    assert restored["DBSubnetGroup"]["DBSubnetGroupName"] == DATABASE
    assert [one["VpcSecurityGroupId"] for one in restored["VpcSecurityGroups"]] == [
        caller.names["SECURITY_GROUP"]
    ]
    assert restored["DeletionProtection"]
    assert restored["MultiAZ"]


def forget_backups(aws: Aws) -> None:
    """moto names what RDS keeps by itself by the minute, and takes two databases' for the same."""
    rds = aws.client("rds")
    for one in rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]:
        rds.delete_db_snapshot(DBSnapshotIdentifier=one["DBSnapshotIdentifier"])


def test_what_is_left_of_a_database_is_taken_away(caller: Caller):
    (delete,) = [one for one in of("rds") if "delete-db-snapshot" in one.words]
    rds = caller.aws.client("rds")
    before = {one["DBSnapshotIdentifier"] for one in rds.describe_db_snapshots()["DBSnapshots"]}
    caller.make(delete)
    left = {one["DBSnapshotIdentifier"] for one in rds.describe_db_snapshots()["DBSnapshots"]}
    assert before - left == {f"{DATABASE}-final"}


def test_a_database_is_failed_over(caller: Caller):
    (reboot,) = [one for one in of("rds") if "reboot-db-instance" in one.words]
    assert caller.make(reboot)["DBInstance"]["DBInstanceIdentifier"] == DATABASE


def test_letters_that_nobody_got_are_read_and_thrown_away(caller: Caller):
    found, read, _ = [caller.make(command) for command in of("sqs")]
    assert found["QueueUrl"] == caller.names["QUEUE_URL"]
    assert [one["Body"] for one in read["Messages"]] == ["an alarm"]
    left = caller.aws.client("sqs").receive_message(
        QueueUrl=caller.names["QUEUE_URL"], VisibilityTimeout=0
    )
    assert "Messages" not in left


def test_the_fleet_is_changed_by_hand(caller: Caller):
    """One server is replaced, one is taken aside and put back, and then there are six."""
    first, second = members(caller.aws)
    for command in of("autoscaling"):
        name = first if "terminate-instance-in-auto-scaling-group" in command.words else second
        Caller(caller.aws, {**caller.names, "INSTANCE_ID": name}).make(command)
        if "enter-standby" in command.words:
            assert state_of(caller.aws, second) == "Standby"
    assert first not in members(caller.aws)
    assert state_of(caller.aws, second) == "InService"
    assert len(members(caller.aws)) == 6


def state_of(aws: Aws, instance: str) -> str:
    """Where in its life a server is."""
    (group,) = aws.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    (state,) = [
        one["LifecycleState"] for one in group["Instances"] if one["InstanceId"] == instance
    ]
    return state


def test_a_certificate_is_asked_for_and_says_what_proves_the_domain(caller: Caller):
    request, describe = of("acm")
    arn = caller.make(request)["CertificateArn"]
    told = Caller(caller.aws, {"CERTIFICATE_ARN": arn}).make(describe)
    (proof,) = told["Certificate"]["DomainValidationOptions"]
    assert proof["DomainName"] == "shop.example.com"
    assert proof["ResourceRecord"]["Type"] == "CNAME"
