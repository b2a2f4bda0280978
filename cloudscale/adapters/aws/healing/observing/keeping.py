"""Log groups, parameters, secrets and keys on AWS."""

from collections.abc import Mapping, Sequence

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import rows as reading
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Sight
from cloudscale.ops.healing.resource import Ref, Resource

Wanted = Sequence[Resource]


def log_groups(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Those that begin alike in one call: the stack's own, and the database's."""
    rows: dict[str, Row] = {}
    for prefix in sorted({_prefix(one.id, stack) for one in wanted}):
        pages = calls.pages("logs", "describe_log_groups", logGroupNamePrefix=prefix)
        rows |= reading.by((row for page in pages for row in page["logGroups"]), "logGroupName")
    words = {"retention_days": "retentionInDays", "key": "kmsKeyId"}
    return reading.sights(
        wanted,
        rows,
        lambda resource, row: reading.as_found(
            reading.named(row, words), arn=row.get("arn", "").removesuffix(":*")
        ),
    )


def _prefix(name: str, stack: StackFacts) -> str:
    """What a name begins with up to the stack's own name."""
    before, is_ours, _ = name.partition(stack.name)
    return before + stack.name if is_ours else name


def parameters(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Ten in a call. Their tier would take a call of its own, and is told by none of these."""
    names = [one.id for one in wanted]
    rows: dict[str, Row] = {}
    for first in range(0, len(names), 10):
        some = names[first : first + 10]
        answer = calls.ask("ssm", "get_parameters", Names=some, WithDecryption=False)
        rows |= reading.by(answer["Parameters"], "Name")
    words = {"value": "Value", "type": "Type"}
    return reading.sights(
        wanted, rows, lambda resource, row: reading.as_found(reading.named(row, words))
    )


def secrets(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """All secrets of the stack in one call, those that are to be deleted too. No value is read."""
    pages = calls.pages(
        "secretsmanager",
        "list_secrets",
        IncludePlannedDeletion=True,
        Filters=[{"Key": "name", "Values": [f"{stack.name}/"]}],
    )
    rows = reading.by((row for page in pages for row in page["SecretList"]), "ARN")
    return reading.sights(wanted, rows, _secret)


def _secret(resource: Resource, row: Row) -> Sight:
    return reading.as_found(
        {
            "is_there": row.get("DeletedDate") is None,
            "key": row.get("KmsKeyId"),
            "tags": reading.tags(row.get("Tags")),
        }
    )


def keys(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Each by itself; one that is to be deleted tells no more than that."""

    def look(resource: Resource) -> Sight:
        key = {"KeyId": resource.id}
        about = calls.ask("kms", "describe_key", **key)["KeyMetadata"]
        fields: Row = {"state": about["KeyState"]}
        if about["KeyState"] == "PendingDeletion":
            return reading.as_found({**resource.fields, **fields})
        policy = calls.ask("kms", "get_key_policy", **key, PolicyName="default")
        fields["policy"] = policy["Policy"]
        rotation = calls.ask("kms", "get_key_rotation_status", **key)
        fields["is_rotated"] = rotation["KeyRotationEnabled"]
        if "tags" in resource.fields:
            fields["tags"] = reading.tags(calls.ask("kms", "list_resource_tags", **key)["Tags"])
        return reading.as_found(fields)

    return reading.each(wanted, look)
