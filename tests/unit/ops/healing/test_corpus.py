"""Every way to spoil every field: all of ours is found and put back, nothing else is touched."""

import json

import pytest

from cloudscale.ops.healing.action import Verb
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.kinds import KINDS
from cloudscale.ops.healing.kinds.kind import WHOLE, Owner
from cloudscale.ops.healing.observed import Observed
from cloudscale.ops.healing.plan import Plan, plan
from tests.healing_fakes import START, desired
from tests.unit.ops.healing.corpus import SAMPLES, Case, cases

CASES = list(cases())


def planned(case: Case) -> Plan:
    observed = Observed(START, {**case.others, case.resource.ref: case.sight})
    return plan(desired(case.resource), observed, History(START), START, diagnoses=())


def name_in(id_: str) -> str:
    """What of an id a call names: a topic and a queue that are made again have no ARN yet."""
    return id_.rpartition("|")[2].rpartition("/" if id_.startswith("https:") else ":")[2]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_ours_is_found_and_everything_else_is_let_be(case: Case):
    found = planned(case)
    verbs = {one.action.verb for one in found.planned}
    expected = {"untouched": set(), "reverted": {Verb.REPAIR}, "by hand": {Verb.REPORT}}
    assert verbs == expected[case.expected]
    assert (found.comparison.unreadable, found.comparison.unknown) == ({}, ())
    for one in found.planned:
        assert one.action.before.keys() == one.action.after.keys() == {case.field}


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.expected == "reverted"], ids=lambda case: case.name
)
def test_what_puts_it_back_is_a_call_that_json_can_hold_and_says_how_to_undo_it(case: Case):
    (one,) = planned(case).planned
    assert one.action.commands
    json.dumps([command.arguments for command in one.action.commands])
    json.dumps([command.arguments for command in one.action.undo])
    if case.field == WHOLE:
        assert one.action.undo_words
    assert name_in(case.resource.id) in json.dumps([one.arguments for one in one.action.commands])


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.expected == "by hand"], ids=lambda case: case.name
)
def test_what_no_call_mends_names_the_terraform_command_that_does_and_why(case: Case):
    (one,) = planned(case).planned
    assert one.action.by_hand == f"terraform apply -target='{case.resource.address}'"
    assert len(one.action.reason) > 40
    assert one.action.commands == ()


def test_every_kind_and_every_field_of_it_is_in_the_corpus():
    assert SAMPLES.keys() == KINDS.keys()
    for name, kind in KINDS.items():
        written = set(SAMPLES[name].fields)
        owned = {field.name for field in kind.fields if field.owner is not Owner.IGNORED}
        assert owned <= written


def test_every_field_of_ours_is_spoiled_at_least_once_and_no_other_one_is_reverted():
    reverted = {(one.resource.ref.kind, one.field) for one in CASES if one.expected != "untouched"}
    for name, kind in KINDS.items():
        for field in kind.fields:
            is_reverted = (name, field.name) in reverted
            assert is_reverted == (field.owner is not Owner.IGNORED), (name, field.name)


def test_the_corpus_is_large():
    assert len(CASES) >= 400
    assert sum(one.expected != "untouched" for one in CASES) >= 200
