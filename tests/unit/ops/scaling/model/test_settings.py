"""What a fleet can be like, and what is refused."""

from random import Random
from statistics import quantiles

import pytest
from pydantic import ValidationError

from cloudscale.ops.policy import POLICY
from cloudscale.ops.scaling.model import GroupSettings, Spread, ZoneOutage


def test_a_spread_has_the_median_and_the_95th_percentile_that_it_names():
    spread, chance = Spread(median_seconds=80, p95_seconds=120), Random(1)
    found = quantiles((spread.draw(chance) for _ in range(20_000)), n=100)
    assert found[49] == pytest.approx(80, rel=0.02)
    assert found[94] == pytest.approx(120, rel=0.02)


def test_a_spread_without_width_always_takes_the_same_time():
    spread, chance = Spread(median_seconds=80, p95_seconds=80), Random(1)
    assert {spread.draw(chance) for _ in range(10)} == {80}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"launch": {"median_seconds": 20, "p95_seconds": 10}}, "p95_seconds"),
        ({"zones": ("ap-south-1a", "ap-south-1a")}, "must differ"),
        ({"zones": ()}, "zones"),
        ({"zones": ("somewhere",)}, "zones"),
        ({"launch_failure_probability": 1.5}, "launch_failure_probability"),
        ({"warm_pool_size": -1}, "warm_pool_size"),
        ({"server": {"service_ms": 0}}, "service_ms"),
        ({"server": {"workers": float("nan")}}, "workers"),
        ({"booting": 3}, "booting"),
        ({"outages": [{"zone": "eu-west-1a", "after_seconds": 0, "seconds": 9}]}, "eu-west-1a"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(wrong: dict, named: str):
    with pytest.raises(ValidationError, match=named):
        GroupSettings.model_validate(wrong)


def test_the_grace_is_declared_once_in_the_policy():
    assert GroupSettings().health_grace_seconds == POLICY.health_grace_seconds
    longer = POLICY.model_copy(update={"health_grace_seconds": 400})
    assert GroupSettings().under(longer).health_grace_seconds == 400


def test_an_outage_of_a_zone_is_a_stretch_of_time():
    outage = ZoneOutage(zone="ap-south-1a", after_seconds=60, seconds=600)
    assert GroupSettings(outages=(outage,)).outages == (outage,)
