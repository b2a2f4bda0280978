"""Whatever happens, step by random step, healing stays within its budget. More in the bench."""

import pytest

from tests.healing_machine import AT_ONCE, PER_HOUR, random_steps


@pytest.mark.parametrize("seed", range(3))
def test_it_stays_within_its_budget_whatever_happens(seed: int):
    outcome = random_steps(700, seed)
    assert outcome.most_at_once <= AT_ONCE
    assert outcome.most_in_an_hour <= PER_HOUR
    assert outcome.repaired > 20  # it was not idle
    assert outcome.disrupted > 5
