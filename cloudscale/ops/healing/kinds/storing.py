"""The database, its parameters, and buckets."""

from typing import Any

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.kinds import policies, spelling, tagging, tags
from cloudscale.ops.healing.kinds.kind import Broken, Field, Kind, Owner, Remedy
from cloudscale.ops.healing.resource import Fields, Resource

TEXT = spelling.optional(spelling.text)
NUMBER = spelling.optional(spelling.number)
DATABASE_WORDS = {
    "instance_class": "DBInstanceClass",
    "max_storage_gb": "MaxAllocatedStorage",
    "backup_retention_days": "BackupRetentionPeriod",
    "backup_window": "PreferredBackupWindow",
    "maintenance_window": "PreferredMaintenanceWindow",
    "is_public": "PubliclyAccessible",
    "parameter_group": "DBParameterGroupName",
    "is_multi_az": "MultiAZ",
    "is_deletion_protected": "DeletionProtection",
    "security_groups": "VpcSecurityGroupIds",
    "is_auto_minor": "AutoMinorVersionUpgrade",
    "copies_tags": "CopyTagsToSnapshot",
}
INTERRUPTS = ("instance_class", "parameter_group")
"""What restarts the database; it waits for the maintenance window."""


def is_grown(resource: Resource, found: Any) -> bool:
    """Whether a disk may stay as it is: it grows by itself, and never shrinks."""
    return spelling.number(found) >= spelling.number(resource.fields["allocated_gb"])


def _database(broken: Broken) -> Remedy:
    if broken.found is None:
        why = "Restore it from its last backup, then bring it under Terraform again."
        return Remedy(not_by_call={"*": why})
    by_hand = {}
    if broken.has("is_encrypted"):
        by_hand["is_encrypted"] = "Encryption cannot be changed: restore a copy that has it."
    if broken.has("allocated_gb"):
        by_hand["allocated_gb"] = "A disk cannot be smaller than Terraform made it."
    wanted = _modified(broken, broken.resource.fields)
    commands = [wanted] if wanted else []
    undone = _modified(broken, broken.found.fields) if wanted else None
    tagged, untagged = tagging.RDS.both_ways(broken, broken.found.about.get("arn", ""))
    return Remedy(
        (*commands, *tagged),
        (*((undone,) if undone else ()), *untagged),
        not_by_call=by_hand,
        can_wait=broken.has(*INTERRUPTS),
    )


def _modified(broken: Broken, fields: Fields) -> Command | None:
    told = {
        word: fields[name]
        for name, word in DATABASE_WORDS.items()
        if broken.has(name) and fields.get(name) is not None
    }
    if not told:
        return None
    arguments = {"DBInstanceIdentifier": broken.resource.id, "ApplyImmediately": True, **told}
    return Command("rds", "modify_db_instance", arguments)


DATABASE = Kind(
    "database",
    "database",
    (
        Field("instance_class", canonical=spelling.text),
        Field(
            "allocated_gb",
            Owner.AUTOSCALER,
            "The disk grows by itself; it is never smaller.",
            canonical=spelling.number,
            is_kept=is_grown,
        ),
        Field("max_storage_gb", canonical=NUMBER),
        Field("backup_retention_days", canonical=spelling.number),
        Field("backup_window", canonical=TEXT),
        Field("maintenance_window", canonical=TEXT),
        Field("is_public", canonical=spelling.truth),
        Field("parameter_group", canonical=spelling.text),
        Field("is_multi_az", canonical=spelling.truth),
        Field("is_deletion_protected", canonical=spelling.truth),
        Field("security_groups", canonical=spelling.unordered()),
        Field("is_auto_minor", canonical=spelling.truth),
        Field("engine_version", Owner.IGNORED, "AWS makes minor upgrades by itself."),
        Field("is_encrypted", canonical=spelling.truth),
        Field("copies_tags", canonical=spelling.truth),
        tags.TAGS,
    ),
    _database,
)


def _parameters(broken: Broken) -> Remedy:
    if broken.found is None:
        return Remedy(not_by_call={"*": "The database uses it: Terraform must make it again."})
    wanted = broken.resource.fields["parameters"]
    found = broken.found.fields.get("parameters") or {}
    changed = {name: value for name, value in wanted.items() if str(found.get(name)) != str(value)}
    return Remedy(
        (_set(broken, changed),),
        (_set(broken, {name: found[name] for name in changed if name in found}),),
    )


def _set(broken: Broken, parameters: Fields) -> Command:
    """Static ones count from the next restart on, as Terraform has them too."""
    methods = broken.resource.about.get("methods") or {}
    rows = [
        {
            "ParameterName": name,
            "ParameterValue": str(parameters[name]),
            "ApplyMethod": methods.get(name, "immediate"),
        }
        for name in sorted(parameters)
    ]
    arguments = {"DBParameterGroupName": broken.resource.id, "Parameters": rows}
    return Command("rds", "modify_db_parameter_group", arguments)


PARAMETER_GROUP = Kind(
    "parameter_group",
    "parameter group",
    (Field("parameters", canonical=spelling.mapping(), is_met=spelling.includes),),
    _parameters,
)


def _bucket(broken: Broken) -> Remedy:
    if broken.found is None:
        return Remedy(not_by_call={"*": "What it held is gone with it."})
    found = broken.found.fields
    return Remedy(
        tuple(_of_bucket(broken, broken.resource.fields)), tuple(_of_bucket(broken, found))
    )


def _of_bucket(broken: Broken, fields: Fields) -> list[Command]:
    changes = {
        "policy": _policy,
        "public_access_block": _public_access,
        "encryption": _encryption,
        "versioning": _versioning,
        "ownership": _ownership,
    }
    name = {"Bucket": broken.resource.id}
    return [
        Command("s3", *change(name, fields.get(field)))
        for field, change in changes.items()
        if broken.has(field)
    ]


Call = tuple[str, dict[str, Any]]


def _policy(name: dict[str, Any], value: Any) -> Call:
    if not value:
        return "delete_bucket_policy", name
    return "put_bucket_policy", {**name, "Policy": policies.written(value)}


def _public_access(name: dict[str, Any], value: Any) -> Call:
    if not value:
        return "delete_public_access_block", name
    words = {
        "block_acls": "BlockPublicAcls",
        "ignore_acls": "IgnorePublicAcls",
        "block_policy": "BlockPublicPolicy",
        "restrict_buckets": "RestrictPublicBuckets",
    }
    told = {word: bool(value.get(field)) for field, word in words.items()}
    return "put_public_access_block", {**name, "PublicAccessBlockConfiguration": told}


def _encryption(name: dict[str, Any], value: Any) -> Call:
    if not value:
        return "delete_bucket_encryption", name
    chosen = {"SSEAlgorithm": value.get("algorithm") or "AES256"}
    if value.get("key"):
        chosen["KMSMasterKeyID"] = value["key"]
    rule = {
        "ApplyServerSideEncryptionByDefault": chosen,
        "BucketKeyEnabled": bool(value.get("key")),
    }
    return "put_bucket_encryption", {**name, "ServerSideEncryptionConfiguration": {"Rules": [rule]}}


def _versioning(name: dict[str, Any], value: Any) -> Call:
    status = value if value in ("Enabled", "Suspended") else "Suspended"
    return "put_bucket_versioning", {**name, "VersioningConfiguration": {"Status": status}}


def _ownership(name: dict[str, Any], value: Any) -> Call:
    if not value:
        return "delete_bucket_ownership_controls", name
    controls = {"Rules": [{"ObjectOwnership": value}]}
    return "put_bucket_ownership_controls", {**name, "OwnershipControls": controls}


BUCKET = Kind(
    "bucket",
    "bucket",
    (
        Field("policy", canonical=policies.canonical),
        Field(
            "public_access_block",
            canonical=spelling.shape(
                block_acls=spelling.flag,
                ignore_acls=spelling.flag,
                block_policy=spelling.flag,
                restrict_buckets=spelling.flag,
            ),
        ),
        Field("encryption", canonical=spelling.shape(algorithm=spelling.text, key=TEXT)),
        Field("versioning", canonical=TEXT),
        Field("ownership", canonical=TEXT),
    ),
    _bucket,
)
