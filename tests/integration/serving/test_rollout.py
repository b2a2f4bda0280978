"""Waiting for a new version ends when AWS says so, in words, and within its time."""

import pytest

from cloudscale.serving import rollout
from cloudscale.serving.refusal import Refused
from cloudscale.settings import Settings
from tests.aws_server import CREDENTIALS
from tests.integration.adapters.aws.canned import answering

NAMESPACE = 'xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"'


def refresh(status, percent=0, reason=""):
    why = f"<StatusReason>{reason}</StatusReason>" if reason else ""
    row = (
        f"<member><InstanceRefreshId>r-1</InstanceRefreshId><Status>{status}</Status>{why}"
        f"<PercentageComplete>{percent}</PercentageComplete></member>"
    )
    return answer(row)


def answer(rows):
    return 200, (
        f"<DescribeInstanceRefreshesResponse {NAMESPACE}><DescribeInstanceRefreshesResult>"
        f"<InstanceRefreshes>{rows}</InstanceRefreshes></DescribeInstanceRefreshesResult>"
        "</DescribeInstanceRefreshesResponse>"
    )


@pytest.fixture
def wait(monkeypatch):
    """Wait for a group whose refresh is told by these answers; what came of it and was asked."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)

    def run(*answers, timeout_seconds=20):
        with answering(*answers) as (place, asked):
            settings = Settings(aws_region=place.region, aws_endpoint_url=place.endpoint_url)
            return rollout.wait(settings, "shop", timeout_seconds, pause_seconds=0.01), asked

    return run


def test_a_version_that_is_on_every_server_is_done(wait, capsys):
    is_done, asked = wait(
        refresh("Pending"),
        refresh("InProgress", 50),
        refresh("InProgress", 50),
        refresh("Successful", 100),
    )
    assert is_done
    assert capsys.readouterr().err.splitlines() == [
        "Pending, 0 % replaced",
        "InProgress, 50 % replaced",
        "Successful, 100 % replaced",
        "The new version is on every server.",
    ]
    assert [row["AutoScalingGroupName"] for row in asked] == ["shop"] * 4


def test_a_version_that_was_taken_back_fails_with_aws_own_reason(wait, capsys):
    reason = "An alarm fired: shop-target-failures"
    is_done, _ = wait(
        refresh("InProgress", 50),
        refresh("RollbackInProgress", 25, reason),
        refresh("RollbackSuccessful", 0, reason),
    )
    assert not is_done
    said = capsys.readouterr().err
    assert f"RollbackInProgress, 25 % replaced: {reason}" in said
    assert "The new version was taken back; the old one serves on." in said


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "RollbackFailed"])
def test_a_refresh_that_broke_off_fails(wait, capsys, status):
    is_done, _ = wait(refresh(status, 40))
    assert not is_done
    assert "The fleet was not replaced as a whole" in capsys.readouterr().err


def test_a_word_of_aws_that_is_new_is_no_end(wait):
    assert wait(refresh("Pondering", 99), refresh("Successful", 100))[0]


def test_a_fleet_that_was_never_refreshed_has_nothing_to_wait_for(wait, capsys):
    assert wait(answer(""))[0]
    assert "shop was never refreshed" in capsys.readouterr().err


def test_waiting_has_an_end(wait):
    with pytest.raises(Refused, match=r"not replaced after 0 s.*AWS goes on"):
        wait(refresh("InProgress", 50), timeout_seconds=0)


def test_a_refusal_is_told_at_once(wait):
    refused = (
        f"<ErrorResponse {NAMESPACE}><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        "</ErrorResponse>"
    )
    with pytest.raises(Refused, match="AWS refuses autoscaling:DescribeInstanceRefreshes"):
        wait((403, refused))
