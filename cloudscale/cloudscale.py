"""Composition root: the Reflex app, its pages, the HTTP API and the tasks of its lifespan."""

import reflex as rx
from reflex.constants import Dirs
from reflex.utils.prerequisites import get_web_dir

from cloudscale import db, pages
from cloudscale.api import create_doors
from cloudscale.components.frame import app_wraps
from cloudscale.components.sidebar import REMEMBER
from cloudscale.ops.housekeeping import keep_activity
from cloudscale.presence import PRESENCE
from cloudscale.settings import get_settings
from cloudscale.sharing import share
from cloudscale.state import leaving
from cloudscale.state.event_faults import event_failed, event_fault
from cloudscale.state.event_timing import HandlerContext
from cloudscale.state.forgotten import KeepShowing
from cloudscale.state.storefront import first_storefront
from cloudscale.state.visitor import OneVisit
from cloudscale.theme import stylesheets
from cloudscale.wiring import (
    Telemetry,
    favour_the_event_loop,
    housekeeping,
    live_changes,
    load_lab,
)

favour_the_event_loop()
db.be_one_of(get_settings().workers or 1)
telemetry, lab = Telemetry(), load_lab(get_settings())
app = rx.App(
    theme=None,
    toaster=None,  # messages are our own live region: components/toast.py
    stylesheets=stylesheets(),
    head_components=[
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.script(REMEMBER),
        rx.el.script(src="/js/cloudscale.js", defer=True),
        rx.el.script(src="/js/watchdog.js", defer=True),
    ],
    html_lang="en",
    app_wraps=app_wraps(),
    backend_exception_handler=event_failed,
    api_transformer=[
        *create_doors(
            get_web_dir() / Dirs.STATIC,
            event_fault,
            telemetry.live,
            telemetry.exposition,
            first_storefront,
            lab,
        ),
        telemetry.time_requests,
    ],
)
app.add_middleware(OneVisit(), index=0)  # before the one that sends a page its states
app.add_middleware(KeepShowing(), index=0)
app.add_middleware(HandlerContext(), index=0)
if app.event_namespace is not None:
    if redis_url := get_settings().redis_url:
        redis = share(app, redis_url.get_secret_value(), PRESENCE)
        app.register_lifespan_task(redis.watching)
    leaving.know(leaving.tabs_of(app.event_namespace._token_manager))
pages.add_all(app)
app.register_lifespan_task(telemetry.measure)
app.register_lifespan_task(live_changes)
app.register_lifespan_task(housekeeping)
app.register_lifespan_task(keep_activity)
app.register_lifespan_task(lab.open)
