"""What AWS answers where the API server on loopback cannot: recorded, given back by botocore."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.session import Session
from botocore.stub import Stubber

from cloudscale.adapters.aws.healing.calls import Calls
from tests.aws_server import REGION

Answers = Mapping[str, Sequence[tuple[str, Any]]]
"""By service: operations in the order in which they are asked, with the answer, or the code of a
refusal."""


@contextmanager
def recorded(answers: Answers) -> Iterator[Calls]:
    """Calls that get these answers, and fail for any other question."""
    session = Session("stage", "hand", region_name=REGION)
    clients: dict[str, Any] = {name: session.client(name) for name in answers}
    with ExitStack() as stack:
        for name, rows in answers.items():
            stubber = stack.enter_context(Stubber(clients[name]))
            for operation, answer in rows:
                if isinstance(answer, str):
                    stubber.add_client_error(operation, answer)
                else:
                    stubber.add_response(operation, answer)
        yield Calls(clients.__getitem__)


def series(id: str, values: Sequence[float], *, last_ago: int = 2, period: int = 60) -> Any:
    """One result of GetMetricData: the last value is that of the period so many ago."""
    step = timedelta(seconds=period)
    begun = datetime.fromtimestamp(datetime.now(UTC).timestamp() // period * period, UTC)
    moments = [begun - step * (last_ago + len(values) - 1 - n) for n in range(len(values))]
    newest_first = slice(None, None, -1)
    return {
        "Id": id,
        "Label": id,
        "Timestamps": moments[newest_first],
        "Values": list(values)[newest_first],
        "StatusCode": "Complete",
    }
