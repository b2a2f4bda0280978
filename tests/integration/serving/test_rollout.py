"""A rollout begins, is looked at, and ends when AWS says so, in words, and within its time."""

import pytest

from cloudscale.serving import rollout
from cloudscale.serving.refusal import Refused
from cloudscale.settings import ROOT, Settings
from tests.aws_server import CREDENTIALS
from tests.integration.adapters.aws.canned import answering

NAMESPACE = 'xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"'
EC2 = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
TEMPLATE = "<LaunchTemplateId>lt-1</LaunchTemplateId>"


def answer(action, inside):
    body = f"<{action}Result>{inside}</{action}Result>"
    return 200, f"<{action}Response {NAMESPACE}>{body}</{action}Response>"


def refreshes(rows):
    return answer("DescribeInstanceRefreshes", f"<InstanceRefreshes>{rows}</InstanceRefreshes>")


NONE = refreshes("")
STARTED = answer("StartInstanceRefresh", "<InstanceRefreshId>r-2</InstanceRefreshId>")
TAKEN_BACK = answer("RollbackInstanceRefresh", "<InstanceRefreshId>r-3</InstanceRefreshId>")


def refresh(status, percent=0, reason="", version="7"):
    why = f"<StatusReason>{reason}</StatusReason>" if reason else ""
    brings = f"<LaunchTemplate>{TEMPLATE}<Version>{version}</Version></LaunchTemplate>"
    return refreshes(
        f"<member><InstanceRefreshId>r-1</InstanceRefreshId><Status>{status}</Status>{why}"
        f"<PercentageComplete>{percent}</PercentageComplete>"
        f"<DesiredConfiguration>{brings if version else ''}</DesiredConfiguration></member>"
    )


def template(version):
    return f"<LaunchTemplate>{TEMPLATE}<Version>{version}</Version></LaunchTemplate>"


def group(version, *servers, lifecycle="InService"):
    rows = "".join(
        f"<member><InstanceId>i-{number}</InstanceId><LifecycleState>{lifecycle}</LifecycleState>"
        f"{template(one)}</member>"
        for number, one in enumerate(servers)
    )
    inside = f"{template(version) if version else ''}<Instances>{rows}</Instances>"
    return answer(
        "DescribeAutoScalingGroups",
        f"<AutoScalingGroups><member>{inside}</member></AutoScalingGroups>",
    )


NEWEST = (
    200,
    f"<DescribeLaunchTemplatesResponse {EC2}><launchTemplates><item>"
    "<launchTemplateId>lt-1</launchTemplateId><defaultVersionNumber>7</defaultVersionNumber>"
    "<latestVersionNumber>8</latestVersionNumber></item></launchTemplates>"
    "</DescribeLaunchTemplatesResponse>",
)
BEHIND = (NONE, group(6, 6, 6), NEWEST, STARTED)
"""What is answered until the replacement of a fleet that is one version behind has begun."""


@pytest.fixture
def bring(monkeypatch):
    """Bring a group to its newest version; what came of it, and what was asked of AWS."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)

    def run(*answers, look=lambda: True, timeout_seconds=20):
        with answering(*answers) as (place, asked):
            settings = Settings(aws_region=place.region, aws_endpoint_url=place.endpoint_url)
            done = rollout.bring(settings, "shop-fleet", look, timeout_seconds, 0.01)
            return done, asked

    return run


def actions(asked):
    return [row["Action"] for row in asked]


def test_the_new_version_is_told_to_the_refresh_and_not_to_the_group_so_that_it_can_go_back(bring):
    is_done, asked = bring(*BEHIND, refresh("Pending"), refresh("Successful", 100))
    assert is_done
    assert "UpdateAutoScalingGroup" not in actions(asked)
    (begun,) = [row for row in asked if row["Action"] == "StartInstanceRefresh"]
    told = {name.partition(".")[2]: value for name, value in begun.items() if "." in name}
    assert told == {
        "LaunchTemplate.LaunchTemplateId": "lt-1",
        "LaunchTemplate.Version": "7",
        "MinHealthyPercentage": "100",
        "MaxHealthyPercentage": "150",
        "AutoRollback": "true",
        "SkipMatching": "true",
        "CheckpointPercentages.member.1": "50",
        "CheckpointPercentages.member.2": "100",
        "CheckpointDelay": "300",
        "BakeTime": "300",
        "ScaleInProtectedInstances": "Ignore",
        "StandbyInstances": "Ignore",
        "AlarmSpecification.Alarms.member.1": "shop-target-failures",
    }
    after = asked[asked.index(begun) + 1 :]
    assert {row["InstanceRefreshIds.member.1"] for row in after} == {"r-2"}


def test_group_and_alarm_are_called_as_terraform_calls_them():
    text = "".join(file.read_text() for file in (ROOT / "terraform").glob("*.tf"))
    assert f'= "${{local.name}}{rollout.FLEET}"' in text
    assert f'target_failures_alarm = "{rollout.TAKES_BACK.removeprefix("-")}"' in text


def test_each_step_is_told_once(bring, capsys):
    is_done, _ = bring(
        *BEHIND,
        refresh("InProgress", 50),
        refresh("InProgress", 50),
        refresh("Baking", 100),
        refresh("Successful", 100),
    )
    assert is_done
    assert capsys.readouterr().err.splitlines() == [
        "Replacing servers by version 7 of the launch template.",
        "InProgress, 50 % replaced",
        "Baking, 100 % replaced",
        "Successful, 100 % replaced",
        "The new version is on every server.",
    ]


@pytest.mark.parametrize(
    "there", [group(7, 7, 6), group("$Latest", 7), group(6, 7, 7)], ids=["one", "newest", "group"]
)
def test_a_group_of_which_something_is_behind_is_replaced(bring, there):
    is_done, asked = bring(NONE, there, NEWEST, STARTED, refresh("Successful", 100))
    assert is_done
    assert "StartInstanceRefresh" in actions(asked)


def test_where_nothing_is_behind_nothing_is_replaced_and_the_store_is_looked_at(bring, capsys):
    there = (NONE, group(7, 7, 7), NEWEST)
    assert bring(*there)[0]
    is_done, asked = bring(*there, look=lambda: False)
    assert not is_done
    assert "StartInstanceRefresh" not in actions(asked)
    assert "Every server is of version 7" in capsys.readouterr().err


def test_who_leaves_or_was_taken_out_is_not_waited_for(bring):
    _, asked = bring(NONE, group(7, 6, lifecycle="Standby"), NEWEST)
    assert "StartInstanceRefresh" not in actions(asked)


def test_a_store_that_fails_its_look_has_the_old_version_put_back(bring, capsys):
    looks = []
    is_done, asked = bring(
        *BEHIND,
        refresh("InProgress", 50),
        refresh("Baking", 100),
        TAKEN_BACK,
        refresh("RollbackInProgress", 100),
        refresh("RollbackSuccessful", 0),
        look=lambda: bool(looks.append(1)),
    )
    assert not is_done
    assert (len(looks), actions(asked).count("RollbackInstanceRefresh")) == (1, 1)
    said = capsys.readouterr().err
    assert "The store is not as it should be: the version is taken back." in said
    assert "The new version was taken back; the old one serves on." in said


def test_a_look_that_comes_too_late_fails_and_says_what_to_do(bring, capsys):
    is_done, asked = bring(*BEHIND, refresh("Successful", 100), look=lambda: False)
    assert not is_done
    assert "RollbackInstanceRefresh" not in actions(asked)
    assert "deploy the version before" in capsys.readouterr().err


def test_aws_that_does_not_take_it_back_any_more_is_told(bring, capsys):
    gone = f"<ErrorResponse {NAMESPACE}><Error><Code>ActiveInstanceRefreshNotFound</Code></Error>"
    is_done, _ = bring(
        *BEHIND,
        refresh("Baking", 100),
        (400, f"{gone}</ErrorResponse>"),
        refresh("Successful", 100),
        look=lambda: False,
    )
    assert not is_done
    said = capsys.readouterr().err
    assert "RollbackInstanceRefresh with ActiveInstanceRefreshNotFound" in said
    assert "deploy the version before" in said


def test_a_version_that_was_taken_back_fails_with_aws_own_reason(bring, capsys):
    reason = "An alarm fired: shop-target-failures"
    is_done, _ = bring(
        *BEHIND,
        refresh("InProgress", 50),
        refresh("RollbackInProgress", 25, reason),
        refresh("RollbackSuccessful", 0, reason),
    )
    assert not is_done
    said = capsys.readouterr().err
    assert f"RollbackInProgress, 25 % replaced: {reason}" in said
    assert "The new version was taken back; the old one serves on." in said


def test_one_that_brings_this_very_version_is_waited_for_and_is_this_one(bring):
    under_way = refresh("InProgress", 50)
    is_done, asked = bring(
        under_way, group(6, 7, 6), NEWEST, under_way, refresh("RollbackSuccessful", 0)
    )
    assert not is_done
    assert "StartInstanceRefresh" not in actions(asked)


def test_another_one_is_waited_for_first(bring):
    other = refresh("InProgress", 50, version="")  # new secrets, say
    is_done, asked = bring(
        other,
        group(6, 6, 6),
        NEWEST,
        other,
        refresh("Successful", 100, version=""),
        group(6, 6, 6),
        NEWEST,
        STARTED,
        refresh("Successful", 100),
    )
    assert is_done
    assert actions(asked).count("StartInstanceRefresh") == 1


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "RollbackFailed"])
def test_a_refresh_that_broke_off_fails(bring, capsys, status):
    is_done, _ = bring(*BEHIND, refresh(status, 40))
    assert not is_done
    assert "The fleet was not replaced as a whole" in capsys.readouterr().err


def test_a_word_of_aws_that_is_new_is_no_end(bring):
    assert bring(*BEHIND, refresh("Pondering", 99), refresh("Successful", 100))[0]


def test_a_group_that_is_not_there_is_named(bring):
    nothing = answer("DescribeAutoScalingGroups", "<AutoScalingGroups></AutoScalingGroups>")
    with pytest.raises(Refused, match="There is no Auto Scaling group shop-fleet in"):
        bring(NONE, nothing)


def test_a_group_without_a_launch_template_is_told(bring):
    with pytest.raises(Refused, match="launches no launch template of its own"):
        bring(NONE, group(""))


def test_waiting_has_an_end(bring):
    with pytest.raises(Refused, match=r"not replaced after 0 s.*AWS goes on"):
        bring(*BEHIND, refresh("InProgress", 50), timeout_seconds=0)


def test_a_refusal_is_told_at_once(bring):
    refused = (
        f"<ErrorResponse {NAMESPACE}><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        "</ErrorResponse>"
    )
    with pytest.raises(Refused, match="AWS refuses autoscaling:DescribeInstanceRefreshes"):
        bring((403, refused))
    with pytest.raises(Refused, match="AWS refuses autoscaling:StartInstanceRefresh"):
        bring(*BEHIND[:3], (403, refused))
