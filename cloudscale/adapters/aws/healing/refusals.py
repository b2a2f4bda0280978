"""What AWS's error codes mean to healing; the words are those of `adapters/aws/faults.py`."""

from collections.abc import Mapping
from typing import Any

from cloudscale.ops.ports import CloudFault

VANISHED = {
    *("NoSuchEntity", "NoSuchEntityException", "NoSuchBucket", "NoSuchKey", "NotFound"),
    *("ResourceNotFound", "ResourceNotFoundException", "NotFoundException", "404"),
    *("ParameterNotFound", "InvalidKeyId", "DBInstanceNotFound", "DBParameterGroupNotFound"),
    *("LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound", "RuleNotFound"),
    *("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
}
"""Codes by which services say that what was named is not there; others end in `NotFound`."""

MISSING_WORDS = ("not found", "does not exist", "doesn't exist")
"""Auto Scaling calls everything a ValidationError, and says what it means in words."""


def answer(fault: CloudFault) -> Mapping[str, Any]:
    """What the service answered; empty where none did."""
    response = getattr(fault.__cause__, "response", None)
    return response if isinstance(response, Mapping) else {}


def code(fault: CloudFault) -> str:
    """The service's error code; empty where none answered."""
    return str(answer(fault).get("Error", {}).get("Code", ""))


def is_vanished(fault: CloudFault) -> bool:
    """Whether the service said that what was named is not there."""
    found = code(fault)
    if found in VANISHED or found.endswith((".NotFound", "NotFoundFault")):
        return True
    words = str(answer(fault).get("Error", {}).get("Message", "")).lower()
    return found == "ValidationError" and any(one in words for one in MISSING_WORDS)


def is_unsure(fault: CloudFault) -> bool:
    """Whether nobody knows if the call was made: no answer came, or the service failed itself."""
    told = answer(fault)
    status = told.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return not told or status >= 500
