"""Which adapter is picked from the settings."""

import gc
import subprocess
import sys

import pytest
from pydantic import ValidationError

from cloudscale import wiring
from cloudscale.adapters.mail import ConsoleMailer, SmtpMailer
from cloudscale.ops.healing.copying import Copying
from cloudscale.settings import Settings


def settings(**values: str) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]


def test_notices_go_to_the_log_unless_a_mail_server_is_named():
    assert isinstance(wiring.mailer(settings(smtp_url="")), ConsoleMailer)
    assert isinstance(wiring.mailer(settings(smtp_url="smtp://mail.example.com")), SmtpMailer)


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://user:hush@mail.example.com", "smtp://"]
)
def test_a_mail_server_that_is_none_is_refused_without_telling_the_password(url: str):
    with pytest.raises(ValidationError, match="must look like smtps://") as refusal:
        settings(smtp_url=url)
    assert "hush" not in str(refusal.value)


def test_without_aws_there_is_no_cloud_and_boto3_is_not_even_imported():
    assert wiring.cloud_watcher(settings()) is None
    look = "import sys, cloudscale.wiring; print({'boto3', 'botocore'} & sys.modules.keys())"
    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert seen.stdout == "set()\n"


def test_with_aws_what_is_not_named_is_told_in_words(caplog: pytest.LogCaptureFixture):
    watcher = wiring.cloud_watcher(settings(cloud="aws", auto_scaling_group="shop"))
    assert watcher is not None
    told = [record.getMessage() for record in caplog.records]
    assert [words.split()[1] for words in told] == [
        "TARGET_GROUP_ARN",
        "LOAD_BALANCER_ARN",
        "SCALING_POLICY_PARAMETER",
    ]
    assert all("not read" in words for words in told[:2])


def test_with_aws_the_leader_copies_the_record_that_is_named(caplog: pytest.LogCaptureFixture):
    named = {"healing_stack": "shop", "healing_table": "shop-healing"}
    (copying,) = wiring.healing_copy(settings(cloud="aws", **named))
    assert isinstance(copying, Copying)
    assert wiring.healing_copy(settings(cloud="aws")) == ()
    assert "HEALING_TABLE is not set" in caplog.text


def test_what_is_there_when_the_app_is_made_is_left_out_of_collections():
    wiring.leave_out_of_collections()
    try:
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
