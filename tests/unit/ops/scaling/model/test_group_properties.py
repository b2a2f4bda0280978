"""What holds for every group, whatever is asked of it and whatever fails."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudscale.ops.ports import Lifecycle
from cloudscale.ops.scaling.model import Group, GroupSettings, ZoneOutage

A, B, C = "ap-south-1a", "ap-south-1b", "ap-south-1c"
LIVING = (Lifecycle.PENDING, Lifecycle.IN_SERVICE)

wishes = st.lists(st.tuples(st.floats(0, 900), st.integers(0, 12)), max_size=15)
outages = st.lists(
    st.builds(
        ZoneOutage,
        zone=st.sampled_from((A, B)),
        after_seconds=st.floats(0, 2_000),
        seconds=st.floats(1, 2_000),
    ),
    max_size=2,
).map(tuple)
troubled = st.builds(
    GroupSettings,
    zones=st.sampled_from(((A, B), (A, B, C))),
    launch_failure_probability=st.sampled_from((0.0, 0.1, 0.5, 1.0)),
    failures_per_day=st.sampled_from((0.0, 10.0, 200.0)),
    warm_pool_size=st.integers(0, 3),
    health_grace_seconds=st.sampled_from((0, 90, 180)),
    outages=outages,
)
calm = st.builds(
    GroupSettings,
    zones=st.sampled_from(((A,), (A, B), (A, B, C))),
    warm_pool_size=st.integers(0, 3),
)


def told(model: GroupSettings, seed: int, asked: list[tuple[float, int]]) -> list:
    group, now, happened = Group(model, seed, 0), 0.0, []
    group.settle(2, 0)
    for after, desired in asked:
        now += after
        group.set_desired(desired, now, f"{desired} are wanted.")
        happened += group.advance(now)
    return [*happened, *group.advance(now + 3_000)]


def moments(group: Group, asked: list[tuple[float, int]]):
    """After each wish, and between it and the next."""
    now = 0.0
    group.settle(2, 0)
    for after, desired in asked:
        for part in (0.3, 0.7):
            yield now + part * after
        now += after
        group.set_desired(desired, now, f"{desired} are wanted.")
        yield now
    yield now + 2_000


@given(troubled, st.integers(0, 1_000), wishes)
@settings(deadline=None)
def test_none_appears_or_vanishes(model, seed, asked):
    group = Group(model, seed, 0)
    for now in moments(group, asked):
        capacity = group.capacity(now, 120)
        pool = group.instances(now)
        others = len(pool) - capacity.in_service - capacity.pending - capacity.terminating
        assert group.launched == len(pool) + group.gone
        assert 0 <= others <= model.warm_pool_size
        assert 0 <= capacity.warming <= capacity.in_service + capacity.pending


@given(troubled, st.integers(0, 1_000), wishes)
@settings(deadline=None)
def test_there_is_never_more_than_what_was_wanted_and_one_to_balance_zones(model, seed, asked):
    group = Group(model, seed, 0)
    for now in moments(group, asked):
        capacity = group.capacity(now, 120)
        assert capacity.in_service + capacity.pending <= capacity.desired + 1


@given(calm, st.integers(0, 1_000), wishes)
@settings(deadline=None)
def test_where_nothing_fails_zones_are_within_one_of_each_other(model, seed, asked):
    group = Group(model, seed, 0)
    for now in moments(group, asked):
        counts = [
            sum(one.zone == zone and one.lifecycle in LIVING for one in group.instances(now))
            for zone in model.zones
        ]
        assert max(counts) - min(counts) <= 1
        assert sum(counts) == group.desired


@given(calm, st.integers(0, 1_000), wishes)
@settings(deadline=None)
def test_in_the_end_what_is_wanted_is_in_service(model, seed, asked):
    group = Group(model, seed, 0)
    *_, last = moments(group, asked)
    capacity = group.capacity(last + 3_000, 120)
    assert (capacity.in_service, capacity.pending) == (group.desired, 0)


@given(troubled, st.integers(0, 1_000), wishes)
@settings(deadline=None)
def test_the_same_seed_gives_the_same_story_in_order_of_time(model, seed, asked):
    story = told(model, seed, asked)
    assert story == told(model, seed, asked)
    assert all(one.at <= then.at for one, then in pairwise(story))
    assert all(one.cause.endswith(".") for one in story)
