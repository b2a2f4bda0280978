"""What a request is called in the figures: its kind and its route's template, never its path."""

import re
from collections.abc import Mapping
from typing import Any

from cloudscale import routes
from cloudscale.ops.telemetry.requests import method_of
from cloudscale.ops.telemetry.serving import Kind

UNKNOWN = "(unknown)"
SOCKET = "/_event"
PROBES = frozenset({routes.HEALTH, routes.READY, routes.METRICS, "/ping", "/_health"})

_PAGES = {
    template: re.compile(re.sub(r"\[\w+\]", "[^/]+", template).rstrip("/") + "/?")
    for name, template in vars(routes).items()
    if name.isupper() and "." not in template and template not in PROBES | {routes.API, routes.LIVE}
}


def name_of(scope: Mapping[str, Any]) -> tuple[Kind, str] | None:
    """Name an HTTP request after it was answered.

    Args:
        scope: Its ASGI scope, in which a FastAPI router has left the route that it matched.

    Returns:
        Kind and name; `None` for the socket's polling fall-back, which waits on purpose.
    """
    path: str = scope["path"]
    if path == SOCKET or path.startswith(f"{SOCKET}/"):
        return None
    if path in PROBES:
        return Kind.PROBE, path
    if path == routes.API or path.startswith(f"{routes.API}/"):
        template = getattr(scope.get("route"), "path", UNKNOWN)
        return Kind.API, f"{method_of(scope)} {template}"
    for template, pattern in _PAGES.items():
        if pattern.fullmatch(path):
            return Kind.PAGE, template
    if "." in path.rpartition("/")[2]:
        return Kind.FILE, "files"
    return Kind.PAGE, UNKNOWN


SIGN_INS = frozenset({f"POST {routes.API}/login", f"POST {routes.API}/register"})
REFUSED = frozenset({401, 429})


def outcome_of(name: str, status: int) -> str | None:
    """What an answered request counts as besides: a sign-in, or one that was refused.

    All sign-ins come by HTTP, since a websocket cannot set a cookie.
    """
    if name not in SIGN_INS:
        return None
    if status in REFUSED:
        return "refused_sign_ins"
    return "sign_ins" if 200 <= status < 400 else None
