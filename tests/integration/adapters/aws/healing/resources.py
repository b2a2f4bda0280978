"""Two real resources for tests of a whole run, and the rows that a document has of them."""

from typing import Any

from tests.integration.adapters.aws.healing.conftest import STACK, Stack

LOG_GROUP = f"/{STACK}/application"
QUEUE = f"{STACK}-letters"


def build(stack: Stack) -> list[dict[str, Any]]:
    """Make them as they are wanted; the rows of the document."""
    logs, sqs = stack.aws.client("logs"), stack.aws.client("sqs")
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=30)
    url = sqs.create_queue(QueueName=QUEUE, Attributes={"MessageRetentionPeriod": "345600"})
    return [
        row("log_group", "application", LOG_GROUP, retention_days=30),
        row("queue", "letters", url["QueueUrl"], retention_seconds=345_600),
    ]


def row(kind: str, name: str, id: str, **fields: Any) -> dict[str, Any]:
    """One row of a document."""
    address = f"module.test.aws_{kind}.{name}"
    return {"kind": kind, "name": name, "id": id, "address": address, "fields": fields}


def retention(stack: Stack) -> int | None:
    """For how many days the logs are kept, as AWS says."""
    found = stack.aws.client("logs").describe_log_groups(logGroupNamePrefix=LOG_GROUP)
    return found["logGroups"][0].get("retentionInDays")


def tamper(stack: Stack) -> None:
    """Have the logs kept for a day."""
    stack.aws.client("logs").put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=1)
