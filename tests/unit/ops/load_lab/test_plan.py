"""What virtual shoppers do: a mix, at a pace, the same for a seed, and bounded."""

from collections import Counter
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops.load_lab.plan import (
    LEAST_PAUSE_SECONDS,
    MEAN_PAUSE_SECONDS,
    MIX,
    MOST_MINUTES,
    MOST_PAUSE_SECONDS,
    MOST_SHOPPERS,
    RAMP_SECONDS,
    Pace,
    Plan,
    Step,
)

plans = st.builds(
    Plan,
    st.integers(1, MOST_SHOPPERS),
    st.integers(60, MOST_MINUTES * 60),
    st.integers(0, 2**31),
)


def moves(plan: Plan, number: int, many: int = 2000):
    return list(islice(plan.moves(number), many))


def test_the_mix_is_of_a_hundred_steps():
    assert sum(MIX.values()) == 100


@given(plans)
def test_everybody_is_a_member_or_a_guest_and_somebody_can_order(plan: Plan):
    assert plan.members + plan.guests == plan.shoppers
    assert plan.members >= 1
    assert plan.guests >= 0


@given(plans)
def test_they_come_one_after_the_other_and_all_are_there_within_the_ramp(plan: Plan):
    coming = [plan.joins_at(number) for number in range(plan.shoppers)]
    assert coming == sorted(coming)
    assert coming[0] == 0
    assert coming[-1] <= min(RAMP_SECONDS, plan.seconds / 4)


def test_the_same_seed_does_the_same_and_another_seed_or_shopper_does_not():
    plan = Plan(10, 60, seed=7)
    assert moves(plan, 3) == moves(Plan(10, 60, seed=7), 3)
    assert moves(plan, 3) != moves(plan, 4)
    assert moves(plan, 3) != moves(Plan(10, 60, seed=8), 3)


def test_a_member_does_the_declared_mix():
    steps = Counter(move.step for move in moves(Plan(10, 60, 1), 0, 20_000))
    for step, share in MIX.items():
        assert steps[step] / 200 == pytest.approx(share, abs=1.5)


def test_a_member_orders_before_anything_else():
    first = [move.step for move in moves(Plan(10, 60, 1), 0, 4)]
    assert first == [Step.BROWSE, Step.PRODUCT, Step.CART, Step.ORDER]


def test_who_has_no_account_never_orders():
    plan = Plan(10, 60, 1)
    assert all(move.step is not Step.ORDER for move in moves(plan, plan.members))


def test_the_first_step_is_the_stores_page_at_once():
    first = moves(Plan(10, 60, 1), 5, 1)[0]
    assert (first.step, first.pause_seconds) == (Step.BROWSE, 0)


def test_pauses_are_as_long_as_peoples_and_never_none():
    pauses = [move.pause_seconds for move in moves(Plan(1, 60, 1), 0)[1:]]
    assert min(pauses) >= LEAST_PAUSE_SECONDS
    assert max(pauses) <= MOST_PAUSE_SECONDS
    assert sum(pauses) / len(pauses) == pytest.approx(MEAN_PAUSE_SECONDS, rel=0.1)


def test_no_more_requests_than_may_go_out_in_a_second():
    pace = Pace(most_per_second=50)
    places = [now + pace.wait_seconds(now) for now in [0.0] * 100]
    assert all(after - before >= 0.0199 for before, after in pairwise(places))


def test_who_comes_late_does_not_wait_and_saves_nothing_up():
    pace = Pace(most_per_second=10)
    assert pace.wait_seconds(100.0) == 0
    assert pace.wait_seconds(200.0) == 0
    assert pace.wait_seconds(200.0) == pytest.approx(0.1)
