"""A group that was written down goes on as it would have, in another process."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudscale.ops.scaling.model import Group, GroupSettings, snapshot

NERVOUS = GroupSettings(launch_failure_probability=0.3, failures_per_day=400, warm_pool_size=1)
SIZES = st.lists(st.tuples(st.integers(1, 300), st.integers(0, 8)), min_size=1, max_size=8)


def told(group: Group, now: float) -> tuple[object, ...]:
    return (*group.advance(now), *group.instances(now), group.capacity(now, 120))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1000), sizes=SIZES, after=SIZES)
def test_from_then_on_the_same_happens(seed, sizes, after):
    now, group = 1_000.0, Group(NERVOUS, seed, 1_000.0)
    group.settle(2, now)
    for seconds, desired in sizes:
        now += seconds
        group.set_desired(desired, now, "because")
        group.advance(now)
    kept = json.loads(json.dumps(snapshot.taken(group), allow_nan=False))
    other = snapshot.resumed(kept, NERVOUS, now)
    for seconds, desired in after:
        now += seconds
        for one in (group, other):
            one.set_desired(desired, now, "because")
        assert told(group, now) == told(other, now)


def test_what_happened_meanwhile_is_told_at_its_time():
    group = Group(GroupSettings(), 1, 0.0)
    group.settle(2, 0.0)
    group.set_desired(3, 10.0, "more users")
    group.advance(10.0)
    other = snapshot.resumed(snapshot.taken(group), GroupSettings(), 20.0)
    happened = other.advance(600.0)
    assert [one.instance for one in happened] == ["sim-00003", "sim-00003"]
    assert all(20 <= one.at < 300 for one in happened)


@pytest.mark.parametrize(
    "kept",
    [{}, {"version": 99}, {"version": 1, "machines": [[1, "eu-west-1a"]]}],
)
def test_what_is_no_group_of_ours_is_refused(kept):
    with pytest.raises(ValueError):
        snapshot.resumed(kept, GroupSettings(), 0.0)
