"""The live loop without a cloud: what was measured moves a modelled fleet, and it is all told."""

import pytest
from sqlmodel import Session

from cloudscale.adapters.simulated import SimulatedFleet, group_settings
from cloudscale.ops import events
from cloudscale.ops.policy import POLICY, Bounds, in_force, keeping
from cloudscale.ops.scaling import board
from cloudscale.ops.scaling import keeping as states
from cloudscale.ops.scaling.live import LiveScaling
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.point import Point
from cloudscale.settings import Settings

START = 1_790_000_000.0  # a full ten seconds


class Shop:
    """A leader's turn after another, on a clock of the test's."""

    def __init__(self, session: Session) -> None:
        self.connection, self.now = session.connection(), START
        self.points: list[Point] = []
        self.users = 0.0
        self.another_leader()

    def another_leader(self) -> None:
        self.duty = LiveScaling(SimulatedFleet(group_settings(Settings(simulated_boot_seconds=30))))
        self.duty.begin(self.connection, self.now)

    def goes_on(self, seconds: int, **values: float) -> None:
        measured = values or {"cpu_percent": 20.0, "requests_per_second": 1.0}
        for _ in range(seconds):
            if "nothing" not in values:
                told = {"active_users": self.users, **measured}
                self.points.append(Point(moment(self.now), 1, told))
            self.now += 1
            self.duty.act(self.connection, self.now, self.points[-300:])

    @property
    def gauges(self) -> dict[str, float]:
        return dict(self.duty.gauges(self.now, self.users))

    @property
    def sizes(self) -> tuple[float, ...]:
        names = ("desired", "in_service", "pending", "terminating")
        return tuple(self.gauges[f"instances_{name}"] for name in names)

    @property
    def timeline(self) -> list[events.EventView]:
        found = events.listed(self.connection, moment(0), moment(self.now + 1), limit=100)
        return sorted(found, key=lambda event: (event.started_at, event.id))

    @property
    def titles(self) -> list[str]:
        return [event.title for event in self.timeline]


@pytest.fixture
def shop(session: Session) -> Shop:
    return Shop(session)


def test_a_fleet_starts_with_what_the_policy_says_in_both_zones(shop):
    shop.goes_on(12)
    assert shop.sizes == (2, 2, 0, 0)
    states.refresh(shop.connection)
    shown = board.shown()
    assert [one.zone for one in shown.instances] == ["ap-south-1a", "ap-south-1b"]
    assert (shown.source, shown.policy, shown.fault) == ("simulated", "mission", "")
    assert shop.titles == []


def test_four_users_set_off_the_alarm_and_one_instance_comes(shop):
    shop.goes_on(12)
    shop.users = 4
    shop.goes_on(13)
    assert shop.sizes == (3, 2, 1, 0)
    shop.goes_on(60)
    assert shop.sizes == (3, 3, 0, 0)
    alarm, change, comes = shop.timeline
    assert (alarm.title, alarm.kind) == ("Scaling alarm users-out went off", "alarm")
    assert "gap 1 of 1" in alarm.cause
    assert change.title == "Scaling out: 2 → 3 instances"
    assert "Active users were 4, which takes 3 instances" in change.cause
    assert (comes.title, comes.tone) == ("sim-00003 is pending in ap-south-1a", "good")
    assert comes.effect.startswith("In service. It passed its health check")
    assert {event.source for event in shop.timeline} == {"simulated"}
    assert all(event.ended_at for event in shop.timeline)


def test_the_decision_follows_within_15_seconds_of_the_fourth_user(shop):
    shop.goes_on(12)
    shop.users, since = 4, shop.now
    while shop.gauges["instances_desired"] < 3:
        shop.goes_on(1)
    assert shop.now - since <= 15


def test_four_who_stay_ask_for_one_instance_once(shop):
    shop.users = 4
    shop.goes_on(1800)
    assert shop.gauges["instances_desired"] == 3
    assert shop.titles.count("Scaling out: 2 → 3 instances") == 1


def test_the_gap_is_what_users_ask_for_and_nobody_has_asked_for(shop):
    shop.goes_on(12)
    shop.users = 4
    assert shop.gauges["users_gap"] == 1
    shop.goes_on(20)
    assert shop.gauges["users_gap"] == 0


def test_when_they_are_gone_and_cpu_is_low_one_instance_leaves(shop):
    shop.users = 4
    shop.goes_on(100)
    shop.users = 0
    shop.goes_on(800)
    assert shop.gauges["instances_desired"] == 2
    (change,) = [event for event in shop.timeline if event.title.startswith("Scaling in")]
    assert "CPU was 20 %" in change.cause
    (leaves,) = [event for event in shop.timeline if event.title.endswith("is terminating")]
    assert leaves.effect.startswith("Gone.")
    assert "Scaling alarm calm-in went off" not in shop.titles


def test_what_is_not_measured_moves_nothing(shop):
    shop.users = 4
    shop.goes_on(100)
    shop.goes_on(1800, nothing=1)
    assert shop.sizes == (3, 3, 0, 0)


def test_another_leader_goes_on_with_the_instances_that_come(shop):
    shop.goes_on(12)
    shop.users = 4
    shop.goes_on(15)
    assert shop.sizes == (3, 2, 1, 0)
    shop.another_leader()
    assert shop.sizes == (3, 2, 1, 0)
    shop.goes_on(60)
    assert shop.sizes == (3, 3, 0, 0)
    (comes,) = [event for event in shop.timeline if event.subject == "sim-00003"]
    assert comes.ended_at


def test_another_leader_remembers_the_last_decision_and_the_alarms(shop):
    shop.users = 4
    shop.goes_on(100)
    shop.another_leader()
    shop.goes_on(12)
    states.refresh(shop.connection)
    assert board.shown().decision.endswith("2 -> 3 instances.")
    (alarm,) = [one for one in board.shown().alarms if one.name == "users-out"]
    assert (alarm.state, alarm.words) == ("OK", "gap 0 of 1")


def test_what_nobody_goes_on_with_is_told_to_be_over(shop):
    shop.goes_on(12)
    shop.users = 4
    shop.goes_on(15)
    states.save(shop.connection, board.Board(), {"fleet": {"version": 0}})
    shop.another_leader()
    assert shop.sizes == (2, 2, 0, 0)
    assert all(event.ended_at for event in shop.timeline)


def test_another_policy_is_followed_at_once(shop):
    shop.goes_on(12)
    wide = POLICY.model_copy(
        update={"name": "wide", "bounds": Bounds(min_instances=4, desired_instances=4)}
    )
    keeping.put(shop.connection, wide, "operator", "ada")
    keeping.refresh(shop.connection)
    shop.goes_on(12)
    assert shop.gauges["instances_desired"] == 4
    (change,) = [event for event in shop.timeline if event.title == "Scaling out: 2 → 4 instances"]
    assert change.effect == "Policy 'wide', its bounds."
    assert change.source == "simulated"


def test_what_fails_is_rolled_back_alone_and_tried_again(shop, caplog):
    shop.goes_on(12)
    shop.users = 4
    real, shop.duty._scaler.decide = shop.duty._scaler.decide, lambda *_: 1 / 0
    shop.goes_on(11)
    assert "could not be scaled" in caplog.text
    assert real
    shop.goes_on(20)
    assert shop.gauges["instances_desired"] == 3


def test_it_puts_the_declared_policy_in_force(shop):
    assert keeping.newest(shop.connection).policy == POLICY
    assert in_force.held().id > 0
