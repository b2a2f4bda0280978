"""The database, its parameters, and buckets on AWS."""

from collections.abc import Mapping, Sequence

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import rows as reading
from cloudscale.adapters.aws.healing.observing.rows import Row
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Sight
from cloudscale.ops.healing.resource import Ref, Resource

Wanted = Sequence[Resource]
DATABASE_WORDS = {
    "instance_class": "DBInstanceClass",
    "allocated_gb": "AllocatedStorage",
    "max_storage_gb": "MaxAllocatedStorage",
    "backup_retention_days": "BackupRetentionPeriod",
    "backup_window": "PreferredBackupWindow",
    "maintenance_window": "PreferredMaintenanceWindow",
    "is_public": "PubliclyAccessible",
    "is_multi_az": "MultiAZ",
    "is_deletion_protected": "DeletionProtection",
    "is_auto_minor": "AutoMinorVersionUpgrade",
    "engine_version": "EngineVersion",
    "is_encrypted": "StorageEncrypted",
    "copies_tags": "CopyTagsToSnapshot",
}


def databases(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Each by itself. What RDS has been told and does later counts as done.

    So what Terraform leaves to the database's own window is not done at once, and what somebody
    else does is seen before it happens.
    """

    def look(resource: Resource) -> Sight:
        answer = calls.ask("rds", "describe_db_instances", DBInstanceIdentifier=resource.id)
        row = answer["DBInstances"][0]
        row = {**row, **(row.get("PendingModifiedValues") or {})}
        groups = row.get("VpcSecurityGroups", ())
        parameters = row.get("DBParameterGroups") or [{}]
        fields = {
            **reading.named(row, DATABASE_WORDS),
            "parameter_group": parameters[0].get("DBParameterGroupName"),
            "security_groups": [one["VpcSecurityGroupId"] for one in groups],
            "tags": reading.tags(row.get("TagList")),
        }
        return reading.as_found(fields, arn=row["DBInstanceArn"])

    return reading.each(wanted, look)


def parameter_groups(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Of each what somebody has set: the rest is the family's own."""

    def look(resource: Resource) -> Sight:
        pages = calls.pages(
            "rds", "describe_db_parameters", DBParameterGroupName=resource.id, Source="user"
        )
        rows = [row for page in pages for row in page["Parameters"]]
        told = {row["ParameterName"]: row.get("ParameterValue") for row in rows}
        return reading.as_found({"parameters": told})

    return reading.each(wanted, look)


def buckets(calls: Calls, wanted: Wanted, stack: StackFacts) -> Mapping[Ref, Sight]:
    """Of each bucket what is wanted of it: every part is a call of its own."""

    def look(resource: Resource) -> Sight:
        name = {"Bucket": resource.id}
        fields = {part: PARTS[part](calls, name) for part in PARTS if part in resource.fields}
        return reading.as_found(
            {part: value for part, value in fields.items() if value is not None}
        )

    return reading.each(wanted, look)


def _policy(calls: Calls, name: Row) -> str | None:
    answer = reading.optional(
        lambda: calls.ask("s3", "get_bucket_policy", **name), "NoSuchBucketPolicy", {}
    )
    return answer.get("Policy")


def _public_access(calls: Calls, name: Row) -> Row | None:
    answer = reading.optional(
        lambda: calls.ask("s3", "get_public_access_block", **name),
        "NoSuchPublicAccessBlockConfiguration",
        {},
    )
    row = answer.get("PublicAccessBlockConfiguration")
    words = {
        "block_acls": "BlockPublicAcls",
        "ignore_acls": "IgnorePublicAcls",
        "block_policy": "BlockPublicPolicy",
        "restrict_buckets": "RestrictPublicBuckets",
    }
    return reading.named(row, words) if row else None


def _encryption(calls: Calls, name: Row) -> Row | None:
    answer = reading.optional(
        lambda: calls.ask("s3", "get_bucket_encryption", **name),
        "ServerSideEncryptionConfigurationNotFoundError",
        {},
    )
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    if not rules:
        return None
    chosen = rules[0]["ApplyServerSideEncryptionByDefault"]
    return {"algorithm": chosen["SSEAlgorithm"], "key": chosen.get("KMSMasterKeyID")}


def _versioning(calls: Calls, name: Row) -> str | None:
    return calls.ask("s3", "get_bucket_versioning", **name).get("Status")


def _ownership(calls: Calls, name: Row) -> str | None:
    answer = reading.optional(
        lambda: calls.ask("s3", "get_bucket_ownership_controls", **name),
        "OwnershipControlsNotFoundError",
        {},
    )
    rules = answer.get("OwnershipControls", {}).get("Rules", [])
    return rules[0]["ObjectOwnership"] if rules else None


PARTS = {
    "policy": _policy,
    "public_access_block": _public_access,
    "encryption": _encryption,
    "versioning": _versioning,
    "ownership": _ownership,
}
