"""Clients of AWS's services, with time-outs that end; boto3 is imported at the first one."""

from typing import Any

CONNECT_SECONDS = 2
READ_SECONDS = 5
# So that a call ends within 15 s whatever the network does. Between the two, botocore's standard
# mode waits for a random part of a second, so that what failed together does not return together.
ATTEMPTS = 2


def connect(
    service: str, region: str, endpoint_url: str | None = None, connections: int = 10
) -> Any:
    """The boto3 client of a service.

    Args:
        service: As boto3 names it.
        region: The AWS region.
        endpoint_url: Where to call instead of AWS.
        connections: How many calls may be under way at once.
    """
    from boto3.session import Session
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        max_pool_connections=connections,
    )
    session = Session(region_name=region)
    return session.client(service, endpoint_url=endpoint_url, config=config)
