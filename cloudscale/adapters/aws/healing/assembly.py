"""All that healing on AWS is made of, put together for whichever door it comes through."""

from dataclasses import dataclass
from typing import Any

from cloudscale.adapters.aws.connecting import connect
from cloudscale.adapters.aws.healing.calls import Calls
from cloudscale.adapters.aws.healing.ledger import DynamoLedger
from cloudscale.adapters.aws.healing.messenger import SnsMessenger
from cloudscale.adapters.aws.healing.observing import database_sight, members
from cloudscale.adapters.aws.healing.source import AwsSource, Switchboard
from cloudscale.adapters.aws.healing.world import THREADS, AwsWorld
from cloudscale.ops.healing.clock import SystemClock
from cloudscale.ops.healing.ports import Parts


@dataclass(frozen=True)
class Whereabouts:
    """Which stack is healed, and where its record is.

    Attributes:
        stack: The stack's name, such as `cloudscale-production`.
        table: The record's DynamoDB table.
        topic: The ARN of the topic that people are told by; empty where there is none.
        region: The AWS region.
        endpoint_url: Where to call instead of AWS.
    """

    stack: str
    table: str
    topic: str = ""
    region: str = "ap-south-1"
    endpoint_url: str | None = None

    def calls(self) -> Calls:
        """What makes the calls."""

        def client(service: str) -> Any:
            return connect(service, self.region, self.endpoint_url, connections=2 * THREADS)

        return Calls(client)


def parts_of(where: Whereabouts, calls: Calls) -> Parts:
    """What a run is made of."""
    clock = SystemClock()
    return Parts(
        source=AwsSource(calls, where.stack, where.region),
        world=AwsWorld(calls, see_fleet=members.observe, see_database=database_sight.observe),
        ledger=ledger_of(where, calls),
        messenger=SnsMessenger(calls, where.topic),
        clock=clock,
    )


def ledger_of(where: Whereabouts, calls: Calls) -> DynamoLedger:
    """The record."""
    return DynamoLedger(calls, where.table)


def switchboard_of(where: Whereabouts, calls: Calls) -> Switchboard:
    """The switches, for people."""
    return Switchboard(calls, where.stack)
