"""Where the next page is: the Link header (RFC 8288)."""

from urllib.parse import urlencode

from fastapi import Request

from cloudscale.settings import get_settings


def page_link(request: Request, **pages: str) -> dict[str, str]:
    """A Link header that leads to other pages of the same list.

    Args:
        request: Whose path and parameters the links keep.
        **pages: The cursor of each relation (`next`, `prev`); an empty one is left out.

    Returns:
        The header, or nothing where there is no other page. Addresses start with the configured
        origin, never with what a Host header says.
    """
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    base = get_settings().origin + request.url.path
    links = [
        f'<{base}?{urlencode([*kept, ("cursor", cursor)])}>; rel="{relation}"'
        for relation, cursor in pages.items()
        if cursor
    ]
    return {"link": ", ".join(links)} if links else {}
