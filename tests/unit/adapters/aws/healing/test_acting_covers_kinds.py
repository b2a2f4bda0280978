"""Every call that puts something back is one that healing may make."""

from cloudscale.adapters.aws.healing.acting import ALLOWED
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.observed import Observed
from cloudscale.ops.healing.plan import plan
from tests.healing_fakes import START, desired
from tests.unit.ops.healing.corpus import cases


def test_what_any_kind_calls_is_allowed_and_nothing_else_needs_to_be():
    called = set()
    for case in cases():
        observed = Observed(START, {**case.others, case.resource.ref: case.sight})
        found = plan(desired(case.resource), observed, History(START), START, diagnoses=())
        called |= {
            (one.service, one.operation) for row in found.planned for one in row.action.commands
        }
    assert called - ALLOWED == set()
    assert len(called) > 40
