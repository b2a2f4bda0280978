"""Every call of every repair in the corpus, and of its undoing, is one that AWS's API has, with
arguments of the names, types and bounds that the API says."""

from functools import cache
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.kinds.kind import WHOLE
from cloudscale.ops.healing.observed import Observed
from cloudscale.ops.healing.plan import plan
from tests.healing_fakes import START, desired
from tests.unit.ops.healing.corpus import Case, cases

REVERTED = [one for one in cases() if one.expected == "reverted"]


@cache
def model(service: str) -> tuple[Any, dict[str, str]]:
    """A service's API, and its operations by boto3's names."""
    found: Any = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return found, {xform_name(name): name for name in found.operation_names}


def faults(command: Command) -> str:
    """What the API would refuse of it."""
    service, operations = model(command.service)
    if command.operation not in operations:
        return f"there is no {command.operation}"
    shape = service.operation_model(operations[command.operation]).input_shape
    return ParamValidator().validate(command.arguments, shape).generate_report()


@pytest.mark.parametrize("case", REVERTED, ids=lambda case: case.name)
def test_a_repair_and_its_undoing_are_calls_that_the_api_takes(case: Case):
    observed = Observed(START, {**case.others, case.resource.ref: case.sight})
    (one,) = plan(desired(case.resource), observed, History(START), START, diagnoses=()).planned
    told = [*one.action.commands, *one.action.undo]
    assert [words for command in told if (words := faults(command))] == []
    assert one.action.undo or one.action.undo_words or case.field == WHOLE
