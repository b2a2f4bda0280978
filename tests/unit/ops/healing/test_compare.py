"""What differs, and whose business it is; and what a strange value comes to."""

from dataclasses import replace
from typing import Any

import pytest

from cloudscale.ops.healing.compare import Comparison, compare, drifted
from cloudscale.ops.healing.kinds.kind import WHOLE
from cloudscale.ops.healing.observed import Found, Gone, Observed, Sight, Unreadable
from cloudscale.ops.healing.resource import Ref, Resource
from tests.fleets import NOW
from tests.healing_fakes import KINDS, THING, desired, thing

A = Ref("thing", "a")


def compared(sight: Sight | None, kinds: Any = KINDS, **wanted: Any) -> Comparison:
    seen = {A: sight} if sight is not None else {}
    return compare(desired(thing("a", **wanted)), Observed(NOW, seen), kinds)


def fields(comparison: Comparison) -> list[str]:
    return [drift.field for one in comparison.broken for drift in one.drifts]


def test_what_is_as_wanted_in_another_spelling_is_no_drift():
    found = compared(Found({"colour": "red", "size": "2.0"}), colour="red", size=2)
    assert found == Comparison((), (), {}, ())


def test_each_field_that_differs_is_told_with_both_values():
    (broken,) = compared(Found({"colour": "red", "size": 3}), colour="red", size=2).broken
    assert [(one.field, one.wanted, one.found) for one in broken.drifts] == [("size", 2, 3)]


def test_nothing_where_something_should_be_is_drift():
    assert fields(compared(Found({}), size=2)) == ["size"]


def test_what_the_document_does_not_name_is_not_compared():
    assert fields(compared(Found({"colour": "red", "size": 3}), colour="red")) == []


def test_the_autoscalers_is_let_be_within_its_bounds_and_reverted_beyond_them():
    within = compared(Found({"count": 7}), count=2)
    assert (within.broken, [one.field for one in within.let_be]) == ((), ["count"])
    assert fields(compared(Found({"count": 12}), count=2)) == ["count"]


def test_what_anybody_may_change_is_let_be():
    assert fields(compared(Found({"note": "y"}), note="x")) == []


def test_what_is_gone_is_one_drift_of_the_whole():
    assert fields(compared(Gone(), colour="red", size=2)) == [WHOLE]


def test_what_nobody_could_read_is_neither_well_nor_drifted():
    whole = compared(Unreadable("AWS refuses it."), colour="red")
    assert (whole.broken, whole.unreadable) == ((), {"thing/a": "AWS refuses it."})
    part = compared(Found({"size": 3}, absent={"colour": "No."}), colour="red", size=2)
    assert (fields(part), part.unreadable) == (["size"], {"thing/a.colour": "No."})


def test_what_was_not_looked_at_is_not_judged():
    assert compared(None, colour="red") == Comparison((), (), {}, ())


def test_a_kind_or_field_that_this_code_does_not_know_is_named():
    assert compared(Found({}), kinds={}, colour="red").unknown == ("thing/a",)
    assert compared(Found({}), flavour="sweet").unknown == ("thing/a.flavour",)


def _stumbles(value: Any) -> Any:
    return value["size"]["of"]


@pytest.mark.parametrize("strange", [None, "many", [None], {"a": 1}, {"size": None}])
def test_no_value_however_strange_keeps_the_rest_from_being_compared(strange: Any):
    size = replace(THING.field("size"), canonical=_stumbles)
    kinds = {"thing": replace(THING, fields=(size, THING.field("colour")))}
    wanted = {"size": {"size": {"of": 2}}, "colour": "red"}
    found = compared(Found({"size": strange, "colour": "blue"}), kinds=kinds, **wanted)
    assert "colour" in fields(found)
    assert ("size" in fields(found)) is (strange is None)
    other = compared(Found({"colour": "blue"}), kinds=kinds, size=strange, colour="red")
    assert fields(other) == ["colour"]


def test_a_bound_that_cannot_be_compared_with_is_not_acted_on():
    found = compared(Found({"count": "many"}), count=2)
    assert (found.broken, list(found.unreadable)) == ((), ["thing/a.count"])


def test_the_drifted_are_named_in_the_documents_order():
    wanted: list[Resource] = [thing(name, colour="red") for name in ("c", "a", "b")]
    seen = {one.ref: Found({"colour": "blue"}) for one in reversed(wanted)}
    found = compare(desired(*wanted), Observed(NOW, seen), KINDS)
    assert [one.resource.ref.name for one in found.broken] == ["c", "a", "b"]
    assert drifted(found) == {one.ref for one in wanted}
