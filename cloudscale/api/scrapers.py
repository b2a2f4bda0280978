"""Who may read /metrics: programs of this machine, and whoever has METRICS_TOKEN.

from this machine, and by no proxy --> yes
METRICS_TOKEN set? --> its bearer, else 401;  not set --> 404, as if nothing were there
"""

import hmac
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from cloudscale.api import errors
from cloudscale.settings import Settings, get_settings

REFUSED = "This address needs the bearer token that is set as METRICS_TOKEN."
# What proxies and load balancers write. A page of this machine's browser writes none of them, but
# can be led here under a name of somebody else's: its Host tells.
PROXIED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


def refusal(request: Request) -> Response | None:
    """Why a request may not read /metrics, as an answer; `None` if it may."""
    settings = get_settings()
    if _has_token(request, settings) or _is_of_this_machine(request, settings):
        return None
    if settings.metrics_token is None:
        return errors.answer(404, errors.WORDS[404])
    return errors.answer(401, REFUSED, headers={"www-authenticate": 'Bearer realm="metrics"'})


def _has_token(request: Request, settings: Settings) -> bool:
    if settings.metrics_token is None:
        return False
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    expected = settings.metrics_token.get_secret_value().encode()
    # Header bytes are Latin-1 on this side of ASGI, whatever the sender meant.
    is_right = hmac.compare_digest(sent.strip().encode("latin-1"), expected)
    return scheme.lower() == "bearer" and is_right


def _is_of_this_machine(request: Request, settings: Settings) -> bool:
    """Whether a program of this machine asks for itself.

    Behind a proxy that is trusted every peer may be that proxy, on this machine too.
    """
    if settings.trusted_proxy_hops or any(name in request.headers for name in PROXIED):
        return False
    if _is_at_the_front_door(request, settings):
        return False
    peer = request.client.host if request.client else ""
    return _is_loopback(peer) and _is_loopback(_named_host(request))


def _is_at_the_front_door(request: Request, settings: Settings) -> bool:
    """Whether a proxy that ends TLS sent it: this server speaks plain HTTP only."""
    return settings.is_https and request.headers.get("host") == urlsplit(settings.origin).netloc


def _named_host(request: Request) -> str:
    """The host that the request's Host header names; empty if it cannot be read."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
