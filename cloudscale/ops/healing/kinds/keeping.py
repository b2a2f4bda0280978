"""What is kept: logs, parameters, secrets and the key that encrypts them."""

from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import policies, spelling, tagging, tags
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Remedy

WAS_GONE = "Nothing to undo: it was gone."
TEXT = spelling.optional(spelling.text)


def _log_group(broken: Broken) -> Remedy:
    name, wanted = {"logGroupName": broken.resource.id}, broken.resource.fields
    retention = Command(
        "logs", "put_retention_policy", {**name, "retentionInDays": wanted.get("retention_days")}
    )
    if broken.found is None:
        made: dict[str, Any] = dict(name)
        if wanted.get("key"):
            made["kmsKeyId"] = wanted["key"]
        if tagged := tags.of_new(broken):
            made["tags"] = tagged
        return Remedy((Command("logs", "create_log_group", made), retention), undo_words=WAS_GONE)
    commands, undo = [], []
    if broken.has("retention_days"):
        commands.append(retention)
        undo.append(_retention(name, broken.found.fields.get("retention_days")))
    if broken.has("key"):
        commands.append(_log_key(name, wanted["key"]))
        undo.append(_log_key(name, broken.found.fields.get("key")))
    tagged, untagged = tagging.LOGS.both_ways(broken, broken.found.about.get("arn", ""))
    return Remedy((*commands, *tagged), (*undo, *untagged))


def _log_key(name: dict[str, Any], key: Any) -> Command:
    """What is written from now on is encrypted with it."""
    if not key:
        return Command("logs", "disassociate_kms_key", name)
    return Command("logs", "associate_kms_key", {**name, "kmsKeyId": key})


def _retention(name: dict[str, Any], days: Any) -> Command:
    """Back to what it was; no days are for ever."""
    if not days:
        return Command("logs", "delete_retention_policy", name)
    return Command("logs", "put_retention_policy", {**name, "retentionInDays": days})


LOG_GROUP = Kind(
    "log_group",
    "log group",
    (
        Field("retention_days", canonical=spelling.optional(spelling.number)),
        Field("key", canonical=TEXT),
        tags.TAGS,
    ),
    _log_group,
)


def _parameter(broken: Broken) -> Remedy:
    if broken.found is None:
        return Remedy((_made_again(broken),), undo_words=WAS_GONE)
    put = _put(broken, broken.resource.fields)
    return Remedy((put,), (_put(broken, {**broken.resource.fields, **broken.found.fields}),))


def _made_again(broken: Broken) -> Command:
    """What one is for and its tags are told as it is made. Reading them would be a call each."""
    put, about = _put(broken, broken.resource.fields), broken.resource.about
    arguments = {name: one for name, one in put.arguments.items() if name != "Overwrite"}
    if about.get("description"):
        arguments["Description"] = about["description"]
    if about.get("tags"):
        arguments["Tags"] = tags.pairs(about["tags"])
    return Command("ssm", "put_parameter", arguments)


def _put(broken: Broken, fields: Any) -> Command:
    arguments = {
        "Name": broken.resource.id,
        "Value": fields["value"],
        "Type": fields.get("type") or "String",
        "Overwrite": True,
    }
    if fields.get("tier"):
        arguments["Tier"] = fields["tier"]
    return Command("ssm", "put_parameter", arguments)


PARAMETER = Kind(
    "parameter",
    "parameter",
    (
        Field("value", canonical=spelling.text),
        Field("type", canonical=spelling.text),
        Field("tier", canonical=TEXT),
    ),
    _parameter,
)


def _secret(broken: Broken) -> Remedy:
    arn = {"SecretId": broken.resource.id}
    if broken.found is None:
        why = "What it held is gone with it: Terraform must make another, and raise its version."
        return Remedy(not_by_call={"*": why})
    commands, undo = [], []
    if broken.has("is_there"):
        commands.append(Command("secretsmanager", "restore_secret", arn))
        deleted = {**arn, "RecoveryWindowInDays": 30}
        undo.append(Command("secretsmanager", "delete_secret", deleted))
    if broken.has("key"):
        keys = (broken.resource.fields["key"], broken.found.fields.get("key") or OWN_KEY)
        for key, calls in zip(keys, (commands, undo), strict=True):
            calls.append(Command("secretsmanager", "update_secret", {**arn, "KmsKeyId": key}))
    tagged, untagged = tagging.SECRETS.both_ways(broken, broken.resource.id)
    return Remedy((*commands, *tagged), (*untagged, *reversed(undo)))


OWN_KEY = "alias/aws/secretsmanager"
"""What AWS encrypts a secret with that names no key."""


SECRET = Kind(
    "secret",
    "secret",
    (Field("is_there", canonical=spelling.truth), Field("key", canonical=TEXT), tags.TAGS),
    _secret,
)


def _key(broken: Broken) -> Remedy:
    if broken.found is None:
        return Remedy(not_by_call={"*": "What it encrypted cannot be read any more."})
    key, wanted, found = {"KeyId": broken.resource.id}, broken.resource.fields, broken.found.fields
    commands, undo = [], []
    if broken.has("state"):
        if found.get("state") == "PendingDeletion":
            commands.append(Command("kms", "cancel_key_deletion", key))
            going = {**key, "PendingWindowInDays": 30}
            undo.append(Command("kms", "schedule_key_deletion", going))
        else:
            undo.append(Command("kms", "disable_key", key))
        commands.append(Command("kms", "enable_key", key))
    if broken.has("is_rotated"):
        commands.append(Command("kms", "enable_key_rotation", key))
        undo.append(Command("kms", "disable_key_rotation", key))
    if broken.has("policy"):
        for fields, calls in ((wanted, commands), (found, undo)):
            arguments = {**key, "PolicyName": "default"}
            arguments["Policy"] = policies.written(fields.get("policy"))
            calls.append(Command("kms", "put_key_policy", arguments))
    tagged, untagged = tagging.KMS.both_ways(broken, broken.resource.id)
    return Remedy((*commands, *tagged), (*untagged, *reversed(undo)))


KEY = Kind(
    "key",
    "encryption key",
    (
        Field("state", canonical=spelling.text),
        Field("is_rotated", canonical=spelling.truth),
        Field("policy", canonical=policies.canonical),
        tags.TAGS,
    ),
    _key,
)
