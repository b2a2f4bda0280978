"""What somebody could do to the stack by hand, family by family, and how it is read again.

Family.read(stage) --> what AWS says;  Family.tamper(stage) --> it says something else
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.aws_server import CREDENTIALS, REGION, Aws

NAME = "cloudscale-production"
GROUP = f"{NAME}-fleet"


@dataclass(frozen=True)
class Stage:
    """The stack, and hands that are not the healer's.

    Attributes:
        aws: Where it is.
        outputs: Terraform's.
    """

    aws: Aws
    outputs: dict[str, Any]

    def __getattr__(self, service: str) -> Any:
        """The client of a service, such as `stage.ec2`."""
        return self.aws.client(service)

    def environment(self) -> dict[str, str]:
        """What the function finds on AWS: its own variables, its region, its keys."""
        name = self.outputs["healer_function_name"]
        function = self.aws.client("lambda").get_function_configuration(FunctionName=name)
        place = {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.aws.url}
        return {**function["Environment"]["Variables"], **CREDENTIALS, **place}

    def forget(self) -> None:
        """Nothing was done lately: else what was put back a minute ago would have to wait."""
        table = {"TableName": self.outputs["healing_table"]}
        for item in self.dynamodb.scan(**table)["Items"]:
            self.dynamodb.delete_item(**table, Key={name: item[name] for name in ("pk", "sk")})

    def sg(self, name: str) -> str:
        """A security group's id."""
        rows = self.ec2.describe_security_groups()["SecurityGroups"]
        return next(row["GroupId"] for row in rows if row["GroupName"] == f"{NAME}-{name}")

    def topic_arn(self) -> str:
        return self.outputs["sns_topic_arn"]

    def queue_url(self) -> str:
        return self.sqs.get_queue_url(QueueName=f"{NAME}-untold")["QueueUrl"]

    def key(self) -> str:
        return self.outputs["kms_key_arn"].rpartition("/")[2]

    def balancer(self) -> str:
        return self.elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]

    def listener(self) -> dict[str, Any]:
        return self.elbv2.describe_listeners(LoadBalancerArn=self.balancer())["Listeners"][0]

    def secret(self) -> dict[str, Any]:
        asked = {"IncludePlannedDeletion": True}
        rows = self.secretsmanager.list_secrets(**asked)["SecretList"]
        return next(row for row in rows if row["Name"] == f"{NAME}/secret-key")

    def bucket(self) -> str:
        rows = self.s3.list_buckets()["Buckets"]
        return next(row["Name"] for row in rows if row["Name"].startswith(f"{NAME}-alb-logs"))


class Family(NamedTuple):
    """Resources of one kind or of a few.

    Attributes:
        name: What they are called.
        modules: Where Terraform has them.
        read: What AWS says of them, without what changes by itself.
        tamper: Do to them what nobody should.
    """

    name: str
    modules: tuple[str, ...]
    read: Callable[[Stage], Any]
    tamper: Callable[[Stage], None]
