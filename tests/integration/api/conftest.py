"""A built front end in small, served the way Reflex serves the real one."""

import gzip
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from reflex.utils.precompressed_staticfiles import PrecompressedStaticFiles
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from cloudscale.api import create_api
from cloudscale.api.edge import page_door
from cloudscale.api.methods import Methods
from cloudscale.api.request_ids import RequestIds
from cloudscale.api.security_headers import SecurityHeaders
from cloudscale.state.storefront import first_storefront
from tests.samples import measured

SHELL = "<!DOCTYPE html><html><head></head><body><script>boot()</script></body></html>"
FILES = {
    "index.html": '<!DOCTYPE html><html><head><meta content="favicon.ico" property="og:image"/>'
    '</head><body><main class="wrap" id="content">store</main></body></html>',
    "login.html": "<!DOCTYPE html><html><head></head><body><main>sign in</main></body></html>",
    "orders.html": "<!DOCTYPE html><html><head></head><body><main>orders</main></body></html>",
    "login/index.html": "a copy that no URL should reach",
    "404.html": SHELL,
    "__spa-fallback.html": SHELL,
    "assets/root-UvaU9Dkr.js": "import './reflex-env-BVGF6eGS.js';" * 50,
    "assets/reflex-env-BVGF6eGS.js": "export default {}",
    "products/phone.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "css/tokens.css": ":root{}",
}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A folder with the files that a build leaves, and their compressed twins."""
    for name, content in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
        file.with_name(file.name + ".gz").write_bytes(gzip.compress(content.encode()))

    return tmp_path


def route_of(path: str) -> str | None:
    """Reflex's route table in small."""
    return "orders/[order_id]" if path.startswith("/orders/") else None


@pytest.fixture
def reflex_app(build: Path) -> ASGIApp:
    """What Reflex mounts for the built front end."""
    files = PrecompressedStaticFiles(
        directory=build, html=True, encodings=["gzip"], router=route_of
    )
    return Starlette(routes=[Mount("/", app=files)])


@pytest.fixture
def client_of() -> Callable[[ASGIApp], httpx.AsyncClient]:
    """Makes an HTTP client of any ASGI app."""

    def make(app: ASGIApp) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url="http://attacker.example")

    return make


@pytest.fixture
async def pages(
    reflex_app: ASGIApp, build: Path, client_of: Callable[[ASGIApp], httpx.AsyncClient]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages; its Host header names a stranger."""
    served = page_door(build, first_storefront)(reflex_app)
    async with client_of(RequestIds(SecurityHeaders(served))) as client:
        yield client


ORIGIN = "http://localhost:8000"
Programs = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="session")
def with_routes() -> Callable[[FastAPI], FastAPI]:
    """Gives an API the routers of an earlier one, and lets it keep all else.

    FastAPI works out at a router's first request what its answers look like, which takes several
    times longer than most tests, and is the same each time.
    """
    built = create_api()

    def share(api: FastAPI) -> FastAPI:
        pairs = zip(api.router.routes, built.router.routes, strict=True)
        own = (Route, WebSocketRoute, Mount)
        api.router.routes[:] = [new if isinstance(new, own) else old for new, old in pairs]
        return api

    return share


@pytest.fixture
async def program(
    module_database: str, with_routes: Callable[[FastAPI], FastAPI]
) -> AsyncIterator[Programs]:
    """Opens callers of the API: `program()` nobody, `program(token)` one with a token.

    Each has a cookie jar of its own and is closed after the test.
    """
    app = RequestIds(Methods(with_routes(create_api(live=measured()))))
    opened: list[httpx.AsyncClient] = []

    def open_(token: str = "") -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(app=app)
        opened.append(httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers))
        return opened[-1]

    yield open_
    for client in opened:
        await client.aclose()
