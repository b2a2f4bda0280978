"""Wiring: picks the adapters from Settings and hands them to the loops."""

from cloudscale.adapters.mail import ConsoleMailer, SmtpMailer
from cloudscale.ops.housekeeping import keep_house
from cloudscale.services.outbox import Mailer
from cloudscale.settings import Settings, get_settings


def mailer(settings: Settings) -> Mailer:
    """Who carries notices out: the mail server of SMTP_URL, or the log."""
    if settings.smtp_url is None:
        return ConsoleMailer()
    return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)


async def housekeeping() -> None:
    """The lifespan task of each server process that empties the outbox."""
    await keep_house(mailer(get_settings()))
