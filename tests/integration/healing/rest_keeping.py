"""What is kept around a fleet: logs, parameter, secrets, key, database and buckets."""

import json
from typing import Any

from tests.aws_server import REGION
from tests.integration.healing.stage import NAME, Stage

TAGS = {"Project": "CloudScale"}
PAIRS = [{"Key": "Project", "Value": "CloudScale"}]
LOGS = ("server", "application", "network-flows")
PARAMETERS = {"rds.force_ssl": "1", "log_lock_waits": "1"}
CLOSED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def _key(stage: Stage) -> None:
    kms = stage.client("kms")
    account = {"AWS": "arn:aws:iam::123456789012:root"}
    statement = {"Effect": "Allow", "Principal": account, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "Iam", **statement}]})
    tags = [{"TagKey": "Project", "TagValue": "CloudScale"}]
    key = kms.create_key(Policy=policy, Tags=tags)["KeyMetadata"]
    other = kms.create_key()["KeyMetadata"]
    kms.enable_key_rotation(KeyId=key["KeyId"])
    stage.ids |= {"key": key["Arn"], "key id": key["KeyId"], "other key": other["Arn"]}
    stage.ids["key policy"] = policy
    fields = {"state": "Enabled", "is_rotated": True, "policy": policy, "tags": TAGS}
    stage.want("key", "stack", key["KeyId"], fields)


def _logs(stage: Stage) -> None:
    logs = stage.client("logs")
    names = {name: f"/{NAME}/{name}" for name in LOGS}
    names["database"] = f"/aws/rds/instance/{NAME}-database/postgresql"
    for name, group in names.items():
        logs.create_log_group(logGroupName=group, kmsKeyId=stage.ids["key"])
        logs.put_retention_policy(logGroupName=group, retentionInDays=30)
        fields = {"retention_days": 30, "key": stage.ids["key"]}
        stage.want("log_group", name, group, fields)


def _parameter(stage: Stage) -> None:
    name, value = f"/{NAME}/scaling-policy", '{"bounds": {"max_instances": 6}}'
    stage.client("ssm").put_parameter(Name=name, Value=value, Type="String")
    stage.want("parameter", "scaling-policy", name, {"value": value, "type": "String"})


def _secrets(stage: Stage) -> None:
    secrets = stage.client("secretsmanager")
    for name in ("secret-key", "database-password"):
        arn = secrets.create_secret(
            Name=f"{NAME}/{name}",
            SecretString="made up",
            KmsKeyId=stage.ids["key"],
            Tags=PAIRS,
        )["ARN"]
        stage.ids[name] = arn
        fields = {"is_there": True, "key": stage.ids["key"], "tags": TAGS}
        stage.want("secret", name, arn, fields)


def _parameter_groups(stage: Stage) -> None:
    rds = stage.client("rds")
    for name in (f"{NAME}-postgres17", "stranger"):
        rds.create_db_parameter_group(
            DBParameterGroupName=name, DBParameterGroupFamily="postgres17", Description=name
        )
        rows = [
            {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "immediate"}
            for key, value in PARAMETERS.items()
        ]
        rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=rows)
    stage.want("parameter_group", "database", f"{NAME}-postgres17", {"parameters": PARAMETERS})


def _database(stage: Stage) -> None:
    name, fleet = f"{NAME}-database", stage.ids["alb"]
    stage.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        EngineVersion="17.2",
        DBInstanceClass="db.t4g.small",
        MasterUsername="cloudscale",
        MasterUserPassword="made-up-word",
        AllocatedStorage=20,
        MaxAllocatedStorage=100,
        BackupRetentionPeriod=7,
        PreferredBackupWindow="20:00-21:00",
        PreferredMaintenanceWindow="sun:21:30-sun:22:30",
        PubliclyAccessible=False,
        DBParameterGroupName=f"{NAME}-postgres17",
        MultiAZ=True,
        DeletionProtection=True,
        VpcSecurityGroupIds=[fleet],
        AutoMinorVersionUpgrade=True,
        StorageEncrypted=True,
        CopyTagsToSnapshot=True,
        Tags=PAIRS,
    )
    fields = {
        "instance_class": "db.t4g.small",
        "allocated_gb": 20,
        "max_storage_gb": 100,
        "backup_retention_days": 7,
        "backup_window": "20:00-21:00",
        "maintenance_window": "sun:21:30-sun:22:30",
        "is_public": False,
        "parameter_group": f"{NAME}-postgres17",
        "is_multi_az": True,
        "is_deletion_protected": True,
        "security_groups": [fleet],
        "is_auto_minor": True,
        "is_encrypted": True,
        "copies_tags": True,
        "tags": TAGS,
    }
    stage.want("database", "database", name, fields)


def _buckets(stage: Stage) -> None:
    chosen = {"alb-logs": {"algorithm": "AES256"}}
    chosen["healing"] = {"algorithm": "aws:kms", "key": stage.ids["key"]}
    for name, encryption in chosen.items():
        bucket = f"{NAME}-{name}"
        policy = only_over_tls(bucket)
        _bucket(stage, bucket, policy, encryption)
        fields = {
            "policy": policy,
            "public_access_block": {
                "block_acls": True,
                "ignore_acls": True,
                "block_policy": True,
                "restrict_buckets": True,
            },
            "encryption": encryption,
            "versioning": "Enabled",
            "ownership": "BucketOwnerEnforced",
        }
        stage.want("bucket", name, bucket, fields)


def only_over_tls(bucket: str) -> str:
    """The policy of each bucket."""
    statement: dict[str, Any] = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _bucket(stage: Stage, bucket: str, policy: str, encryption: dict[str, str]) -> None:
    s3, name = stage.client("s3"), {"Bucket": bucket}
    s3.create_bucket(**name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_ownership_controls(
        **name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_public_access_block(**name, PublicAccessBlockConfiguration=CLOSED)
    s3.put_bucket_versioning(**name, VersioningConfiguration={"Status": "Enabled"})
    rule: dict[str, Any] = {"SSEAlgorithm": encryption["algorithm"]}
    if "key" in encryption:
        rule["KMSMasterKeyID"] = encryption["key"]
    rules = [{"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": "key" in encryption}]
    s3.put_bucket_encryption(**name, ServerSideEncryptionConfiguration={"Rules": rules})
    s3.put_bucket_policy(**name, Policy=policy)


PARTS = (_key, _logs, _parameter, _secrets, _parameter_groups, _database, _buckets)
