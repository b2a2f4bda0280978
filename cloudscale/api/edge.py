"""Everything between the socket and Reflex for pages: addresses, status codes, cache headers.

Reflex serves the built pages; this decides which file a URL means and what stands in the answer's
headers, so that crawlers, caches and link previews are told the truth.

    request --> product page, link preview, sitemap: ours
           | --> closed? slash too many? --> page file, asset or socket of Reflex --> headers
                       | asset of another build --> the database   | 404 --> our page
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudscale import routes
from cloudscale.api.build_files import other_build
from cloudscale.api.caching import HASHED, NEVER, cache_control
from cloudscale.api.content_policy import page_policy
from cloudscale.api.crawlers import robots, sitemap_index, sitemap_part
from cloudscale.api.link_preview import product_preview, store_preview
from cloudscale.api.product_page import ID, ProductPage, not_found
from cloudscale.api.shell import Shell
from cloudscale.api.store_page import Storefront, StorePage
from cloudscale.api.trouble import TroublePages

# Endpoints that Reflex brings and the store does not use.
CLOSED = ("/_upload", "/_health", "/_all_routes", "/auth-codespace")
# Files of the build that stand behind another URL, and are not one themselves.
BEHIND = (".html", ".br", ".gz")
PRIVATE = (
    routes.ORDERS,
    routes.CHECKOUT,
    routes.PROFILE,
    routes.OPS,
    routes.LOGIN,
    routes.REGISTER,
)
SHELL = "__spa-fallback.html"
NOT_PAGES = {"index.html", "404.html", SHELL}
COMPRESSED = Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)


def is_closed(path: str) -> bool:
    """Whether a path must look as if nothing were there."""
    return path.endswith(BEHIND) or is_under(path, CLOSED) or is_no_order(path)


def is_no_order(path: str) -> bool:
    """Whether a path names an order by what cannot be an order's id."""
    prefix = routes.ORDERS + "/"
    return path.startswith(prefix) and not ID.fullmatch(path.removeprefix(prefix))


def is_under(path: str, tops: tuple[str, ...]) -> bool:
    """Whether a path is one of `tops` or lies below one."""
    return any(path == top or path.startswith(top + "/") for top in tops)


def canonical_path(path: str) -> str:
    """The one spelling of a path: one slash in front, none behind."""
    return "/" + path.strip("/")


def _redirect(scope: Scope) -> Response:
    """To the same page, spelled right: relative, so that a proxy's scheme and host stay."""
    query = scope["query_string"].decode("latin-1")
    return RedirectResponse(quote(canonical_path(scope["path"])) + (query and f"?{query}"), 308)


class Pages:
    """ASGI wrapper around Reflex: one URL a page, true status codes, cache headers.

    Attributes:
        app: Reflex, with the built front end mounted.
        build: Folder of the built front end.
    """

    def __init__(self, app: ASGIApp, build: Path) -> None:
        self.app = app
        self.shell = Shell(build / SHELL)
        built = {file.relative_to(build).as_posix() for file in build.rglob("*.html")}
        pages = {page for page in built - NOT_PAGES if not page.endswith("/index.html")}
        self.files = {f"/{page.removesuffix('.html')}": f"/{page}" for page in pages}
        self.assets = {HASHED + file.name for file in (build / HASHED.strip("/")).glob("*.*")}
        self.policies = {f"/{page}": page_policy((build / page).read_text()) for page in built}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        if path != canonical_path(path) and scope["method"] in ("GET", "HEAD"):
            await _redirect(scope)(scope, receive, send)
        elif is_closed(path):
            await not_found(self.shell)(scope, receive, send)
        elif path.startswith(HASHED) and path not in self.assets:
            answer = await other_build(Request(scope)) or not_found(self.shell)
            await answer(scope, receive, send)
        else:
            file = self.files.get(path, path)
            inner = {**scope, "path": file, "raw_path": quote(file).encode()}
            await self.app(inner, receive, _Answer(self, path, scope, receive, send))

    def policy(self, path: str) -> str | None:
        """The policy of the file behind a page's URL; what has none of its own gets the shell."""
        file = "/index.html" if path == routes.STORE else self.files.get(path)
        return self.policies.get(file or f"/{SHELL}")


class _Answer:
    """Sends what Reflex answers on, with our headers, or our 404 page in place of its own."""

    def __init__(self, pages: Pages, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        self.pages, self.path = pages, path
        self.scope, self.receive, self.send = scope, receive, send
        self.is_replaced = False

    async def __call__(self, message: Message) -> None:
        """Take one ASGI message of Reflex's answer."""
        if message["type"] == "http.response.start":
            self.is_replaced = message["status"] == 404
            if self.is_replaced:
                await not_found(self.pages.shell)(self.scope, self.receive, self.send)
                return
            self._set_headers(message)
        if not self.is_replaced:
            await self.send(message)

    def _set_headers(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        if "etag" not in headers:  # not a file: what Reflex computes for this one caller
            headers["cache-control"] = NEVER
        elif message["status"] in (200, 206, 304):
            kind = headers.get("content-type") or self._kind()
            headers["cache-control"] = cache_control(self.path, kind)
            if kind.startswith("text/html") and (policy := self.pages.policy(self.path)):
                headers["content-security-policy"] = policy
        if is_under(self.path, PRIVATE):
            headers["x-robots-tag"] = "noindex"

    def _kind(self) -> str:
        """What a 304, which names no type, is about: a URL without a suffix is a page."""
        return "" if "." in self.path.rsplit("/", 1)[-1] else "text/html"


def page_door(build: Path, storefront: Storefront) -> Callable[[ASGIApp], ASGIApp]:
    """What stands before Reflex for pages.

    Args:
        build: Folder of the built front end; may be missing while developing.
        storefront: Tells what the store shows for a URL's parameters.

    Returns:
        A function from Reflex's ASGI app to the wrapped one.
    """

    def wrap(reflex_app: ASGIApp) -> ASGIApp:
        pages = Pages(reflex_app, build)
        router = Router(
            _routes(pages.shell, build, storefront), redirect_slashes=False, default=pages
        )
        return TroublePages(router)

    return wrap


def _routes(shell: Shell, build: Path, storefront: Storefront) -> list[Route]:
    """The paths that are answered here; Reflex has the rest."""
    routed = [
        Route("/product/{product_id}", ProductPage(shell).answer, middleware=[COMPRESSED]),
        Route("/og/product/{product_id}.png", product_preview),
        Route(routes.STORE_PREVIEW, store_preview),
        Route(routes.ROBOTS, robots),
        Route(routes.SITEMAP, sitemap_index),
        Route("/sitemap-{part:int}.xml", sitemap_part, middleware=[COMPRESSED]),
    ]
    front = build / "index.html"
    if front.is_file():
        answer = StorePage(Shell(front), storefront).answer
        routed.append(Route(routes.STORE, answer, middleware=[COMPRESSED]))
    return routed
