"""What AWS refuses, in words that say what mends it and tell no account, role or key."""

from collections.abc import Iterator
from contextlib import contextmanager

from cloudscale.ops.ports import CloudFault

REFUSED = {"403", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
STRANGERS = {
    *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "InvalidAccessKeyId"),
    *("UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"),
    *("InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken"),
}
HASTY = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}


@contextmanager
def asking(permission: str) -> Iterator[None]:
    """Turn whatever boto3 raises in the block into a `CloudFault`.

    Args:
        permission: The IAM action that the call needs, such as `cloudwatch:PutMetricData`.

    Raises:
        CloudFault: The call failed.
    """
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as refusal:
        raise _refusal(permission, refusal.response) from refusal
    except Exception as failure:  # an answer that is no XML is none of boto's own errors
        raise _failure(permission, failure) from failure


def _refusal(permission: str, response: dict) -> CloudFault:
    """What the service itself answered."""
    code = str(response.get("Error", {}).get("Code", "")) or "an error without a name"
    if code in REFUSED:
        return CloudFault(f"AWS refuses {permission}: allow it in the role of this server.")
    if code in STRANGERS:
        words = f"AWS does not accept this server's credentials ({code}): are they still valid?"
        return CloudFault(words, is_total=True)
    if code in HASTY:
        return CloudFault(f"AWS was asked too often for {permission}; it is asked again later.")
    return CloudFault(f"AWS answered {permission} with {code}.")


def _failure(permission: str, failure: Exception) -> CloudFault:
    """What happened before a service could answer."""
    from botocore import exceptions as boto

    if isinstance(failure, boto.NoCredentialsError | boto.PartialCredentialsError):
        words = "There are no AWS credentials: give this server a role, or set them."
        return CloudFault(words, is_total=True)
    if isinstance(failure, boto.HTTPClientError | boto.ConnectionError):
        words = f"AWS did not answer {permission} ({type(failure).__name__})."
        return CloudFault(words, is_total=True)
    return CloudFault(f"{permission} could not be asked ({type(failure).__name__}).")
