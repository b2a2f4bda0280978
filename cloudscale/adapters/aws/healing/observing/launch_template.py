"""Launch templates: which version counts, and what is in the one that Terraform wrote."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.observing import rows as reading
from cloudscale.ops.healing.desired import StackFacts
from cloudscale.ops.healing.observed import Gone, Sight
from cloudscale.ops.healing.resource import Ref, Resource

NO_VERSION = "InvalidLaunchTemplateId.VersionNotFound"
METADATA = {
    "HttpEndpoint": "http_endpoint",
    "HttpTokens": "http_tokens",
    "HttpPutResponseHopLimit": "http_put_response_hop_limit",
    "HttpProtocolIpv6": "http_protocol_ipv6",
    "InstanceMetadataTags": "instance_metadata_tags",
}
DISK = {
    "VolumeType": "volume_type",
    "VolumeSize": "volume_size",
    "Encrypted": "encrypted",
    "DeleteOnTermination": "delete_on_termination",
    "Iops": "iops",
    "Throughput": "throughput",
    "KmsKeyId": "kms_key_id",
    "SnapshotId": "snapshot_id",
}


def observe(calls: Calls, resources: Sequence[Resource], stack: StackFacts) -> Mapping[Ref, Sight]:
    """Each from two questions: a stack has one."""
    return reading.each(resources, lambda one: _sight(calls, one))


def _sight(calls: Calls, resource: Resource) -> Sight:
    question = {"LaunchTemplateIds": [resource.id]}
    rows = calls.ask("ec2", "describe_launch_templates", **question)["LaunchTemplates"]
    if not rows:
        return Gone()
    return reading.as_found(
        {
            "default_version": rows[0]["DefaultVersionNumber"],
            "latest_version": rows[0]["LatestVersionNumber"],
            "content": _content(calls, resource, rows[0]["DefaultVersionNumber"]),
            "tags": reading.tags(rows[0].get("Tags")),
        }
    )


def _content(calls: Calls, resource: Resource, default: int) -> Mapping[str, Any] | None:
    """What is in the version that Terraform wrote; `None` where that is gone.

    A version never changes, and the default one cannot be deleted: that one needs no question.
    """
    wanted = resource.about.get("version") or resource.fields.get("default_version")
    if wanted is None:
        return None
    if f"{wanted}" == f"{default}" and "content" in resource.fields:
        return resource.fields["content"]
    question = {"LaunchTemplateId": resource.id, "Versions": [f"{wanted}"]}
    answer = reading.optional(
        lambda: calls.ask("ec2", "describe_launch_template_versions", **question), NO_VERSION
    )
    rows = answer["LaunchTemplateVersions"] if answer else ()
    return _spelled(rows[0]["LaunchTemplateData"]) if rows else None


def _spelled(data: Mapping[str, Any]) -> dict[str, Any]:
    profile = data.get("IamInstanceProfile", {})
    return {
        "image_id": data.get("ImageId"),
        "instance_type": data.get("InstanceType"),
        "user_data_sha256": _hash(data.get("UserData")),
        "security_groups": list(data.get("SecurityGroupIds", ())),
        "instance_profile": profile.get("Arn") or profile.get("Name"),
        "metadata": _renamed(data.get("MetadataOptions", {}), METADATA),
        "monitoring": data.get("Monitoring", {}).get("Enabled"),
        "ebs_optimized": data.get("EbsOptimized"),
        "disks": [_disk(one) for one in data.get("BlockDeviceMappings", ())],
    }


def _hash(user_data: str | None) -> str | None:
    """Of what a server is told itself, and not of how it is carried."""
    if not user_data:
        return None
    try:
        told = base64.b64decode(user_data, validate=True)
    except binascii.Error:
        told = user_data.encode()
    return hashlib.sha256(told).hexdigest()


def _disk(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"device": row.get("DeviceName"), **_renamed(row.get("Ebs", {}), DISK)}


def _renamed(told: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    return {ours: told[word] for word, ours in words.items() if told.get(word) is not None}
