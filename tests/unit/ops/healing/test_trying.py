"""A whole trial on a stack in memory: begun only where it heals, followed, and put back."""

from datetime import timedelta

import pytest

from cloudscale.ops.healing.chaos import BY_GROUP, BY_ITSELF
from cloudscale.ops.healing.ports import Refused
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.trial_ports import NotNow
from cloudscale.ops.ports import CloudFault
from tests.healing_fakes import START
from tests.healing_trials import SERVERS, Laboratory, board, fleet, member

OPENED, CLOSED = "authorize_security_group_ingress", "revoke_security_group_ingress"


def healed_by_look(lab: Laboratory, ref: Ref, at: int = 3) -> None:
    steps = {1: Phase.SEEN, at - 1: Phase.ACTED, at: Phase.HEALED}
    lab.heals = lambda look: lab.writes(steps[look], ref) if look in steps else None


def test_what_heals_is_timed_step_by_step_and_not_put_back():
    lab = Laboratory()
    healed_by_look(lab, SERVERS)
    score = lab.run("open-port")
    assert score.is_healed
    assert score.steps() == {"seen": 5.0, "acted": 10.0, "healthy": 15.0}
    expected = "seen after 5.0 s, acted after 10.0 s, healthy after 15.0 s. Healed."
    assert score.line() == f"open-port (security_group/fleet): {expected}"
    assert lab.operations() == [OPENED]
    assert lab.book.ended == [score]
    assert any("acted" in one for one in lab.told)


def test_steps_are_those_of_the_break_whatever_was_on_record_before():
    lab = Laboratory()
    lab.writes(Phase.HEALED, SERVERS)
    score = lab.run("open-port")
    assert not score.is_healed


def test_what_does_not_heal_in_time_is_put_back_and_says_so():
    lab = Laboratory(minutes=2)
    score = lab.run("open-port")
    assert not score.is_healed
    assert "not healthy within 2 minutes. It was put back." in score.outcome
    assert lab.operations() == [OPENED, CLOSED]
    assert any("put back: aws ec2 revoke" in one for one in lab.told)
    assert lab.book.marked == ""


def test_a_server_that_healing_replaces_counts_once_the_fleet_is_whole_again():
    lab = Laboratory()
    gone = Ref("member", "i-1")
    steps = {1: Phase.SEEN, 2: Phase.ACTED, 4: Phase.HEALED}

    def heals(look: int) -> None:
        lab.world.fleet = fleet(
            member("i-2"), member("i-3", target="healthy" if look >= 6 else "initial")
        )
        if look in steps:
            lab.writes(steps[look], gone)

    lab.heals = heals
    score = lab.run("kill-instance")
    assert score.steps() == {"seen": 5.0, "acted": 10.0, "healthy": 30.0}
    assert lab.operations() == ["stop_instances"]
    assert any("i-3: InService, healthy" in one for one in lab.told)


@pytest.mark.parametrize(
    ("slug", "ref", "words"),
    [("open-port", SERVERS, BY_ITSELF), ("kill-instance", Ref("member", "i-1"), BY_GROUP)],
)
def test_healing_is_not_credited_with_what_passed_before_it_acted(slug: str, ref: Ref, words: str):
    lab = Laboratory()
    steps = {1: Phase.SEEN, 2: Phase.PASSED}

    def heals(look: int) -> None:
        if slug == "kill-instance":
            lab.world.fleet = fleet(member("i-2"), member("i-3"))
        if look in steps:
            lab.writes(steps[look], ref)

    lab.heals = heals
    score = lab.run(slug)
    assert (score.is_healed, score.acted_at, score.outcome) == (True, None, words)


def test_a_server_that_the_group_replaces_first_is_well_too():
    lab = Laboratory()

    def heals(look: int) -> None:
        lab.world.fleet = fleet(member("i-2"), member("i-3"))

    lab.heals = heals
    score = lab.run("kill-instance")
    assert score.is_healed
    assert "The group itself" in score.outcome


def test_nothing_is_started_again_that_the_group_ends():
    lab = Laboratory()

    def heals(look: int) -> None:
        lab.world.fleet = fleet(member("i-1", lifecycle="Terminating"), smallest=2)

    lab.heals = heals
    score = lab.run("kill-instance")
    assert "servers serve" in score.outcome
    assert lab.operations() == ["stop_instances"]


def test_an_alarm_that_goes_off_stops_it():
    lab = Laboratory(stop_at=("late",))
    lab.hands.states["late"] = "OK"
    lab.heals = lambda look: lab.hands.states.update(late="ALARM" if look == 2 else "OK")
    score = lab.run("open-port")
    assert "The alarm late has gone off. It was put back." in score.outcome
    assert lab.operations() == [OPENED, CLOSED]


@pytest.mark.parametrize("states", [{}, {"late": "ALARM"}])
def test_an_alarm_that_is_not_there_or_rings_already_lets_nothing_begin(states: dict[str, str]):
    lab = Laboratory(stop_at=("late",))
    lab.hands.states = states
    with pytest.raises(NotNow, match="alarm late"):
        lab.trying.prepare("open-port")


def test_ctrl_c_puts_it_back_and_ends_the_program_as_ever():
    lab = Laboratory()

    def interrupt(look: int) -> None:
        raise KeyboardInterrupt

    lab.heals = interrupt
    with pytest.raises(KeyboardInterrupt):
        lab.run("open-port")
    assert lab.operations() == [OPENED, CLOSED]
    assert "interrupted" in lab.book.ended[0].outcome


def test_ctrl_c_while_it_is_put_back_begins_that_anew():
    lab = Laboratory(minutes=1)
    lab.hands.refusals = [None, KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        lab.run("open-port")
    assert lab.operations() == [OPENED, CLOSED]


def test_putting_back_is_tried_again_and_told_by_hand_where_it_is_refused():
    lab = Laboratory(minutes=1)
    lab.hands.refusals = [None, Refused("It is stopping."), None]
    assert "It was put back." in lab.run("open-port").outcome
    lab = Laboratory(minutes=1)
    lab.hands.refusals = [None, *[Refused("AWS refuses it.")] * 99]
    assert "IT WAS NOT PUT BACK: AWS refuses it." in lab.run("open-port").outcome
    assert any("Do it by hand: aws ec2 revoke" in one for one in lab.told)


def test_a_break_that_is_refused_breaks_nothing():
    lab = Laboratory()
    lab.hands.refusals = [Refused("AWS refuses ec2:AuthorizeSecurityGroupIngress.")]
    with pytest.raises(NotNow, match="could not be broken"):
        lab.run("open-port")
    assert lab.operations() == []
    assert lab.book.marked == ""


def test_a_break_of_which_nobody_knows_is_put_back():
    lab = Laboratory()
    lab.hands.refusals = [Refused("No answer came.", is_unsure=True)]
    score = lab.run("open-port")
    assert "nobody knows whether it was broken" in score.outcome
    assert lab.operations() == [CLOSED]


def test_what_cannot_be_watched_is_put_back():
    lab = Laboratory()

    def silence(look: int) -> None:
        lab.source.fault = CloudFault("AWS did not answer.")

    lab.heals = silence
    assert "cannot be watched any more" in lab.run("open-port").outcome
    assert lab.operations() == [OPENED, CLOSED]


def test_a_healer_that_falls_silent_meanwhile_stops_it():
    lab = Laboratory()
    lab.is_healer_alive = False
    score = lab.run("open-port")
    assert "has not run since" in score.outcome
    assert lab.operations() == [OPENED, CLOSED]


def test_one_trial_at_a_time():
    lab = Laboratory()
    lab.book.marked = "kill-instance by grace"
    with pytest.raises(NotNow, match="under way: kill-instance by grace"):
        lab.run("open-port")
    assert lab.operations() == []


def test_nothing_begins_where_nothing_would_be_healed():
    lab = Laboratory()
    lab.ledger.kept = board(START - timedelta(hours=1))
    with pytest.raises(NotNow, match="has not run since"):
        lab.trying.prepare("open-port")
    lab = Laboratory()
    lab.source.is_on = False
    with pytest.raises(NotNow, match="kill switch"):
        lab.trying.prepare("open-port")


def test_what_changed_while_somebody_typed_is_asked_again():
    lab = Laboratory()
    staged = lab.trying.prepare("kill-instance")
    lab.world.fleet = fleet(member("i-2"), member("i-3"))
    with pytest.raises(NotNow, match="changed meanwhile"):
        lab.trying.run(staged)
    assert lab.operations() == []
