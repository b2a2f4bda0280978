"""Who is told, and how: the topic, its subscribers, the queue of what went untold, event rules."""

import json
from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import policies, spelling, tagging, tags
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Remedy
from cloudscale.ops.healing.resource import Fields

WAS_GONE = "Nothing to undo: it was gone."
TEXT = spelling.optional(spelling.text)
NUMBER = spelling.optional(spelling.number)
TOPIC_ATTRIBUTES = {"policy": "Policy", "key": "KmsMasterKeyId", "display_name": "DisplayName"}


def _topic(broken: Broken) -> Remedy:
    wanted = broken.resource.fields
    changed = [name for name in TOPIC_ATTRIBUTES if name in wanted and broken.has(name)]
    commands = [_attribute(broken, name, wanted[name]) for name in changed]
    if broken.found is None:
        made: dict[str, Any] = {"Name": broken.resource.id.rpartition(":")[2]}
        if tagged := tags.of_new(broken):
            made["Tags"] = tags.pairs(tagged)
        commands.insert(0, Command("sns", "create_topic", made))
        return Remedy(tuple(commands), undo_words=WAS_GONE)
    undo = [_attribute(broken, name, broken.found.fields.get(name)) for name in changed]
    tagged, untagged = tagging.SNS.both_ways(broken, broken.resource.id)
    return Remedy((*commands, *tagged), (*undo, *untagged))


def _attribute(broken: Broken, name: str, value: Any) -> Command:
    text = policies.written(value) if name == "policy" and value else value or ""
    arguments = {"TopicArn": broken.resource.id, "AttributeName": TOPIC_ATTRIBUTES[name]}
    return Command("sns", "set_topic_attributes", {**arguments, "AttributeValue": text})


TOPIC = Kind(
    "topic",
    "topic",
    (
        Field("policy", canonical=policies.canonical),
        Field("key", canonical=TEXT),
        Field("display_name", canonical=TEXT),
        tags.TAGS,
    ),
    _topic,
)


def _subscription(broken: Broken) -> Remedy:
    about = broken.resource.about
    arguments = {
        "TopicArn": about["topic"],
        "Protocol": about["protocol"],
        "Endpoint": about["endpoint"],
        "ReturnSubscriptionArn": True,
    }
    words = "Unsubscribe it again. Somebody who is mailed has to confirm first."
    return Remedy((Command("sns", "subscribe", arguments),), undo_words=words)


SUBSCRIPTION = Kind(
    "subscription",
    "subscription",
    (Field("is_there", canonical=spelling.truth),),
    _subscription,
    needs=("topic",),
)

QUEUE_ATTRIBUTES = {"policy": "Policy", "retention_seconds": "MessageRetentionPeriod"}


def _queue(broken: Broken) -> Remedy:
    wanted = broken.resource.fields
    if broken.found is None:
        made: dict[str, Any] = {
            "QueueName": broken.resource.id.rpartition("/")[2],
            "Attributes": {**_queue_attributes(broken, wanted), **SSE},
        }
        if tagged := tags.of_new(broken):
            made["tags"] = tagged
        return Remedy((Command("sqs", "create_queue", made),), undo_words=WAS_GONE)
    return Remedy((_set_queue(broken, wanted),), (_set_queue(broken, broken.found.fields),))


SSE = {"SqsManagedSseEnabled": "true"}


def _set_queue(broken: Broken, fields: Fields) -> Command:
    arguments = {
        "QueueUrl": broken.resource.id,
        "Attributes": _queue_attributes(broken, fields),
    }
    return Command("sqs", "set_queue_attributes", arguments)


def _queue_attributes(broken: Broken, fields: Fields) -> dict[str, str]:
    told = {}
    if broken.has("policy"):
        told["Policy"] = policies.written(fields["policy"]) if fields.get("policy") else ""
    if broken.has("retention_seconds") and fields.get("retention_seconds"):
        told["MessageRetentionPeriod"] = str(spelling.whole(fields["retention_seconds"]))
    return told


QUEUE = Kind(
    "queue",
    "queue",
    (
        Field("policy", canonical=policies.canonical),
        Field("retention_seconds", canonical=spelling.number),
    ),
    _queue,
)


def _event_rule(broken: Broken) -> Remedy:
    wanted = broken.resource.fields
    found = broken.found.fields if broken.found else {}
    commands, undo = _rule(broken, wanted, found), _rule(broken, found, wanted)
    if broken.found is None:
        return Remedy(tuple(commands), undo_words=WAS_GONE)
    return Remedy(tuple(commands), tuple(undo))


def _rule(broken: Broken, target: Fields, now: Fields) -> list[Command]:
    commands = []
    if broken.has("pattern", "schedule", "state", "description"):
        arguments: dict[str, Any] = {"Name": broken.resource.id}
        if target.get("pattern"):
            arguments["EventPattern"] = policies.written(target["pattern"])
        if target.get("schedule"):
            arguments["ScheduleExpression"] = target["schedule"]
        arguments["State"] = target.get("state") or "ENABLED"
        arguments["Description"] = target.get("description") or ""
        if broken.found is None and (tagged := tags.of_new(broken)):
            arguments["Tags"] = tags.pairs(tagged)
        commands.append(Command("events", "put_rule", arguments))
    if broken.has("targets"):
        commands += _targets(broken.resource.id, target, now)
    return commands


def _targets(rule: str, target: Fields, now: Fields) -> list[Command]:
    commands = []
    wanted = {one["id"]: one for one in target.get("targets") or ()}
    there = {one["id"] for one in now.get("targets") or ()}
    if wanted:
        rows = [_target(one) for one in wanted.values()]
        commands.append(Command("events", "put_targets", {"Rule": rule, "Targets": rows}))
    if there - wanted.keys():
        arguments = {"Rule": rule, "Ids": sorted(there - wanted.keys())}
        commands.append(Command("events", "remove_targets", arguments))
    return commands


def _target(target: Fields) -> dict[str, Any]:
    told: dict[str, Any] = {"Id": target["id"], "Arn": target["arn"]}
    if target.get("input_template"):
        told["InputTransformer"] = {
            "InputPathsMap": dict(target.get("input_paths") or {}),
            "InputTemplate": target["input_template"],
        }
    for name, word in (("input", "Input"), ("input_path", "InputPath")):
        if target.get(name):
            told[word] = target[name]
    if target.get("dead_letter_arn"):
        told["DeadLetterConfig"] = {"Arn": target["dead_letter_arn"]}
    if target.get("max_age_seconds") is not None:
        told["RetryPolicy"] = {
            "MaximumEventAgeInSeconds": int(target["max_age_seconds"]),
            "MaximumRetryAttempts": int(target["max_attempts"]),
        }
    return told


def _pattern(value: Any) -> Any:
    """An event pattern: its lists are sets, its order says nothing."""
    if value in (None, ""):
        return None
    return _unordered(json.loads(value) if isinstance(value, str) else value)


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unordered(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return sorted((_unordered(one) for one in value), key=repr)
    return value


TARGET = spelling.shape(
    id=spelling.text,
    arn=spelling.text,
    input_paths=spelling.mapping(),
    input_template=TEXT,
    input=TEXT,
    input_path=TEXT,
    dead_letter_arn=TEXT,
    max_age_seconds=NUMBER,
    max_attempts=NUMBER,
)
EVENT_RULE = Kind(
    "event_rule",
    "event rule",
    (
        Field("pattern", canonical=_pattern),
        Field("schedule", canonical=TEXT),
        Field("state", canonical=spelling.text),
        Field("description", canonical=TEXT),
        Field("targets", canonical=spelling.unordered(TARGET)),
    ),
    _event_rule,
)
