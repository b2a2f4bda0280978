"""Wiring: picks the adapters from Settings and hands them to the loops."""

import asyncio
import gc
import logging
import os
import platform
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime
from functools import partial

import reflex as rx
from sqlalchemy import Connection

from cloudscale import db, statements
from cloudscale.adapters.load_lab.process import ShopperProcess
from cloudscale.adapters.local import LocalMachine
from cloudscale.adapters.mail import ConsoleMailer, SmtpMailer
from cloudscale.adapters.simulator import SubprocessSimulator
from cloudscale.api.live_metrics import LiveMetrics
from cloudscale.api.prometheus import Exposition
from cloudscale.api.request_names import SOCKET, name_of, outcome_of
from cloudscale.live.feed import Feed
from cloudscale.live.link import Link
from cloudscale.live.news import news_of
from cloudscale.ops import fleet_gauges
from cloudscale.ops.chronicle import Chronicle
from cloudscale.ops.cloud import CloudWatcher
from cloudscale.ops.healing.copying import Copying
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.live import LiveHealing
from cloudscale.ops.housekeeping import keep_house
from cloudscale.ops.leader import Leader
from cloudscale.ops.load_lab.lab import LoadLab
from cloudscale.ops.loop import Monitor
from cloudscale.ops.ports import Reading, ScalingActivity
from cloudscale.ops.post import Post
from cloudscale.ops.scaling.duty import Duties, Duty
from cloudscale.ops.scaling.live import LiveScaling
from cloudscale.ops.scaling.watching import CloudScaling
from cloudscale.ops.telemetry.arrivals import note_arrivals
from cloudscale.ops.telemetry.clock import ShopClock
from cloudscale.ops.telemetry.feed import Feed as SampleFeed
from cloudscale.ops.telemetry.requests import AsgiApp, RequestTiming
from cloudscale.ops.telemetry.sampler import Gauges, Instance, LoopLag, Sampler
from cloudscale.ops.telemetry.serving import Serving
from cloudscale.ops.telemetry.tail import Tail
from cloudscale.ops.trace_keeping import TraceKeeping
from cloudscale.services import counts
from cloudscale.services.outbox import Mailer
from cloudscale.serving.draining import finish_first
from cloudscale.settings import Settings, get_settings
from cloudscale.state import healing as healing_state
from cloudscale.state import live, ops, sidebar, slo, timeline_news, what_if
from cloudscale.state import load_lab as load_lab_state
from cloudscale.state.event_timing import time_events
from cloudscale.state.screens import Screens
from cloudscale.tracing import Outlets

logger = logging.getLogger(__name__)

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


def cloud_watcher(settings: Settings) -> CloudWatcher | None:
    """Who tells and asks the cloud, for the leader to tick; `None` unless CLOUD=aws.

    What is not named in the settings is logged: it is told as absent, and the shop runs on.
    """
    if settings.cloud != "aws":
        return None
    # A store that is not on AWS starts without a look at any of it; boto3 alone takes 0.3 s.
    from cloudscale.adapters.aws.cloudwatch import CloudWatchFigures, CloudWatchSink
    from cloudscale.adapters.aws.fleet import AwsFleet
    from cloudscale.adapters.aws.place import Place
    from cloudscale.adapters.aws.policy import SsmPolicy

    place = Place.of(settings)
    for words in place.missing():
        logger.warning("CLOUD=aws: %s", words)
    fleet, policy = AwsFleet(place), SsmPolicy(place)
    return CloudWatcher(
        CloudWatchSink(place),
        fleet,
        CloudWatchFigures(place),
        desired=fleet.desired if place.auto_scaling_group else None,
        policy=policy.read if place.policy_parameter else None,
    )


def cloud_gauges(watcher: CloudWatcher | None) -> Callable[[datetime], Reading]:
    """What the cloud says of the fleet at a moment; nothing where there is no cloud."""

    def told(now: datetime) -> Reading:
        return fleet_gauges.gauges(watcher.fleet, watcher.figures, now) if watcher else {}

    return told


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


def cloud_activities(watcher: CloudWatcher | None) -> Callable[[], Sequence[ScalingActivity]]:
    """What the cloud says that the fleet did last; nothing where there is no cloud."""

    def read() -> Sequence[ScalingActivity]:
        fleet = watcher.fleet if watcher else None
        return (fleet.value.activities or ()) if fleet else ()

    return read


def scaling(settings: Settings, watcher: CloudWatcher | None) -> Duty:
    """Who watches how the cloud scales; without one, who scales and heals a model.

    The model is scaled by what was measured.
    """
    if watcher is not None:
        return Duties(CloudScaling(watcher), *healing_copy(settings))
    from cloudscale.adapters.simulated import SimulatedFleet, group_settings

    fleet = SimulatedFleet(group_settings(settings))
    mode = Mode(settings.healing_mode)
    healing = LiveHealing(fleet, db.unit_of_work, settings.aws_region, mode)
    return Duties(LiveScaling(fleet), healing)


def healing_copy(settings: Settings) -> Sequence[Duty]:
    """Who copies the record of the healer on AWS, where the settings name it."""
    # As above: boto3 alone takes 0.3 s.
    from cloudscale.adapters.aws.healing.assembly import ledger_of
    from cloudscale.adapters.aws.healing.named import whereabouts

    where = whereabouts(settings)
    if where is None:
        logger.warning("CLOUD=aws: HEALING_TABLE is not set: what the healer does is not shown.")
        return ()
    return (Copying(ledger_of(where, where.calls()), db.unit_of_work),)


def leading(
    watcher: CloudWatcher | None, duty: Callable[[], Duty | None]
) -> Callable[[Connection, Chronicle], Leader]:
    """Makes what the leader does."""
    return partial(
        Leader,
        cloud=cloud_gauges(watcher),
        activities=cloud_activities(watcher),
        scaling=duty,
    )


def this_instance(settings: Settings) -> Instance:
    """What the fleet knows this process as: its machine and its pid, where nobody names it."""
    host = platform.node()[:80]
    machine = settings.instance_id or host
    return Instance(
        name=f"{machine}-{os.getpid()}",
        host=machine,
        zone=settings.availability_zone,
        version=settings.application_version,
    )


def trace_export(finished: Outlets) -> AbstractAsyncContextManager[None]:
    """Sends traces to the collector that the settings name; loads nothing where there is none."""
    settings = get_settings()
    if settings.otel_exporter_otlp_endpoint is None:
        return nullcontext()
    from cloudscale.adapters.otlp import TraceExport, sending

    return sending(
        TraceExport(
            settings.otel_exporter_otlp_endpoint.get_secret_value(),
            settings.otel_service_name,
            this_instance(settings).name,
            settings.otel_traces_sampler_arg,
        ),
        finished,
    )


def load_lab(settings: Settings) -> LoadLab:
    """Sends virtual shoppers against this very server, where the settings allow it."""
    lab = LoadLab(ShopperProcess(settings.own_url), is_on=settings.has_load_lab)
    load_lab_state.show(lab)
    return lab


class Telemetry:
    """The measuring of this process and, through the database, of the fleet.

    Hand `time_requests` to the app as its outermost layer, `measure` as a lifespan task, and `live`
    and `exposition` to the API.
    """

    def __init__(self) -> None:
        settings, clock = get_settings(), ShopClock()
        self.serving, self._lag = Serving(clock.now), LoopLag()
        gauges = Gauges(self.serving, db.pool_in_use)
        instance = this_instance(settings)
        sampler = Sampler(instance, self.serving, LocalMachine(), self._lag, gauges)
        feed = SampleFeed(settings.aws_region)
        cloud = cloud_watcher(settings)
        healing_state.show(is_on_aws=cloud is not None)
        post = Post(instance, clock, lead=leading(cloud, partial(scaling, settings, cloud)))
        self.monitor = Monitor(sampler, self.serving, post, clock, feed, cloud)
        self.live = LiveMetrics(feed)
        is_alone = (settings.workers or 1) == 1
        self.exposition = Exposition(self.serving, feed, "" if is_alone else instance.name)
        tail = Tail()
        self.finished, self._keeping = Outlets(tail.offer), TraceKeeping(tail, instance.name)
        ops.show(Screens(self.monitor.hub))
        sidebar.show(self.monitor.hub, is_public=not settings.is_production)
        timeline_news.show(self.monitor.hub)
        slo.show(slo.Reader(clock.now))
        what_if.run_on(SubprocessSimulator())

    def time_requests(self, app: AsgiApp) -> AsgiApp:
        """Put the timing of HTTP requests around an ASGI app."""
        return RequestTiming(app, self.serving, name_of, self.finished, outcome_of, (SOCKET,))

    @asynccontextmanager
    async def measure(self, app: rx.App) -> AsyncIterator[None]:
        """Time Reflex's events and sample once a second while the app runs."""
        time_events(app.event_processor, self.serving, self.finished)
        leave_out_of_collections()
        async with self.sampling(), trace_export(self.finished):
            yield

    @asynccontextmanager
    async def sampling(self) -> AsyncIterator[None]:
        """Take and tell a sample once a second; leave the fleet at the end."""
        note_arrivals(asyncio.get_running_loop())
        loops = (self.monitor.run(), self.live.run(), self._lag.run(), self._keeping.run())
        tasks = [asyncio.create_task(loop, name="telemetry") for loop in loops]
        finish_first(self.live.close, lambda: self.serving.is_busy, get_settings().drain_seconds)
        try:
            recorded = self.serving.record_statement
            with counts.told_to(self.serving.count), statements.told_to(recorded):
                yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
