"""What is kept: logs, parameter, secret, key, database, buckets."""

import json
from typing import Any

from tests.terraform.tampering.stage import NAME, Family, Stage

PARAMETERS = ("scaling-policy", "settings")
DATABASE = {"DBInstanceIdentifier": f"{NAME}-database"}


def read_logs(stage: Stage) -> Any:
    rows = stage.logs.describe_log_groups()["logGroups"]
    return {
        row["logGroupName"]: [row.get("retentionInDays"), row.get("kmsKeyId")]
        for row in rows
        if NAME in row["logGroupName"]
    }


def forget_logs(stage: Stage) -> None:
    stage.logs.delete_log_group(logGroupName=f"/{NAME}/bootstrap")
    stage.logs.delete_retention_policy(logGroupName=f"/{NAME}/application")
    named = {"logGroupName": f"/aws/rds/instance/{NAME}-database/upgrade"}
    stage.logs.put_retention_policy(**named, retentionInDays=1)


def read_secrets(stage: Stage) -> Any:
    key, secret = {"KeyId": stage.key()}, stage.secret()
    parameters = stage.ssm.get_parameters(Names=[f"/{NAME}/{name}" for name in PARAMETERS])
    about = stage.kms.describe_key(**key)["KeyMetadata"]
    return {
        "parameters": {one["Name"]: one["Value"] for one in parameters["Parameters"]},
        "secret": [secret.get("DeletedDate"), secret.get("KmsKeyId")],
        "secret tags": sorted((one["Key"], one["Value"]) for one in secret.get("Tags", ())),
        "key": about["KeyState"],
        "policy": json.loads(stage.kms.get_key_policy(**key, PolicyName="default")["Policy"]),
        "is rotated": stage.kms.get_key_rotation_status(**key)["KeyRotationEnabled"],
    }


def lose_secrets(stage: Stage) -> None:
    key, secret = {"KeyId": stage.key()}, {"SecretId": stage.secret()["ARN"]}
    stage.ssm.delete_parameter(Name=f"/{NAME}/scaling-policy")
    changed = "ENVIRONMENT='development'"
    stage.ssm.put_parameter(Name=f"/{NAME}/settings", Value=changed, Type="String", Overwrite=True)
    stage.secretsmanager.untag_resource(**secret, TagKeys=["Project"])
    stage.secretsmanager.delete_secret(**secret, RecoveryWindowInDays=7)
    stage.kms.disable_key_rotation(**key)
    root = {"AWS": "arn:aws:iam::123456789012:root"}
    mine = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [mine]})
    stage.kms.put_key_policy(**key, PolicyName="default", Policy=policy)
    stage.kms.disable_key(**key)


def read_database(stage: Stage) -> Any:
    row = stage.rds.describe_db_instances(**DATABASE)["DBInstances"][0]
    words = ("DBInstanceClass", "AllocatedStorage", "MaxAllocatedStorage", "BackupRetentionPeriod")
    words += ("PubliclyAccessible", "MultiAZ", "DeletionProtection", "CopyTagsToSnapshot")
    group = row["DBParameterGroups"][0]["DBParameterGroupName"]
    return {
        **{word: row[word] for word in words},
        "group": group,
        "groups": [one["VpcSecurityGroupId"] for one in row["VpcSecurityGroups"]],
        "forces TLS": parameters(stage, f"{NAME}-postgres17")["rds.force_ssl"],
    }


def parameters(stage: Stage, group: str) -> dict[str, str]:
    pages = stage.rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=group)
    rows = [row for page in pages for row in page["Parameters"]]
    return {row["ParameterName"]: row.get("ParameterValue", "") for row in rows}


def loosen_database(stage: Stage) -> None:
    stage.rds.modify_db_instance(
        **DATABASE,
        DBInstanceClass="db.t4g.micro",
        BackupRetentionPeriod=1,
        PubliclyAccessible=True,
        MultiAZ=False,
        VpcSecurityGroupIds=[stage.sg("alb")],
        ApplyImmediately=True,
    )
    plain = {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}
    stage.rds.modify_db_parameter_group(
        DBParameterGroupName=f"{NAME}-postgres17", Parameters=[plain]
    )


def read_buckets(stage: Stage) -> Any:
    s3 = stage.s3
    return {
        name: [
            json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"],
            s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
            s3.get_bucket_versioning(Bucket=name).get("Status"),
            s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"],
        ]
        for name in (stage.bucket(), stage.bucket().replace("alb-logs", "healing"))
        if s3.list_buckets() and _has_policy(s3, name)
    }


def _has_policy(s3: Any, name: str) -> bool:
    try:
        s3.get_bucket_policy(Bucket=name)
        s3.get_public_access_block(Bucket=name)
    except s3.exceptions.ClientError:
        return False
    return True


def open_buckets(stage: Stage) -> None:
    logs, healing = stage.bucket(), stage.bucket().replace("alb-logs", "healing")
    stage.s3.delete_bucket_policy(Bucket=logs)
    stage.s3.delete_public_access_block(Bucket=healing)
    stage.s3.put_bucket_versioning(Bucket=logs, VersioningConfiguration={"Status": "Suspended"})
    plain = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    stage.s3.put_bucket_encryption(Bucket=healing, ServerSideEncryptionConfiguration=plain)


FAMILIES = (
    Family("logs", ("module.monitoring", "module.database"), read_logs, forget_logs),
    Family(
        "secrets",
        ("aws_kms_key.this", "module.secret_key", "module.scaling"),
        read_secrets,
        lose_secrets,
    ),
    Family("database", ("module.database",), read_database, loosen_database),
    Family("buckets", ("module.alb", "module.healing"), read_buckets, open_buckets),
)
