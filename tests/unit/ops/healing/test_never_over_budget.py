"""Whatever happens, step by random step, healing breaks none of its rules. More in the bench."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.healing_machine import MAY, Machine, random_steps
from tests.healing_rules import AT_ONCE, PER_HOUR


@pytest.mark.parametrize("seed", range(3))
def test_it_stays_within_its_budget_whatever_happens(seed: int):
    outcome = random_steps(1_500, seed)
    assert outcome.most_at_once <= AT_ONCE
    assert outcome.most_in_an_hour <= PER_HOUR
    assert outcome.repaired > 20  # it was not idle
    assert outcome.disrupted > 5


class Steps(RuleBasedStateMachine):
    """The same, chosen by Hypothesis, which tells the shortest way to a broken rule."""

    @initialize(seed=st.integers(0, 1_000))
    def begin(self, seed: int) -> None:
        self.machine = Machine(seed)

    @rule(happens=st.sampled_from(list(MAY)))
    def happen(self, happens: Callable[[Machine], None]) -> None:
        happens(self.machine)

    @rule()
    def run(self) -> None:
        self.machine.run()

    @rule(minutes=st.integers(1, 90))
    def pass_time(self, minutes: int) -> None:
        self.machine.stage.clock.go_on(60 * minutes)


TestSteps = Steps.TestCase
TestSteps.settings = settings(
    max_examples=50, stateful_step_count=60, deadline=None, derandomize=True
)
