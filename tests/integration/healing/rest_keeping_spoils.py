"""Ways to spoil what is kept: logs, parameter, secrets, key, database and buckets."""

import json
from typing import Any

from cloudscale.ops.healing.resource import Ref
from tests.integration.healing.rest_keeping import CLOSED, only_over_tls
from tests.integration.healing.spoiling import spoils_rest as spoils
from tests.integration.healing.stage import NAME, Stage

SERVER, FLOWS = Ref("log_group", "server"), Ref("log_group", "network-flows")
POSTGRES = Ref("log_group", "database")
POLICY, SECRET = Ref("parameter", "scaling-policy"), Ref("secret", "secret-key")
PASSWORD, KEY = Ref("secret", "database-password"), Ref("key", "stack")
DATABASE, PARAMETERS = Ref("database", "database"), Ref("parameter_group", "database")
LOGS, HEALING = Ref("bucket", "alb-logs"), Ref("bucket", "healing")


@spoils(SERVER, "retention_days")
def logs_are_forgotten_after_a_day(stage: Stage) -> None:
    stage.client("logs").put_retention_policy(logGroupName=f"/{NAME}/server", retentionInDays=1)


@spoils(FLOWS, "retention_days")
def logs_are_kept_for_ever(stage: Stage) -> None:
    stage.client("logs").delete_retention_policy(logGroupName=f"/{NAME}/network-flows")


@spoils(POSTGRES, "*")
def a_log_group_is_gone(stage: Stage) -> None:
    stage.client("logs").delete_log_group(logGroupName=stage.resources[POSTGRES].id)


@spoils(POLICY, "value")
def the_policy_in_force_is_another_one(stage: Stage) -> None:
    stage.client("ssm").put_parameter(Name=f"/{NAME}/scaling-policy", Value="{}", Overwrite=True)


@spoils(POLICY, "*")
def there_is_no_policy_in_force(stage: Stage) -> None:
    stage.client("ssm").delete_parameter(Name=f"/{NAME}/scaling-policy")


@spoils(SECRET, "is_there")
def a_secret_is_to_be_deleted(stage: Stage) -> None:
    stage.client("secretsmanager").delete_secret(
        SecretId=stage.ids["secret-key"], RecoveryWindowInDays=30
    )


@spoils(PASSWORD, "key")
def a_secret_has_another_key(stage: Stage) -> None:
    secret = stage.ids["database-password"]
    stage.client("secretsmanager").update_secret(SecretId=secret, KmsKeyId=stage.ids["other key"])


@spoils(PASSWORD, "tags")
def a_secret_loses_its_tag(stage: Stage) -> None:
    secret = stage.ids["database-password"]
    stage.client("secretsmanager").untag_resource(SecretId=secret, TagKeys=["Project"])


@spoils(KEY, "state")
def the_key_is_switched_off(stage: Stage) -> None:
    stage.client("kms").disable_key(KeyId=stage.ids["key id"])


@spoils(KEY, "state")
def the_key_is_to_be_deleted(stage: Stage) -> None:
    stage.client("kms").schedule_key_deletion(KeyId=stage.ids["key id"], PendingWindowInDays=30)


@spoils(KEY, "is_rotated", "tags")
def the_key_stays_the_same_and_loses_its_tag(stage: Stage) -> None:
    key = {"KeyId": stage.ids["key id"]}
    stage.client("kms").disable_key_rotation(**key)
    stage.client("kms").untag_resource(**key, TagKeys=["Project"])


@spoils(KEY, "policy")
def anybody_may_use_the_key(stage: Stage) -> None:
    policy = json.loads(stage.ids["key policy"])
    policy["Statement"].append(
        {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    )
    stage.client("kms").put_key_policy(
        KeyId=stage.ids["key id"], PolicyName="default", Policy=json.dumps(policy)
    )


def _modify(stage: Stage, **changes: Any) -> None:
    stage.client("rds").modify_db_instance(
        DBInstanceIdentifier=f"{NAME}-database", ApplyImmediately=True, **changes
    )


@spoils(DATABASE, "is_public", "security_groups")
def the_database_is_opened(stage: Stage) -> None:
    _modify(stage, PubliclyAccessible=True, VpcSecurityGroupIds=[stage.ids["other"]])


@spoils(DATABASE, "backup_retention_days", "is_deletion_protected", "copies_tags")
def the_database_may_be_lost(stage: Stage) -> None:
    _modify(stage, BackupRetentionPeriod=1, DeletionProtection=False, CopyTagsToSnapshot=False)


@spoils(DATABASE, "is_multi_az", "max_storage_gb", "is_auto_minor")
def the_database_is_alone(stage: Stage) -> None:
    _modify(stage, MultiAZ=False, MaxAllocatedStorage=500, AutoMinorVersionUpgrade=False)


@spoils(DATABASE, "backup_window", "maintenance_window")
def the_database_is_looked_after_in_the_rush_hour(stage: Stage) -> None:
    _modify(
        stage,
        PreferredBackupWindow="12:00-13:00",
        PreferredMaintenanceWindow="fri:17:00-fri:18:00",
    )


@spoils(DATABASE, "instance_class")
def the_database_is_smaller(stage: Stage) -> None:
    _modify(stage, DBInstanceClass="db.t4g.micro")


@spoils(DATABASE, "parameter_group")
def the_database_has_other_parameters(stage: Stage) -> None:
    _modify(stage, DBParameterGroupName="stranger")


@spoils(DATABASE, "tags")
def the_database_loses_its_tag(stage: Stage) -> None:
    rds = stage.client("rds")
    (row,) = rds.describe_db_instances(DBInstanceIdentifier=f"{NAME}-database")["DBInstances"]
    rds.remove_tags_from_resource(ResourceName=row["DBInstanceArn"], TagKeys=["Project"])


@spoils(PARAMETERS, "parameters")
def nobody_needs_tls(stage: Stage) -> None:
    plain = {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}
    stage.client("rds").modify_db_parameter_group(
        DBParameterGroupName=f"{NAME}-postgres17", Parameters=[plain]
    )


def _name(ref: Ref) -> dict[str, str]:
    return {"Bucket": f"{NAME}-{ref.name}"}


@spoils(LOGS, "policy")
def a_bucket_has_no_policy(stage: Stage) -> None:
    stage.client("s3").delete_bucket_policy(**_name(LOGS))


@spoils(HEALING, "policy")
def a_bucket_is_read_by_everybody(stage: Stage) -> None:
    policy = json.loads(only_over_tls(f"{NAME}-healing"))
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    policy["Statement"].append({**everybody, "Resource": policy["Statement"][0]["Resource"]})
    stage.client("s3").put_bucket_policy(**_name(HEALING), Policy=json.dumps(policy))


@spoils(LOGS, "public_access_block", "ownership")
def a_bucket_is_not_closed_any_more(stage: Stage) -> None:
    s3 = stage.client("s3")
    s3.delete_public_access_block(**_name(LOGS))
    s3.delete_bucket_ownership_controls(**_name(LOGS))


@spoils(HEALING, "public_access_block")
def a_bucket_takes_public_policies(stage: Stage) -> None:
    half = {**CLOSED, "BlockPublicPolicy": False}
    stage.client("s3").put_public_access_block(
        **_name(HEALING), PublicAccessBlockConfiguration=half
    )


@spoils(HEALING, "encryption", "versioning")
def a_bucket_overwrites_and_has_another_key(stage: Stage) -> None:
    s3, rule = stage.client("s3"), {"SSEAlgorithm": "AES256"}
    rules = [{"ApplyServerSideEncryptionByDefault": rule}]
    s3.put_bucket_encryption(**_name(HEALING), ServerSideEncryptionConfiguration={"Rules": rules})
    s3.put_bucket_versioning(**_name(HEALING), VersioningConfiguration={"Status": "Suspended"})
