"""What crawlers ask first: what to leave alone, and what there is.

A sitemap part lists the products of one range of ids, so that each part is found without reading
the ones before it, stays the same while others change, and is streamed in small pieces.

    /robots.txt --> /sitemap.xml (index) --> /sitemap-0.xml, /sitemap-1.xml …
"""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from cloudscale import routes
from cloudscale.api.caching import AN_HOUR, conditional
from cloudscale.db import in_reading
from cloudscale.services import catalogue
from cloudscale.services.catalogue import SitemapEntry
from cloudscale.settings import get_settings

# A file may hold 50,000 URLs (sitemaps.org); the first part lists the store itself too.
PART_IDS = 45_000
PIECE = 2_000
PRIVATE = (routes.API, routes.CHECKOUT, routes.ORDERS, routes.PROFILE, routes.OPS)

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
HEADERS = {"cache-control": AN_HOUR}


async def robots(request: Request) -> Response:
    """Answers `/robots.txt`."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE)]
    sitemap = f"Sitemap: {get_settings().origin}{routes.SITEMAP}"
    text = "\n".join([*lines, "", sitemap, ""])
    return conditional(request, PlainTextResponse(text, headers=HEADERS))


async def sitemap_index(request: Request) -> Response:
    """Answers `/sitemap.xml`: one part for each range of ids."""
    last = await in_reading(catalogue.last_published_id)
    origin = get_settings().origin
    parts = "".join(
        f"<sitemap><loc>{origin}{routes.sitemap_part(part)}</loc></sitemap>\n"
        for part in range(max(last - 1, 0) // PART_IDS + 1)
    )
    xml = f"{XML}<sitemapindex {NAMESPACE}>\n{parts}</sitemapindex>\n"
    return conditional(request, Response(xml, headers=HEADERS, media_type="application/xml"))


def _url(origin: str, entry: SitemapEntry) -> str:
    changed = entry.updated_at.isoformat(timespec="seconds")
    return f"<url><loc>{origin}{routes.product(entry.id)}</loc><lastmod>{changed}</lastmod></url>\n"


async def _pieces(part: int, piece: list[SitemapEntry]) -> AsyncIterator[str]:
    """The part's XML, a piece at a time: a million products need no more memory than a thousand."""
    origin, end = get_settings().origin, (part + 1) * PART_IDS
    yield f"{XML}<urlset {NAMESPACE}>\n"
    if part == 0:
        yield f"<url><loc>{origin}{routes.STORE}</loc></url>\n"
    while piece:
        yield "".join(_url(origin, entry) for entry in piece if entry.id <= end)
        last = piece[-1].id
        piece = [] if last >= end else await _entries(last)
    yield "</urlset>\n"


async def _entries(after_id: int) -> list[SitemapEntry]:
    return await in_reading(catalogue.published_ids_for_sitemap, after_id, PIECE)


async def sitemap_part(request: Request) -> Response:
    """Answers `/sitemap-{part}.xml`; 404 past the last one."""
    part = request.path_params["part"]
    last = await in_reading(catalogue.last_published_id)
    if part and part * PART_IDS >= last:
        return PlainTextResponse("There is no such part.", 404)
    first = await _entries(part * PART_IDS)  # before the 200 is out: the database may be down
    return StreamingResponse(_pieces(part, first), headers=HEADERS, media_type="application/xml")
