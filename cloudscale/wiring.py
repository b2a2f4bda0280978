"""Wiring: picks the adapters from Settings and hands them to the loops."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import reflex as rx

from cloudscale import figures
from cloudscale.adapters.local import LocalMachine
from cloudscale.adapters.mail import ConsoleMailer, SmtpMailer
from cloudscale.api.request_names import name_of
from cloudscale.ops.housekeeping import keep_house
from cloudscale.ops.loop import Monitor, Shop
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.requests import AsgiApp, RequestTiming
from cloudscale.ops.telemetry.sample import History
from cloudscale.ops.telemetry.sampler import Sampler
from cloudscale.ops.telemetry.serving import Serving
from cloudscale.services.outbox import Mailer
from cloudscale.settings import Settings, get_settings
from cloudscale.state import ops
from cloudscale.state.event_timing import time_events

# Services run in threads. With Python's 5 ms the event loop waits that long for each of them, and
# the worst /health among 50 sign-ins took 47 to 105 ms; with 1 ms, 34 to 68 (make bench).
SWITCH_SECONDS = 0.001


def favour_the_event_loop() -> None:
    """Hand the interpreter on to the event loop sooner while services use it in threads."""
    sys.setswitchinterval(SWITCH_SECONDS)


def mailer(settings: Settings) -> Mailer:
    """Who carries notices out: the mail server of SMTP_URL, or the log."""
    if settings.smtp_url is None:
        return ConsoleMailer(is_discreet=settings.is_production)
    return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)


async def housekeeping() -> None:
    """The lifespan task of each server process that empties the outbox."""
    await keep_house(mailer(get_settings()))


class Telemetry:
    """The measuring of this process: its machine, what it serves, and the shop.

    Hand `time_requests` to the app as its outermost layer and `measure` as a lifespan task.
    """

    def __init__(self) -> None:
        self.serving = Serving()
        history = History()
        hub = Hub(history, figures.board)
        self.monitor = Monitor(Sampler(LocalMachine(), self.serving, Shop()), history, hub)
        ops.show(hub)

    def time_requests(self, app: AsgiApp) -> AsgiApp:
        """Put the timing of HTTP requests around an ASGI app."""
        return RequestTiming(app, self.serving, name_of)

    @asynccontextmanager
    async def measure(self, app: rx.App) -> AsyncIterator[None]:
        """Time Reflex's events and sample once a second while the app runs."""
        time_events(app.event_processor, self.serving)
        sampling = asyncio.create_task(self.monitor.run(), name="telemetry")
        try:
            yield
        finally:
            sampling.cancel()
            with suppress(asyncio.CancelledError):
                await sampling
