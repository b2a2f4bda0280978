"""The topic, its subscribers, queues and event rules on AWS."""

from collections.abc import Mapping, Sequence

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import rows as reading
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Gone, Sight
from cloudscale.ops.healing.resource import Ref, Resource

Wanted = Sequence[Resource]


def topics(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Each by itself: its attributes, and its tags where they are wanted."""

    def look(resource: Resource) -> Sight:
        answer = calls.ask("sns", "get_topic_attributes", TopicArn=resource.id)
        words = {"policy": "Policy", "key": "KmsMasterKeyId", "display_name": "DisplayName"}
        fields = reading.named(answer["Attributes"], words)
        if "tags" in resource.fields:
            rows = calls.ask("sns", "list_tags_for_resource", ResourceArn=resource.id)["Tags"]
            fields["tags"] = reading.tags(rows)
        return reading.as_found(fields)

    return reading.each(wanted, look)


def subscriptions(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """One call for each topic; one that waits to be confirmed is there."""
    of_topic: dict[str, set[tuple[str, str]]] = {}

    def look(resource: Resource) -> Sight:
        about = resource.about
        if about["topic"] not in of_topic:
            of_topic[about["topic"]] = _subscribers(calls, about["topic"])
        is_there = (about["protocol"], about["endpoint"]) in of_topic[about["topic"]]
        return reading.as_found({"is_there": True}) if is_there else Gone()

    return reading.each(wanted, look)


def _subscribers(calls: Calls, topic: str) -> set[tuple[str, str]]:
    pages = calls.pages("sns", "list_subscriptions_by_topic", TopicArn=topic)
    return {(row["Protocol"], row["Endpoint"]) for page in pages for row in page["Subscriptions"]}


def queues(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Each by itself."""

    def look(resource: Resource) -> Sight:
        names = ["Policy", "MessageRetentionPeriod"]
        answer = calls.ask(
            "sqs", "get_queue_attributes", QueueUrl=resource.id, AttributeNames=names
        )
        words = {"policy": "Policy", "retention_seconds": "MessageRetentionPeriod"}
        return reading.as_found(reading.named(answer.get("Attributes", {}), words))

    return reading.each(wanted, look)


def event_rules(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """All rules of the stack in one call, the targets of each in another."""
    pages = calls.pages("events", "list_rules", NamePrefix=f"{stack.name}-")
    rows = reading.by((row for page in pages for row in page["Rules"]), "Name")

    def look(resource: Resource) -> Sight:
        if resource.id not in rows:
            return Gone()
        row = rows[resource.id]
        targets = calls.ask("events", "list_targets_by_rule", Rule=resource.id)["Targets"]
        words = {
            "pattern": "EventPattern",
            "schedule": "ScheduleExpression",
            "state": "State",
            "description": "Description",
        }
        fields = reading.named(row, words)
        return reading.as_found({**fields, "targets": [_target(one) for one in targets]})

    return reading.each(wanted, look)


def _target(row: Row) -> Row:
    transformer = row.get("InputTransformer", {})
    retry = row.get("RetryPolicy", {})
    return {
        "id": row["Id"],
        "arn": row["Arn"],
        "input_paths": transformer.get("InputPathsMap", {}),
        "input_template": transformer.get("InputTemplate"),
        "input": row.get("Input"),
        "input_path": row.get("InputPath"),
        "dead_letter_arn": row.get("DeadLetterConfig", {}).get("Arn"),
        "max_age_seconds": retry.get("MaximumEventAgeInSeconds"),
        "max_attempts": retry.get("MaximumRetryAttempts"),
    }
