"""A stack's record, switches and document on an AWS of its own, on loopback."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from cloudscale.adapters.aws.healing.assembly import Whereabouts
from cloudscale.adapters.aws.healing.calls import Calls
from tests.aws_server import REGION, Aws

STACK = "cloudscale-test"
TABLE = f"{STACK}-healing"
BUCKET = f"{STACK}-healing-123456789012"
KEY = "desired.json"


@dataclass
class Stack:
    """What Terraform would have made for healing, and hands to change it with."""

    aws: Aws
    topic: str = ""
    queue: str = ""
    limits: dict[str, Any] = field(default_factory=lambda: {"mode": "apply"})

    @property
    def where(self) -> Whereabouts:
        return Whereabouts(STACK, TABLE, self.topic, REGION, self.aws.url)

    def calls(self) -> Calls:
        return self.where.calls()

    def put(self, name: str, value: str) -> None:
        self.aws.client("ssm").put_parameter(
            Name=f"/{STACK}/healing/{name}", Value=value, Type="String", Overwrite=True
        )

    def want(self, *resources: dict[str, Any], **facts: str) -> dict[str, Any]:
        """Write a document that wants these, and point to it."""
        document = {
            "schema": 1,
            "change": "a-change",
            "stack": {"name": STACK, "region": REGION, **facts},
            "limits": self.limits,
            "resources": list(resources),
        }
        self.write(json.dumps(document).encode())
        return document

    def write(self, body: bytes, **pointer: Any) -> None:
        """Put any bytes where the document belongs; the pointer names them, or says otherwise."""
        self.aws.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=body)
        named = {
            "schema": 1,
            "bucket": BUCKET,
            "key": KEY,
            "sha256": hashlib.sha256(body).hexdigest(),
            "change": "a-change",
        }
        self.put("desired", json.dumps({**named, **pointer}))

    def letters(self) -> list[dict[str, Any]]:
        """What SNS has delivered since the last look."""
        sqs, found = self.aws.client("sqs"), []
        while rows := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for row in rows:
                found.append(json.loads(row["Body"]))
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=row["ReceiptHandle"])
        return found


@pytest.fixture
def stack(aws: Aws) -> Stack:
    """A stack that wants nothing yet, switched on."""
    return built(aws)


def built(aws: Aws) -> Stack:
    """Make what Terraform would make for healing alone."""
    made = Stack(aws)
    aws.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    )
    place = {"LocationConstraint": REGION}
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    made.put("switch", "on")
    sns, sqs = aws.client("sns"), aws.client("sqs")
    made.topic = sns.create_topic(Name=f"{STACK}-notices")["TopicArn"]
    made.queue = sqs.create_queue(QueueName="letters")["QueueUrl"]
    asked = {"QueueUrl": made.queue, "AttributeNames": ["QueueArn"]}
    arn = sqs.get_queue_attributes(**asked)["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=made.topic, Protocol="sqs", Endpoint=arn)
    return made
