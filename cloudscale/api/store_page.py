"""The front page's address and preview for machines; what is on it was drawn by the build.

/ --store.head.html--> the built page with canonical link, Open Graph and search action
"""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cloudscale import routes
from cloudscale.api.caching import A_PAGE, conditional
from cloudscale.api.shell import Shell
from cloudscale.settings import get_settings

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
    """

    def __init__(self, built: Shell) -> None:
        self.built = built

    async def answer(self, request: Request) -> Response:
        """The built page with its address in it."""
        origin = get_settings().origin
        html = self.built.with_head(
            "store",
            url=origin + _canonical_path(request.query_params.get("category", "")),
            image=origin + routes.STORE_PREVIEW,
            linked_data=linked_data(origin),
        )
        return conditional(request, HTMLResponse(html, headers={"cache-control": A_PAGE}))
