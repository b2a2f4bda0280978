"""Which adapter is picked from the settings."""

import gc

import pytest
from pydantic import ValidationError

from cloudscale import wiring
from cloudscale.adapters.mail import ConsoleMailer, SmtpMailer
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


def test_what_is_there_when_the_app_is_made_is_left_out_of_collections():
    wiring.leave_out_of_collections()
    try:
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
