"""The shop's clock follows the database's, and nothing that happens to this machine's."""

from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.telemetry.clock import ShopClock, moment

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Steady:
    """A machine's steady clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def clock(steady: Steady) -> ShopClock:
    """A clock that has been told that it is noon; the machine thinks it is 1970."""
    clock = ShopClock(steady, wall=lambda: 1000.0)
    clock.adjust(NOON, asked=50, answered=50)
    return clock


def test_before_the_database_was_asked_it_is_the_machines_clock(steady: Steady):
    clock = ShopClock(steady, wall=lambda: 1000.0)
    steady.seconds += 5
    assert (clock.now(), clock.is_set) == (1005.0, False)


def test_then_it_is_the_databases_carried_on_by_the_steady_one(clock: ShopClock, steady: Steady):
    steady.seconds += 90
    assert (moment(clock.now()), clock.is_set) == (NOON + timedelta(seconds=90), True)


def test_the_database_is_taken_to_have_looked_halfway(steady: Steady):
    clock = ShopClock(steady, wall=lambda: 1000.0)
    clock.adjust(NOON, asked=49.0, answered=50.0)
    assert moment(clock.now()) == NOON + timedelta(seconds=0.5)


def test_a_small_difference_is_the_networks_and_smoothed(clock: ShopClock):
    clock.adjust(NOON + timedelta(seconds=0.4), asked=50, answered=50)
    assert clock.now() - NOON.timestamp() == pytest.approx(0.04, abs=1e-4)


@pytest.mark.parametrize("seconds", [-86_400, -3, -0.6, 0.6, 5, 3600])
def test_a_large_one_means_that_somebody_set_the_clock(clock: ShopClock, seconds: float):
    clock.adjust(NOON + timedelta(seconds=seconds), asked=50, answered=50)
    assert clock.now() - NOON.timestamp() == pytest.approx(seconds, abs=1e-4)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_an_answer_of_a_database_that_was_frozen_moves_nothing(
    clock: ShopClock, steady: Steady, share: float
):
    """It looked at its clock at any moment of the ten seconds."""
    steady.seconds += 10
    clock.adjust(NOON + timedelta(seconds=10 * share), asked=50, answered=60)
    assert clock.now() - NOON.timestamp() == pytest.approx(10, abs=1e-4)
