"""Servers that are hurt on purpose, in a real database, by a clock that the test moves on."""

from datetime import UTC, datetime

import pytest

from cloudscale.adapters.simulated import SimulatedFleet
from cloudscale.db import get_engine, unit_of_work
from cloudscale.ops.healing import keeping, trials
from cloudscale.ops.healing.breaking import OF_FLEET, ZONE_SECONDS
from cloudscale.ops.healing.chaos import BY_GROUP, HEALED
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.live import PATIENCE, LiveHealing
from cloudscale.ops.healing.model.ailments import Ailment, Kind
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


def leading(**settings: object) -> Leader:
    return Leader(FakeClock(datetime.now(UTC)), GroupSettings(zones=ZONES, **settings))  # type: ignore[arg-type]


def ask_for(slug: str) -> None:
    with unit_of_work() as session:
        assert trials.begin(session, slug, "ada")


def broken(slug: str, **settings: object) -> Leader:
    leader = leading(**settings)
    ask_for(slug)
    leader.healing.break_what_is_asked()
    leader.wait(1)
    return leader


def lose_a_zone(**settings: object) -> Leader:
    return broken("lose-zone", **settings)


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
    assert (seen, acted, trial.outcome) == (None, None, BY_GROUP)
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


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("slug", ["kill-instance", "freeze-instance"])
def test_healing_is_credited_where_it_acted_and_nowhere_else(slug: str):
    trial = go_on(broken(slug), 600)
    seen, acted, healthy = seconds(trial)
    assert seen is not None
    assert healthy is not None
    assert trial.outcome == (BY_GROUP if acted is None else HEALED)


@pytest.mark.usefixtures("database")
def test_of_a_server_that_was_gone_before_the_first_look_the_group_is_told():
    leader = broken("kill-instance", launch=AT_ONCE, boot=AT_ONCE)
    leader.wait(300)
    trial = go_on(leader, 600)
    assert (trial.seen_at, trial.acted_at, trial.outcome) == (None, None, BY_GROUP)
    assert trial.healthy_at is not None


@pytest.mark.usefixtures("database")
def test_what_is_told_of_all_servers_is_seen_by_the_trial_of_one():
    leader = broken("freeze-instance")
    others = [one.id for one in leader.fleet.members() if f"member/{one.id}" != newest().ref]
    for one in others:
        leader.fleet.hurt(one, Ailment(Kind.FROZEN, leader.clock.now().timestamp()))
    trial = go_on(leader, 60)
    assert trial.seen_at is not None  # as one of all that are sick
    assert go_on(leader, 900).healthy_at is not None


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("slug", sorted(OF_FLEET))
def test_a_trial_that_takes_a_server_waits_until_none_is_away(slug: str):
    leader = broken("kill-instance")
    with unit_of_work() as session:
        trials.end(session, newest().id, "Given up.")
    ask_for(slug)
    leader.healing.break_what_is_asked()
    assert newest().ref == ""
    while not leader.is_whole:
        leader.wait(5)
    leader.healing.break_what_is_asked()
    assert newest().ref


@pytest.mark.usefixtures("database")
def test_a_trial_that_waited_too_long_breaks_nothing_and_says_so():
    leader = broken("kill-instance")
    with unit_of_work() as session:
        trials.end(session, newest().id, "Given up.")
    ask_for("freeze-instance")
    leader.clock.go_on(PATIENCE.total_seconds() + 1)  # and nobody is launched meanwhile
    leader.healing.break_what_is_asked()
    trial = newest()
    assert not trial.is_under_way
    assert "a server was away already" in trial.outcome


@pytest.mark.usefixtures("database")
def test_a_trial_of_a_setting_waits_for_no_server():
    leader = broken("kill-instance")
    with unit_of_work() as session:
        trials.end(session, newest().id, "Given up.")
    ask_for("open-port")
    leader.healing.break_what_is_asked()
    assert newest().ref == "security_group/fleet"


@pytest.mark.usefixtures("database")
def test_two_trials_of_alarms_break_two_alarms():
    leader, refs = leading(), []
    leader.healing.run()
    for slug in ("delete-alarm", "change-threshold"):
        ask_for(slug)
        leader.healing.break_what_is_asked()
        refs.append(newest().ref)
        with unit_of_work() as session:
            trials.end(session, newest().id, "Given up.")
    assert len(set(refs)) == 2
