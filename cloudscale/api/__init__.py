"""The HTTP door: thin routers over the services."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from cloudscale import routes
from cloudscale.api import (
    accounts,
    activity,
    addresses,
    audit,
    cart,
    documentation,
    errors,
    events,
    health,
    load_lab,
    metrics,
    orders,
    products,
    scaling,
    security,
    shelves,
)
from cloudscale.api.compression import Compression
from cloudscale.api.cookies import VisitCookie
from cloudscale.api.edge import page_door
from cloudscale.api.guards import ApiGuard
from cloudscale.api.live_metrics import LiveMetrics
from cloudscale.api.methods import Methods
from cloudscale.api.places import Crowd
from cloudscale.api.prometheus import Exposition
from cloudscale.api.rate_limits import RateLimits
from cloudscale.api.request_ids import RequestIds
from cloudscale.api.security_headers import SecurityHeaders
from cloudscale.api.socket_guard import EventFault, SocketGuard
from cloudscale.api.store_page import Storefront
from cloudscale.ops.load_lab.errand import NoCrew
from cloudscale.ops.load_lab.lab import LoadLab
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.serving import Serving

ABOUT = """
The same shop for programs. JSON in camelCase (snake_case is understood too), money as decimal
strings in USD with tax included, times in UTC.

Sign in with `POST /api/login` and keep the cookie, or send a personal access token, made on the
profile page, as `Authorization: Bearer cs_pat_…`. Refusals say why in `message`, and name the
fields at fault in `errors`.
"""

ROUTERS = (
    health.router,
    accounts.router,
    security.router,
    products.router,
    shelves.router,
    cart.router,
    addresses.router,
    orders.router,
    audit.router,
    activity.router,
    events.router,
    load_lab.router,
    metrics.router,
    scaling.router,
)


def create_api(
    *more: APIRouter,
    live: LiveMetrics | None = None,
    exposition: Exposition | None = None,
    lab: LoadLab | None = None,
) -> FastAPI:
    """The HTTP API, mounted beside the pages on the same port.

    Args:
        *more: Further routers, for tests.
        live: Who tells the fleet's samples; without it there are none.
        exposition: What Prometheus is told; without it, of a process that served nothing.
        lab: Sends virtual shoppers; without it nobody may.
    """
    live = live or LiveMetrics(Feed(""))
    exposition = exposition or Exposition(Serving(), live.feed)
    api = FastAPIOffline(
        openapi_url=documentation.OPENAPI,
        docs_url=None,
        redoc_url=None,
        static_url=documentation.FILES,
        title="CloudScale Commerce",
        version="0.1.0",
        description=ABOUT,
    )
    api.state.feed = live.feed
    api.state.lab = lab or LoadLab(NoCrew(), is_on=False)
    api.router.routes.append(WebSocketRoute(routes.LIVE, live))
    api.router.routes.append(Route(routes.METRICS, exposition.answer, methods=["GET"]))
    routers = (*ROUTERS, *more)
    for router in routers:
        api.include_router(router)
    documentation.install(api)
    errors.install(api, routers)
    api.add_middleware(Compression)
    api.add_middleware(ApiGuard)
    api.add_middleware(RateLimits)
    return api


def create_doors(
    build: Path,
    event_fault: EventFault,
    live: LiveMetrics,
    exposition: Exposition,
    storefront: Storefront,
    lab: LoadLab,
) -> list[FastAPI | Callable[[ASGIApp], ASGIApp]]:
    """What stands between the socket and Reflex, from the inside out.

    Args:
        build: Folder of the built front end.
        event_fault: Judges the name and the arguments of an event from a browser.
        live: Tells the fleet's samples.
        exposition: What Prometheus is told.
        storefront: Tells what the store shows for a URL's parameters.
        lab: Sends virtual shoppers.

    Returns:
        Transformers for `rx.App(api_transformer=…)`: socket, pages, then the API, then all of HTTP.
    """

    def guard(reflex_app: ASGIApp) -> ASGIApp:
        return SocketGuard(reflex_app, event_fault)

    return [
        guard,
        page_door(build, storefront),
        VisitCookie,
        create_api(live=live, exposition=exposition, lab=lab),
        Methods,
        Crowd,
        SecurityHeaders,
        RequestIds,
    ]
