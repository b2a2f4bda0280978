"""What one run of healing costs over a stack of a hundred resources that nobody touched.

The stack is one of the tests', on an AWS API server on loopback: calls are counted as AWS would be
asked, and the seconds are this machine's.
"""

import os
import tempfile
import time
from pathlib import Path

from cloudscale.adapters.aws.healing.assembly import parts_of
from cloudscale.ops.healing import run as healing
from tests import aws_server
from tests.bench._row import Row
from tests.integration.adapters.aws.healing import conftest, test_hundred


def run() -> list[Row]:
    """Measure; about 15 seconds."""
    os.environ.update(aws_server.CREDENTIALS)
    with tempfile.TemporaryDirectory() as folder, aws_server.running(Path(folder)) as aws:
        stack = conftest.built(aws)
        rows = test_hundred.as_read(stack)
        stack.want(*rows, **test_hundred.PLACES)
        calls, began = stack.calls(), time.monotonic()
        report = healing.heal(parts_of(stack.where, calls), "command-line")
        seconds = time.monotonic() - began
    alarms = len(report.plan.planned) if report.plan else -1
    return [
        Row("healing: resources of an untouched stack", len(rows), "", ">= 100"),
        Row("healing: API calls of one run over it", calls.made, "calls", "< 60"),
        Row("healing: that run", seconds, "s", "<= 10"),
        Row("healing: false alarms of it", alarms, "", "0"),
    ]
