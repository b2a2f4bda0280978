"""The calls that the healer makes while tests have it heal, each once.

with recorded() as calls:      list(calls) --> Call, Call, …
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from cloudscale.adapters.aws.healing.assembly import Whereabouts
from cloudscale.adapters.aws.healing.calls import Calls


class Call(NamedTuple):
    """One call, as the healer makes it.

    Attributes:
        service: As boto3 names it.
        operation: As boto3 names it.
        text: Its arguments as JSON, so that equal calls are equal.
    """

    service: str
    operation: str
    text: str

    @classmethod
    def of(cls, service: str, operation: str, arguments: Mapping[str, Any]) -> "Call":
        """A call with these arguments."""
        return cls(service, operation, json.dumps(arguments, sort_keys=True, default=str))

    @property
    def arguments(self) -> dict[str, Any]:
        """What it is called with."""
        return json.loads(self.text)


class RecordingCalls(Calls):
    """Makes calls, and keeps each; any thread may make them.

    Args:
        calls: Makes the clients.
        kept: Where they are kept.
    """

    def __init__(self, calls: Calls, kept: dict[Call, None]) -> None:
        super().__init__(calls.client)
        self._kept = kept

    def ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        self._kept[Call.of(service, operation, arguments)] = None
        return super().ask(service, operation, **arguments)

    def pages(self, service: str, operation: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        self._kept[Call.of(service, operation, arguments)] = None
        return super().pages(service, operation, **arguments)


@contextmanager
def recorded() -> Iterator[dict[Call, None]]:
    """The distinct calls of every healer that is put together meanwhile, in their order."""
    kept: dict[Call, None] = {}
    plain = Whereabouts.calls

    def calls(self: Whereabouts) -> Calls:
        return RecordingCalls(plain(self), kept)

    with patch.object(Whereabouts, "calls", calls):
        yield kept
