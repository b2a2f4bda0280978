"""Every API call that healing makes: counted, and its refusal in words.

Calls.ask, Calls.pages --> boto3 --> an answer, or CloudFault
"""

from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any

from cloudscale.adapters.aws.faults import asking


class Calls:
    """Makes calls. Any thread may use it.

    Args:
        connect: Makes the client of a service by its name; each is made once.
    """

    def __init__(self, connect: Callable[[str], Any]) -> None:
        self._connect = connect
        self._clients: dict[str, Any] = {}
        self._made = 0
        self._lock = Lock()

    @property
    def made(self) -> int:
        """How many calls were made so far."""
        with self._lock:
            return self._made

    def client(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._connect(service)
            return self._clients[service]

    def ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Make one call.

        Args:
            service: As boto3 names it, such as `ec2`.
            operation: As boto3 names it, such as `describe_security_groups`.
            arguments: Of the call.

        Raises:
            CloudFault: It was refused, or AWS did not answer.
        """
        client = self.client(service)
        self.count()
        with asking(permission(service, operation)):
            return getattr(client, operation)(**arguments)

    def pages(self, service: str, operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Make one call for each page of an answer.

        Raises:
            CloudFault: One was refused, or AWS did not answer.
        """
        client = self.client(service)
        with asking(permission(service, operation)):
            for page in client.get_paginator(operation).paginate(**arguments):
                self.count()
                yield page

    def batch(self, question: str, names: Sequence[str]) -> Sequence[str]:
        """Of what to ask a question that takes several names: of these, unless more is wanted."""
        return names

    def count(self) -> None:
        """One more call was made."""
        with self._lock:
            self._made += 1


SERVICES = {
    "elbv2": "elasticloadbalancing",
    "events": "events",
    "resourcegroupstaggingapi": "tag",
}
"""What IAM calls a service, where that is not boto3's name for it."""

ACTIONS = {
    ("elbv2", "describe_listener_certificates"): "DescribeListenerCertificates",
    ("s3", "get_bucket_encryption"): "GetEncryptionConfiguration",
    ("s3", "put_bucket_encryption"): "PutEncryptionConfiguration",
    ("s3", "get_public_access_block"): "GetBucketPublicAccessBlock",
    ("s3", "put_public_access_block"): "PutBucketPublicAccessBlock",
    ("s3", "get_bucket_lifecycle_configuration"): "GetLifecycleConfiguration",
    ("s3", "put_bucket_lifecycle_configuration"): "PutLifecycleConfiguration",
    ("s3", "delete_bucket_lifecycle"): "PutLifecycleConfiguration",
    ("dynamodb", "transact_write_items"): "PutItem",
}
"""What IAM calls an operation, where that is not its own name."""

ABBREVIATIONS = {"Db": "DB", "Ssl": "SSL"}


def permission(service: str, operation: str) -> str:
    """The IAM action that a call needs, such as `ec2:DescribeInstances`.

    Source: AWS, Service Authorization Reference.
    """
    action = ACTIONS.get((service, operation)) or "".join(
        ABBREVIATIONS.get(word.capitalize(), word.capitalize()) for word in operation.split("_")
    )
    return f"{SERVICES.get(service, service)}:{action}"
