"""`smoke`: whether a running store does what a shopper's browser needs, told a line a check.

URL --each check, again until it passes or the time is over--> ok or FAIL --> exit code

It knows the store by its address alone, and changes nothing there.
"""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from cloudscale import routes
from cloudscale.serving.asking import TIMEOUT_SECONDS, Answer, Site
from cloudscale.serving.greeting import Greeting, page_socket
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import plain, say

PAUSE_SECONDS = 2.0
LATE_SECONDS, GRACE_SECONDS = 2.0, 5.0
"""When the time is over, what was not looked at yet may take so long: a question, and all of it."""
VERSION_HEADER = "x-application-version"
ASSET = re.compile(r'(?:src|href)="(/assets/[^"]+\.(?:js|css))"')
PRODUCT = re.compile(r"<article\b")
YEAR_SECONDS = 31_536_000


class Failing(Exception):
    """A check does not pass; the message says what was answered instead."""


def run(url: str, version: str | None, seconds: float, pause: float = PAUSE_SECONDS) -> int:
    """Run every check, and say of each how it went.

    Args:
        url: Where the store is: scheme, host and port.
        version: The version that must answer; `None` takes any.
        seconds: How long all of it may take, but for a short grace: a check that fails is tried
            again until then.
        pause: Seconds between two tries.

    Returns:
        Exit code: 0 when all passed, else 1.

    Raises:
        Refused: The URL is none.
    """
    site = site_at(url)
    checks = dict(CHECKS)
    if version:
        checks["version"] = partial(_version, version)
    deadline = time.monotonic() + seconds
    site = replace(site, patience=partial(_patience, deadline))
    failed = [
        name for name, check in checks.items() if not _passes(name, check, site, deadline, pause)
    ]
    say(f"{len(failed)} of {len(checks)} failed." if failed else f"All {len(checks)} passed.")
    return 1 if failed else 0


def site_at(url: str) -> Site:
    """The store at a URL.

    Raises:
        Refused: The URL is none.
    """
    try:
        return Site.at(url)
    except ValueError as fault:
        raise Refused(f"{url} is no URL of a store: {fault}.") from None


def _patience(deadline: float) -> float:
    """How long the next question may take."""
    left = deadline - time.monotonic()
    return min(TIMEOUT_SECONDS, max(left, min(LATE_SECONDS, left + GRACE_SECONDS)))


def _passes(
    name: str, check: Callable[[Site], str], site: Site, deadline: float, pause: float
) -> bool:
    """Try a check until it passes or the time is over; every check is tried once."""
    # What it tells may be a stranger's.
    while True:
        try:
            say(f"  ok    {name:<12} {plain(check(site))}")
        except (Failing, OSError, ValueError) as failure:
            if time.monotonic() + pause < deadline:
                time.sleep(pause)
                continue
            say(f"  FAIL  {name:<12} {plain(str(failure) or type(failure).__name__)}")
            return False
        return True


def _answered(site: Site, path: str, status: int = 200) -> Answer:
    answer = site.get(path)
    if answer.status != status:
        raise Failing(f"{path} answers {answer.status}, and not {status}")
    return answer


def _told(path: str, answer: Answer) -> Any:
    try:
        return answer.json
    except ValueError as fault:
        raise Failing(f"{path} {fault}") from None


def _health(site: Site) -> str:
    if _told(routes.HEALTH, _answered(site, routes.HEALTH)) != {"status": "ok"}:
        raise Failing(f"{routes.HEALTH} does not say that it is well")
    return "alive"


def _ready(site: Site) -> str:
    answer = site.get(routes.READY)
    found = _told(routes.READY, answer)
    if not isinstance(found, dict):
        raise Failing(f"{routes.READY} tells something else than what is ready")
    if answer.status != 200:
        away = [name for name, state in found.items() if state != "ok" and name != "status"]
        raise Failing(f"not ready: {', '.join(away)}")
    return ", ".join(name for name in found if name != "status")


def _page(site: Site) -> str:
    answer = _answered(site, "/")
    if not answer.header("content-type").startswith("text/html"):
        raise Failing("/ is no page")
    products = len(PRODUCT.findall(answer.text))
    if not products:
        raise Failing("/ shows no product")
    return f"{products} products"


def _asset(site: Site) -> str:
    found = ASSET.search(_answered(site, "/").text)
    if not found:
        raise Failing("/ names no script and no style")
    kept = _answered(site, found[1]).header("cache-control")
    age = re.search(r"max-age=(\d+)", kept)
    if not age or int(age[1]) < YEAR_SECONDS:
        raise Failing(f"{found[1]} may not be kept: Cache-Control is {kept or 'missing'}")
    return f"{found[1]} is kept for a year"


def _api(site: Site) -> str:
    path = f"{routes.API}/products?limit=5"
    products = _told(path, _answered(site, path))
    if not isinstance(products, list) or not products:
        raise Failing("there is no product")
    if not isinstance(products[0], dict) or not {"id", "name", "price"} <= products[0].keys():
        raise Failing("a product has no id, name or price")
    return f"{len(products)} products"


def _socket(path: str, site: Site) -> str:
    """Whether a WebSocket opens."""
    greeting = Greeting(site.origin)
    answer = site.get(path, greeting.headers)
    if answer.status != 101:
        raise Failing(f"{path} answers {answer.status}, and opens no WebSocket")
    if not greeting.is_accepted_by(answer.header("sec-websocket-accept")):
        raise Failing(f"{path} does not accept the WebSocket that it was asked for")
    return f"{path.partition('?')[0]} opens"


def _figures(site: Site) -> str:
    """/metrics is for this machine and for whoever has the token, never for passers-by."""
    status = site.get(routes.METRICS).status
    if site.is_loopback:
        return f"answers {status} on this machine; from elsewhere it is to be refused"
    if status not in (401, 403, 404):
        raise Failing(f"{routes.METRICS} answers {status} to everybody")
    return f"refused ({status})"


def _version(wanted: str, site: Site) -> str:
    told = _answered(site, routes.HEALTH).header(VERSION_HEADER)
    if told != wanted:
        raise Failing(f"{told or 'a version without a name'} answers, and not {wanted}")
    return wanted


CHECKS: dict[str, Callable[[Site], str]] = {
    "health": _health,
    "ready": _ready,
    "store page": _page,
    "assets": _asset,
    "API": _api,
    "live figures": partial(_socket, routes.LIVE),
    "live page": partial(_socket, page_socket()),
    "metrics": _figures,
}
