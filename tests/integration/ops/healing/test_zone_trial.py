"""A zone that is taken away on purpose, in a real database, by a clock that the test moves on."""

from datetime import UTC, datetime

import pytest

from cloudscale.adapters.simulated import SimulatedFleet
from cloudscale.db import get_engine, unit_of_work
from cloudscale.ops.healing import keeping, trials
from cloudscale.ops.healing.breaking import ZONE_SECONDS
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.live import LiveHealing
from cloudscale.ops.healing.trials import TrialView
from cloudscale.ops.policy import POLICY
from cloudscale.ops.scaling import keeping as minds
from cloudscale.ops.scaling.board import Board
from cloudscale.ops.scaling.model import GroupSettings, Spread
from tests.healing_fakes import FakeClock

ZONES = ("ap-south-1a", "ap-south-1b")
AT_ONCE = Spread(median_seconds=1, p95_seconds=1)
RUN_SECONDS = 10


class Leader:
    """Has the fleet and its healing. A new one goes on with what the database has."""

    def __init__(self, clock: FakeClock, settings: GroupSettings) -> None:
        self.clock, self.settings = clock, settings
        self.fleet = SimulatedFleet(settings)
        self.healing = LiveHealing(self.fleet, unit_of_work, "ap-south-1", Mode.APPLY, clock)
        clock.while_asleep = lambda: self.wait(0)
        with get_engine().begin() as connection:
            _, mind = minds.load(connection)
            self.fleet.begin(POLICY, clock.now().timestamp(), mind.get("fleet"))
            keeping.ensure(connection)

    def wait(self, seconds: float) -> None:
        self.clock.go_on(seconds)
        self.fleet.advance(self.clock.now().timestamp())
        with get_engine().begin() as connection:
            minds.save(connection, Board(), {"fleet": self.fleet.as_json()})

    def replaced_by_another(self) -> "Leader":
        return Leader(self.clock, self.settings)

    @property
    def is_whole(self) -> bool:
        healthy = [one for one in self.fleet.members() if one.target == "healthy"]
        return len(healthy) >= (self.fleet.read().desired or 0)


def newest() -> TrialView:
    with unit_of_work() as session:
        return trials.listed(session)[0]


def lose_a_zone(**settings: object) -> Leader:
    leader = Leader(FakeClock(datetime.now(UTC)), GroupSettings(zones=ZONES, **settings))  # type: ignore[arg-type]
    with unit_of_work() as session:
        assert trials.begin(session, "lose-zone", "ada")
    leader.healing.break_what_is_asked()
    leader.wait(1)
    return leader


def go_on(leader: Leader, until: float) -> TrialView:
    """Run, and run again, for so many seconds since the break or until the trial is over."""
    trial = newest()
    while trial.is_under_way and (leader.clock.now() - trial.started_at).total_seconds() < until:
        leader.healing.run()
        leader.wait(RUN_SECONDS)
        trial = newest()
    return trial


def seconds(trial: TrialView) -> list[float | None]:
    return [trial.seconds_to(one) for one in (trial.seen_at, trial.acted_at, trial.healthy_at)]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("led_seconds", [0, 5, 25, 70])
def test_a_zones_trial_is_timed_by_its_members_whoever_leads(led_seconds: float):
    leader = lose_a_zone()
    go_on(leader, led_seconds)
    other = leader.replaced_by_another()
    trial = go_on(other, 600)
    seen, acted, healthy = seconds(trial)
    assert (seen, acted) == (1, 11)
    assert healthy is not None
    assert healthy > ZONE_SECONDS
    assert other.is_whole
    assert trial.outcome == (
        "Of 1 member that went dark, the group itself replaced 1. Healing had rebooted 1 before."
    )


@pytest.mark.usefixtures("database")
def test_it_says_that_healing_replaced_what_the_group_had_not_noticed_yet():
    leader = lose_a_zone(health_interval_seconds=60)
    trial = go_on(leader, 600)
    assert None not in seconds(trial)
    assert trial.outcome == (
        "Of 1 member that went dark, healing replaced 1. Healing had rebooted 1 before."
    )


@pytest.mark.usefixtures("database")
def test_it_says_that_the_group_was_faster_than_healing():
    leader = lose_a_zone(health_interval_seconds=5, unhealthy_threshold=2)
    leader.wait(15)
    trial = go_on(leader, 600)
    seen, acted, healthy = seconds(trial)
    assert (seen, acted, trial.outcome) == (None, None, trials.BY_GROUP)
    assert healthy is not None


@pytest.mark.usefixtures("database")
def test_it_is_not_well_while_the_zone_is_dark_though_enough_serve():
    leader = lose_a_zone(launch=AT_ONCE, boot=AT_ONCE)
    dark = go_on(leader, ZONE_SECONDS - RUN_SECONDS)
    assert leader.is_whole
    assert (dark.is_under_way, dark.healthy_at) == (True, None)
    trial = go_on(leader, 600)
    healthy = trial.seconds_to(trial.healthy_at)
    assert healthy is not None
    assert ZONE_SECONDS <= healthy <= ZONE_SECONDS + 2 * RUN_SECONDS


@pytest.mark.usefixtures("database")
def test_it_is_not_well_while_too_few_serve_though_the_zone_is_back():
    boot = Spread(median_seconds=150, p95_seconds=150)
    leader = lose_a_zone(boot=boot)
    back = go_on(leader, ZONE_SECONDS + 30)
    assert not leader.is_whole
    assert (back.is_under_way, back.healthy_at) == (True, None)
    trial = go_on(leader, 600)
    assert leader.is_whole
    assert (trial.seconds_to(trial.healthy_at) or 0) > 150


@pytest.mark.usefixtures("database")
def test_one_that_is_never_well_again_is_given_up():
    never = Spread(median_seconds=3_600, p95_seconds=3_600)
    trial = go_on(lose_a_zone(launch=never), 700)
    assert (trial.healthy_at, trial.outcome) == (None, "It was not healthy again in time.")
