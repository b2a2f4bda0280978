"""The HTTP door: thin routers over the services."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from cloudscale.api import accounts, errors, health
from cloudscale.api.cookies import VisitCookie
from cloudscale.api.edge import page_door
from cloudscale.api.guards import ApiGuard
from cloudscale.api.request_ids import RequestIds
from cloudscale.api.security_headers import SecurityHeaders
from cloudscale.api.socket_guard import EventFault, SocketGuard


def create_api(*more: APIRouter) -> FastAPI:
    """The HTTP API, mounted beside the pages on the same port.

    Args:
        *more: Further routers, for tests.
    """
    api = FastAPI(title="CloudScale Commerce", version="0.1.0", docs_url=None, redoc_url=None)
    routers = (health.router, accounts.router, *more)
    for router in routers:
        api.include_router(router)
    errors.install(api, routers)
    api.add_middleware(ApiGuard)
    return api


def create_doors(
    build: Path, event_fault: EventFault
) -> list[FastAPI | Callable[[ASGIApp], ASGIApp]]:
    """What stands between the socket and Reflex, from the inside out.

    Args:
        build: Folder of the built front end.
        event_fault: Judges the name and the arguments of an event from a browser.

    Returns:
        Transformers for `rx.App(api_transformer=…)`: socket, pages, then the API, then all of HTTP.
    """

    def guard(reflex_app: ASGIApp) -> ASGIApp:
        return SocketGuard(reflex_app, event_fault)

    return [guard, page_door(build), VisitCookie, create_api(), SecurityHeaders, RequestIds]
