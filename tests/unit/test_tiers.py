"""A tier that did not run is never counted as passed."""

import pytest

from tests import __main__ as tiers


@pytest.fixture(autouse=True)
def optional_tier(monkeypatch):
    monkeypatch.setitem(tiers.TIERS, "terraform", tiers.Tier("terraform", is_optional=True))


@pytest.mark.parametrize(
    ("environment", "failing"),
    [
        ({}, ["browser"]),
        ({"CI": "true"}, ["browser", "terraform"]),
        ({"CI": "false"}, ["browser"]),
        ({"CI": "true", "ALLOW_MISSING": "terraform"}, ["browser"]),
        ({"CI": "true", "ALLOW_MISSING": "terraform, browser"}, []),
    ],
)
def test_what_is_missing_fails_the_run_unless_it_is_allowed(environment, failing):
    missing = {"browser": "no Chromium", "terraform": "not installed"}
    assert tiers.intolerable(missing, environment) == failing
