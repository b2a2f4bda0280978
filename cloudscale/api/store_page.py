"""The store's first HTML: its address and preview for machines, and the shelf that a URL asks for.

/ --store.head.html--> the built page, with the snapshot that the build drew
/?q=camera --storefront--> values --store.body.html--> the same, with what was found in its place
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cloudscale import routes
from cloudscale.api.caching import A_PAGE, conditional
from cloudscale.api.shell import Shell
from cloudscale.settings import get_settings

Storefront = Callable[[Mapping[str, str]], Awaitable[dict[str, Any] | None]]
"""Tells what the store shows for a URL's parameters; None for what the build drew."""
# Before this the shelf is put, and hides it until the page has drawn the same one.
MAIN = '<main class="wrap" id="content"'
HERO = re.compile(r'<section class="hero">.*?</section>', re.DOTALL)
SLUG = re.compile(r"[a-z0-9-]{1,60}")


def _canonical_path(category: str) -> str:
    """One address a shelf: search words, order and page do not make another one."""
    return routes.category(category) if SLUG.fullmatch(category) else routes.STORE


def linked_data(origin: str) -> dict[str, Any]:
    """The store and its search in schema.org's words."""
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": "CloudScale",
        "url": origin + routes.STORE,
        "potentialAction": {
            "@type": "SearchAction",
            "target": f"{origin}/?q={{search_term_string}}",
            "query-input": "required name=search_term_string",
        },
    }


class StorePage:
    """Answers `/`.

    Attributes:
        built: The front page as the build wrote it.
        storefront: Tells what stands on it otherwise.
    """

    def __init__(self, built: Shell, storefront: Storefront) -> None:
        self.built, self.storefront = built, storefront

    async def answer(self, request: Request) -> Response:
        """The page with its address in it, and with the products that its URL asks for."""
        head = _head(request.query_params.get("category", ""))
        shown = await self.storefront(request.query_params)
        if shown is None:
            html = self.built.with_head("store", **head)
        else:
            hero = self.built.part(HERO)
            html = self.built.fill("store", before=MAIN, **head, **shown, hero=hero)
        headers = {"cache-control": A_PAGE, "content-security-policy": self.built.policy("store")}
        return conditional(request, HTMLResponse(html, headers=headers))


def _head(category: str) -> dict[str, Any]:
    origin = get_settings().origin
    return {
        "url": origin + _canonical_path(category),
        "image": origin + routes.STORE_PREVIEW,
        "linked_data": linked_data(origin),
    }
