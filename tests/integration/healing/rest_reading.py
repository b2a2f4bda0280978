"""All that stands around a fleet as boto3 reads it, whole: what the tests of healing judge by."""

import json
from typing import Any

from tests.integration.healing.stage import NAME, Stage

MADE_UP = {
    *("ResponseMetadata", "LastModifiedDate", "LastChangedDate", "LastAccessedDate", "Version"),
    *("creationTime", "SubscriptionArn", "OwnerId", "VersionId", "DeletionDate", "RequestId"),
    *("CreatedTimestamp", "LastModifiedTimestamp", "NextRotationDate", "VersionIdsToStages"),
    *("LatestRestorableTime", "ETag", "SecretVersionsToStages", "HostId", "HTTPHeaders"),
    "KeyLastUsage",
}
SUBSCRIBED = {"SubscriptionsConfirmed", "SubscriptionsPending", "SubscriptionsDeleted"}


def spelled(value: Any) -> Any:
    """Without order, times, and what AWS makes up anew; policies and patterns as objects."""
    if isinstance(value, dict):
        return {
            name: spelled(one)
            for name, one in value.items()
            if name not in MADE_UP | SUBSCRIBED and one not in (None, "", [])
        }
    if isinstance(value, list):
        return sorted(map(spelled, value), key=lambda one: json.dumps(one, default=str))
    if isinstance(value, str) and value.startswith("{"):
        return spelled(json.loads(value))
    return value


def whole(stage: Stage) -> dict[str, Any]:
    """All of it in one spelling."""
    parts = (_balancing, _telling, _keeping, _database, _buckets)
    return {part.__name__: spelled(part(stage)) for part in parts}


def _balancing(stage: Stage) -> Any:
    elb, ids = stage.client("elbv2"), stage.ids
    arns = [ids[name] for name in ("balancer", "group", "http", "https", "rule")]
    return [
        elb.describe_load_balancers()["LoadBalancers"],
        elb.describe_load_balancer_attributes(LoadBalancerArn=ids["balancer"]),
        elb.describe_target_groups(TargetGroupArns=[ids["group"]])["TargetGroups"],
        elb.describe_target_group_attributes(TargetGroupArn=ids["group"]),
        elb.describe_listeners(LoadBalancerArn=ids["balancer"])["Listeners"],
        elb.describe_rules(ListenerArn=ids["https"])["Rules"],
        elb.describe_tags(ResourceArns=arns),
    ]


def _telling(stage: Stage) -> Any:
    sns, sqs, events = (stage.client(name) for name in ("sns", "sqs", "events"))
    topic, rules = stage.ids["topic"], events.list_rules()["Rules"]
    queues = sqs.list_queues().get("QueueUrls", [])
    return [
        sns.get_topic_attributes(TopicArn=topic),
        sns.list_tags_for_resource(ResourceArn=topic),
        sns.list_subscriptions()["Subscriptions"],
        [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]) for url in queues],
        rules,
        {one["Name"]: events.list_targets_by_rule(Rule=one["Name"])["Targets"] for one in rules},
    ]


def _keeping(stage: Stage) -> Any:
    kms, key = stage.client("kms"), {"KeyId": stage.ids["key id"]}
    state = kms.describe_key(**key)
    is_going = state["KeyMetadata"]["KeyState"] == "PendingDeletion"
    secrets = stage.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)
    return [
        stage.client("logs").describe_log_groups()["logGroups"],
        stage.client("ssm").get_parameters_by_path(Path="/", Recursive=True)["Parameters"],
        [{**one, "DeletedDate": "DeletedDate" in one} for one in secrets["SecretList"]],
        state,
        kms.get_key_policy(**key, PolicyName="default"),
        None if is_going else kms.get_key_rotation_status(**key),
        kms.list_resource_tags(**key)["Tags"],
    ]


def _database(stage: Stage) -> Any:
    rds, group = stage.client("rds"), {"DBParameterGroupName": f"{NAME}-postgres17"}
    return [
        rds.describe_db_instances()["DBInstances"],
        rds.describe_db_parameters(**group)["Parameters"],
    ]


def _buckets(stage: Stage) -> Any:
    s3 = stage.client("s3")
    looks = (
        *(s3.get_bucket_policy, s3.get_public_access_block, s3.get_bucket_encryption),
        *(s3.get_bucket_versioning, s3.get_bucket_ownership_controls),
    )
    names = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    return {name: [_or_nothing(s3, look, name) for look in looks] for name in names}


def _or_nothing(s3: Any, look: Any, name: str) -> Any:
    try:
        return look(Bucket=name)
    except s3.exceptions.ClientError as refusal:
        return refusal.response["Error"]["Code"]
