"""One far above its peers is replaced; when all are high it is load."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.healing.action import Action, Verb
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.observed import Fleet, Member, Observed
from cloudscale.ops.healing.pressure import actions
from tests.healing_fakes import START, desired


def member(name: str, cpu: Sequence[float] = (), memory: Sequence[float] = ()) -> Member:
    return Member(name, "a", "InService", cpu_percent=cpu, memory_percent=memory)


def judged(*members: Member, is_refreshing: bool = False) -> Sequence[Action]:
    fleet = Fleet("fleet", len(members), 1, 9, members, is_refreshing=is_refreshing)
    return actions(desired(), Observed(START, fleet=fleet), History(START))


BUSY, IDLE = [96.0] * 5, [30.0] * 5


def test_one_that_stays_far_above_its_peers_is_drained_with_the_values_that_say_so():
    (found,) = judged(member("a", BUSY), member("b", IDLE), member("c", IDLE))
    assert (found.verb, found.ref.name, found.cause) == (Verb.DRAIN, "a", "cpu-above-peers")
    assert "96 to 96 % for 5 minutes" in found.reason
    assert "2 peers are at 30 %" in found.reason


def test_memory_counts_as_well():
    (found,) = judged(member("a", IDLE, BUSY), member("b", IDLE, IDLE))
    assert found.cause == "memory-above-peers"


def test_when_all_are_high_it_is_load():
    assert judged(member("a", BUSY), member("b", BUSY), member("c", [80.0] * 5)) == ()


def test_a_spike_is_no_pressure():
    assert judged(member("a", [*BUSY[:4], 40.0]), member("b", IDLE)) == ()


def test_one_that_is_high_among_the_idle_but_not_high_is_left_alone():
    assert judged(member("a", [70.0] * 5), member("b", [5.0] * 5)) == ()


def test_who_was_not_measured_for_so_long_is_not_judged():
    assert judged(member("a", BUSY[:4]), member("b", IDLE)) == ()
    assert judged(member("a", BUSY), member("b", IDLE[:3]), member("c")) == ()


def test_one_alone_is_replaced_for_full_memory_only():
    assert judged(member("a", BUSY, [96.0] * 5)) == ()
    (found,) = judged(member("a", BUSY, [98.0] * 5))
    assert found.cause == "memory-above-peers"


def test_no_more_than_one_in_a_look_and_the_worst_first():
    found = judged(
        member("a", [91.0] * 5), member("b", [99.0] * 5), *(member(one, IDLE) for one in "cdef")
    )
    assert [one.ref.name for one in found] == ["b"]


def test_who_is_protected_set_aside_or_being_replaced_is_left_alone():
    busy = member("a", BUSY)
    assert judged(replace(busy, is_protected=True), member("b", IDLE)) == ()
    assert judged(replace(busy, lifecycle="Standby"), member("b", IDLE)) == ()
    assert judged(busy, member("b", IDLE), is_refreshing=True) == ()


LOADS = st.lists(st.floats(0, 100), min_size=5, max_size=5)


@given(st.lists(LOADS, min_size=2, max_size=6))
def test_whoever_is_drained_was_above_the_floor_and_above_the_median_in_every_minute(loads):
    members = [member(str(number), load) for number, load in enumerate(loads)]
    for found in judged(*members):
        own = loads[int(found.ref.name)]
        assert min(own) >= 85
        assert any(load[-1] <= own[-1] - 25 for load in loads)
