import pytest

from cloudscale.ops.scaling import scores
from cloudscale.ops.scaling.observed import Decision


def decision(at: float, before: int, desired: int) -> Decision:
    return Decision(at=at, desired=desired, before=before, rule="a-rule", reason="")


def test_elasticity_of_a_hand_worked_run():
    # Slots:          too little, too little, enough, too much, too much
    demand = [4, 4, 4, 2, 2]
    supply = [2, 3, 4, 4, 3]
    told = scores.elasticity(demand, supply)
    assert told.under_accuracy == pytest.approx(100 * (2 / 4 + 1 / 4) / 5)  # 15 %
    assert told.over_accuracy == pytest.approx(100 * (2 / 2 + 1 / 2) / 5)  # 30 %
    assert told.under_timeshare == pytest.approx(40)
    assert told.over_timeshare == pytest.approx(40)
    # Of four steps supply rose in two while demand stood, and stood in one while demand fell; in
    # the last it fell while demand stood, which is no rise.
    assert told.instability == pytest.approx(75)


def test_supply_that_is_demand_is_perfect():
    demand = [1, 2, 3, 2, 1]
    assert scores.elasticity(demand, demand) == scores.Elasticity(0, 0, 0, 0, 0)


@pytest.mark.parametrize(("demand", "supply"), [([], []), ([1, 2], [1])])
def test_elasticity_of_nothing_or_of_unequal_lengths_is_refused(demand, supply):
    with pytest.raises(ValueError, match="same length"):
        scores.elasticity(demand, supply)


def test_a_change_that_is_reversed_within_ten_minutes_is_a_flap():
    there_and_back = [decision(0, 2, 3), decision(599, 3, 2)]
    assert scores.flaps(there_and_back) == 1


def test_a_change_that_is_reversed_later_is_none():
    assert scores.flaps([decision(0, 2, 3), decision(600, 3, 2)]) == 0


def test_changes_in_one_direction_are_no_flaps():
    assert scores.flaps([decision(0, 2, 3), decision(10, 3, 4), decision(20, 4, 6)]) == 0


def test_each_reversal_counts():
    there_and_back_twice = [decision(60 * n, 2 + n % 2, 3 - n % 2) for n in range(4)]
    assert scores.flaps(there_and_back_twice) == 3


def test_a_decision_that_changes_nothing_is_no_change():
    assert scores.flaps([decision(0, 2, 3), decision(60, 3, 3), decision(900, 3, 2)]) == 0


def test_reaction_is_how_long_supply_lacked_each_time():
    demand = [1, 3, 3, 3, 3, 3, 4, 4]
    supply = [1, 1, 1, 3, 3, 3, 3, 3]
    assert scores.reaction(demand, supply, 10) == scores.Reaction(2, 20.0, 20.0)


def test_who_never_lacks_has_no_reaction():
    assert scores.reaction([1, 2], [2, 2], 10) == scores.Reaction(0, None, None)


def test_nobody_beats_the_points_at_the_front():
    # late and cost: the second is beaten by the first on both, the fourth by the third on one.
    points = [(1, 5), (2, 6), (3, 2), (3, 3), (9, 1)]
    assert scores.pareto(points) == [True, False, True, False, True]


def test_points_that_are_alike_do_not_beat_each_other():
    assert scores.pareto([(1, 1), (1, 1)]) == [True, True]
