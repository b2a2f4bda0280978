"""Wiring: picks the adapters from Settings and hands them to the loops."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import reflex as rx

from cloudscale import figures
from cloudscale.adapters.local import LocalMachine
from cloudscale.adapters.mail import ConsoleMailer, SmtpMailer
from cloudscale.api.live_metrics import LiveMetrics
from cloudscale.api.request_names import name_of
from cloudscale.live.feed import Feed
from cloudscale.live.link import Link
from cloudscale.live.news import news_of
from cloudscale.ops.housekeeping import keep_house
from cloudscale.ops.loop import Monitor, Shop
from cloudscale.ops.telemetry.feed import Feed as SampleFeed
from cloudscale.ops.telemetry.fleet import ProcessReading
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.requests import AsgiApp, RequestTiming
from cloudscale.ops.telemetry.sample import History
from cloudscale.ops.telemetry.sampler import Sampler
from cloudscale.ops.telemetry.serving import Serving
from cloudscale.services.outbox import Mailer
from cloudscale.serving.draining import finish_first
from cloudscale.settings import Settings, get_settings
from cloudscale.state import live, ops
from cloudscale.state.event_timing import time_events

# Services run in threads. With Python's 5 ms the event loop waits that long for each of them, and
# the worst /health among 50 sign-ins took 47 to 105 ms; with 1 ms, 34 to 68 (make bench).
SWITCH_SECONDS = 0.001


def favour_the_event_loop() -> None:
    """Hand the interpreter on to the event loop sooner while services use it in threads."""
    sys.setswitchinterval(SWITCH_SECONDS)


def leave_out_of_collections() -> None:
    """Have the garbage collector look no more at what is there once the app is made.

    All of it stays as long as the process: modules, tables, routes, the component tree. Looking at
    it again and again is what the event loop waited for most.
    """
    gc.collect()
    gc.freeze()


def mailer(settings: Settings) -> Mailer:
    """Who carries notices out: the mail server of SMTP_URL, or the log."""
    if settings.smtp_url is None:
        return ConsoleMailer(is_discreet=settings.is_production)
    return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)


@asynccontextmanager
async def live_changes() -> AsyncIterator[None]:
    """The lifespan task of each server process that has open pages follow what changes."""
    feed = Feed(news_of)
    live.connect(feed)
    async with Link(feed).carrying():
        yield


async def housekeeping() -> None:
    """The lifespan task of each server process that empties the outbox."""
    await keep_house(mailer(get_settings()))


class Telemetry:
    """The measuring of this process: its machine, what it serves, the shop and the fleet.

    Hand `time_requests` to the app as its outermost layer, `measure` as a lifespan task and `live`
    to the API.
    """

    def __init__(self) -> None:
        self.serving, self.machine = Serving(), LocalMachine()
        history, feed = History(), SampleFeed(get_settings().aws_region)
        hub = Hub(history, figures.board)
        sampler = Sampler(self.machine, self.serving, Shop(self._measured))
        self.monitor = Monitor(sampler, history, hub, feed)
        self.live = LiveMetrics(feed)
        ops.show(hub)

    def _measured(self) -> ProcessReading:
        """What this process tells the fleet of itself; any thread may ask."""
        minute = self.serving.minute
        return ProcessReading(
            self.machine.host, self.machine.cpu_percent, minute.durations, minute.failures
        )

    def time_requests(self, app: AsgiApp) -> AsgiApp:
        """Put the timing of HTTP requests around an ASGI app."""
        return RequestTiming(app, self.serving, name_of)

    @asynccontextmanager
    async def measure(self, app: rx.App) -> AsyncIterator[None]:
        """Time Reflex's events and sample once a second while the app runs."""
        time_events(app.event_processor, self.serving)
        leave_out_of_collections()
        async with self.sampling():
            yield

    @asynccontextmanager
    async def sampling(self) -> AsyncIterator[None]:
        """Take and tell a sample once a second; leave the fleet at the end."""
        loops = (self.monitor.run(), self.live.run())
        tasks = [asyncio.create_task(loop, name="telemetry") for loop in loops]
        finish_first(self.live.close)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
