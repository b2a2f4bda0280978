"""A machine that cannot become a server says why to people, and gives its launch up."""

import stat

import pytest

from tests.bootstrap import instance_metadata, refusing
from tests.bootstrap.conftest import secret
from tests.bootstrap.instance_metadata import INSTANCE_ID


def test_people_are_told_the_stage_the_reason_and_what_to_do(machine, stage):
    machine(RELEASE_BUCKET="", REPOSITORY="/nowhere/shop.git").fail("fetch")
    (told,) = stage.told_people()
    for words in (
        "A server did not get ready: fetch",
        "/nowhere/shop.git cannot be read",
        "What to do: see that application_repository is there",
        INSTANCE_ID,
        "Version: v9.9.9",
    ):
        assert words in told


def test_the_launch_is_given_up(machine, stage):
    with stage.lifecycle() as finished:
        machine(RELEASE_BUCKET="", REPOSITORY="/nowhere/shop.git").fail("fetch")
    (launch,) = finished
    assert launch["LifecycleActionResult"] == "ABANDON"
    assert launch["LifecycleHookName"] == "shop-launching"
    assert launch["InstanceId"] == INSTANCE_ID


def test_a_shop_that_does_not_answer_is_given_up(machine, stage):
    new = machine()
    new.fail("configure")  # which has its settings by then
    new.place("/var/log/cloudscale/application.log").write_text("No module named cloudscale\n")
    new.environment["CLOUDSCALE_HEALTH_SECONDS"] = "1"
    with stage.lifecycle() as finished:
        told = new.fail("service")
    assert "/health has not answered for 1 s: No module named cloudscale" in told
    assert [one["LifecycleActionResult"] for one in finished] == ["ABANDON"]


def test_an_instance_without_its_role_says_so(machine):
    with instance_metadata.running(has_role=False) as metadata:
        new = machine(AWS_EC2_METADATA_SERVICE_ENDPOINT=metadata.url)
        told = new.fail("fetch")
    assert "this machine has no role" in told
    assert "names the instance profile" in told
    assert "nobody could be told" in new.log


def test_metadata_that_do_not_answer_are_named(machine):
    told = machine(AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:9").fail("fetch")
    assert "metadata do not answer at http://127.0.0.1:9/latest" in told


def test_a_clock_that_is_off_is_told_in_seconds(machine):
    with refusing.aws_of_another_hour() as url:
        new = machine(AWS_ENDPOINT_URL=url)
        told = new.fail("configure")
    assert "AWS refuses what this machine signs" in told
    off = int(told.split("its clock is ")[1].split(" s off")[0])
    assert -refusing.OFF_SECONDS - 5 <= off <= -refusing.OFF_SECONDS + 120
    assert "chronyc makestep" in told


def test_a_secret_that_is_not_there_is_named(machine):
    new = machine()
    new.secrets["SMTP_URL"] = ("arn:aws:secretsmanager:ap-south-1:123456789012:secret:gone", "{}")
    new.tell()
    told = new.fail("configure")
    assert "the secret of SMTP_URL cannot be read (arn:aws:secretsmanager:" in told
    assert "restore-secret" in told
    assert not new.place("/run/cloudscale/secrets.env").exists()


@pytest.mark.parametrize("value", ["it's", "back\\slash", "two\nlines"])
def test_a_secret_that_no_file_of_settings_can_hold_is_refused_unseen(machine, stage, value):
    new = machine()
    new.secrets["SMTP_URL"] = (secret(stage.aws, f"smtp-{len(value)}", value), "{}")
    new.tell()
    told = new.fail("configure")
    assert "the secret of SMTP_URL is empty, or holds an apostrophe" in told
    assert value not in new.log


def test_a_missing_scaling_policy_stops_no_server_and_is_told(machine, stage):
    new = machine(SCALING_POLICY_PARAMETER="/shop/gone")
    told = new.fail("configure")  # later: there is no program here
    assert "Stage configure failed: the schema" in told
    assert "THE SCALING POLICY /shop/gone IS MISSING" in new.log
    assert any("The scaling policy is missing" in one for one in stage.told_people())


def test_secrets_are_closed_from_the_first_byte_on(machine):
    new = machine()
    new.fail("configure")
    file = new.place("/run/cloudscale/secrets.env")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_stage_that_is_none_is_refused(machine):
    told = machine().fail("instal")
    assert "there is no stage instal" in told
