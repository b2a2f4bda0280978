"""A running fleet by its URL, as browsers see it: nothing is signed in to, and nothing is bought.

https://shop.example.com --requests, one certificate, two sockets--> findings
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import urlsplit

from cloudscale import routes
from cloudscale.serving.asking import Answer, Site, parsed
from cloudscale.serving.deadline import within
from cloudscale.serving.diagnosis.finding import (
    Ailment,
    Finding,
    Remark,
    Verdict,
    examine,
    examined,
)
from cloudscale.serving.diagnosis.socket_line import NoSocket, first_message
from cloudscale.serving.greeting import page_socket
from cloudscale.serving.refusal import Refused

PATIENCE_SECONDS = 10.0
"""For a question with all of its answer."""
SKEW_SECONDS = 5  # the Date header has whole seconds, and an answer its way
LEAST_DAYS, FEW_DAYS = 7, 21
"""ACM renews 60 days before the end: where fewer are left, renewing failed weeks ago."""
REFUSED = "Browsers refuse it"
SLOW_MS = 1000
VERSION_HEADER = "x-application-version"  # of cloudscale/api/health.py
VERSION_ASKED = 8
"""Enough for a load balancer to hand on to more servers than one."""

# What a header must hold; on every answer, HSTS over HTTPS alone.
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "",
    "permissions-policy": "",
    "content-security-policy": "frame-ancestors",
}
BEHIND = "Is what answers a version of ours, and does nothing in front take headers away?"


def findings(url: str) -> Iterator[Finding]:
    """Examine what answers at a URL.

    Raises:
        Refused: It is no origin.
    """
    site = _site(url)
    first = examine("address", partial(_address, site))
    yield first
    if first.verdict is Verdict.MEND:
        return
    second = examine("certificate", partial(_certificate, site))
    yield second
    if not second.words.startswith(REFUSED):
        yield from examined({name: partial(ask, site) for name, ask in EXAMINATIONS.items()})


def _site(url: str) -> Site:
    """Where the fleet is; a path behind it is left away."""
    try:
        parts = urlsplit(url if "//" in url else f"https://{url}")
        if parts.port == 0 or "@" in parts.netloc:
            raise ValueError(url)
        site = Site.at(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        raise Refused(f"{url!r} is no address such as https://shop.example.com") from None
    return replace(site, patience=lambda: PATIENCE_SECONDS)


def _address(site: Site) -> str:
    """Whether anything answers at all; certificates are judged later."""
    host, port = site.host, site.port
    try:
        rows = within(PATIENCE_SECONDS, lambda _: socket.getaddrinfo(host, port))
    except OSError:
        mend = "Is the name right, and does its record name the load balancer?"
        raise Ailment(f"Nobody knows the name {host}.", mend) from None
    try:
        within(PATIENCE_SECONDS, lambda _: _connected(site).close())
    except OSError as error:
        words = f"{host} does not answer on port {port} ({error.strerror or error})."
        raise Ailment(
            words, "Is the load balancer there, and does its security group let you in?"
        ) from None
    return f"{host}, {len({row[4][0] for row in rows})} addresses"


def _connected(site: Site) -> socket.socket:
    return socket.create_connection((site.host, site.port), timeout=PATIENCE_SECONDS)


def _get(site: Site, path: str, headers: dict[str, str] | None = None) -> Answer:
    """One answer.

    Raises:
        Ailment: There is none.
    """
    try:
        return site.get(path, headers)
    except OSError as error:
        words = f"{path} is not answered ({error})."
        raise Ailment(
            words, "Look at the findings above, and at the load balancer's targets."
        ) from None


def _certificate(site: Site) -> str:
    if site.scheme != "https":
        words = "None: passwords and cookies travel where everyone on the way can read them."
        raise Ailment(words, "Set domain_name and ssl_certificate_arn, and apply.")
    try:
        ends, version = within(PATIENCE_SECONDS, lambda _: _encrypted(site))
    except ssl.SSLCertVerificationError as error:
        words = f"{REFUSED}: {error.verify_message}."
        raise Ailment(
            words, "Name a certificate in ssl_certificate_arn that is issued for this name."
        ) from None
    except OSError as error:
        raise Ailment(
            f"No encrypted connection: {error}.", "Is there a listener for HTTPS?"
        ) from None
    days = (ssl.cert_time_to_seconds(ends) - time.time()) / 86400
    words = f"{days:.0f} days left, {version}"
    if days < LEAST_DAYS:
        raise Ailment(
            f"{words}.", "Renew it now; ACM renews by itself while its DNS record stands."
        )
    if days < FEW_DAYS:
        raise Remark(
            f"{words}.", "ACM should have renewed it: is its DNS record for validation there?"
        )
    return words


def _encrypted(site: Site) -> tuple[str, str | None]:
    """When the certificate ends, and which TLS is spoken."""
    context = ssl.create_default_context()
    with _connected(site) as plain, context.wrap_socket(plain, server_hostname=site.host) as line:
        return str(line.getpeercert()["notAfter"]), line.version()  # type: ignore[index]


def _redirect(site: Site) -> str:
    if site.scheme != "https":
        return "not without HTTPS"
    if site.port != 443:
        return "not asked at a port of its own"
    try:
        answer = replace(site, scheme="http", port=80).get("/")
    except OSError:
        words = "Nothing answers at http://: who types the name alone gets nowhere."
        raise Remark(
            words, "Let the load balancer's listener on port 80 send browsers on."
        ) from None
    if not answer.header("location").startswith("https://"):
        raise Ailment("http:// is not sent on to https://.", "terraform apply puts that back.")
    return "http:// is sent on to https://"


def _health(site: Site) -> str:
    began = time.monotonic()
    answer = _get(site, routes.HEALTH)
    took = (time.monotonic() - began) * 1000
    if answer.status == 503 and "draining" in answer.text:
        raise Remark("A server that is leaving answered.", "Ask again in a minute.")
    if answer.status != 200:
        raise Ailment(f"{routes.HEALTH} answers {answer.status}.", "Are there healthy targets?")
    if took > SLOW_MS:
        raise Remark(f"answered after {took:.0f} ms.", "Look at /ops: is the fleet overloaded?")
    return f"answered in {took:.0f} ms"


def _ready(site: Site) -> str:
    answer = _get(site, routes.READY)
    told = _states(answer)
    lost = sorted(name for name, how in told.items() if how == "unreachable")
    if lost:
        words = f"Servers cannot reach: {', '.join(lost)}."
        raise Ailment(words, "docs/operate.md says what people see meanwhile, and what to do.")
    if answer.status != 200:
        raise Ailment(f"{routes.READY} answers {answer.status}.", BEHIND)
    if not told:
        raise Ailment(f"{routes.READY} tells something else than what is ready.", BEHIND)
    return ", ".join(name for name in told if name not in {"status", "version"}) or "ready"


def _states(answer: Answer) -> dict[str, object]:
    try:
        told = answer.json
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _version(site: Site) -> str:
    """Which versions answer; two of them while a new one is being rolled out."""
    answers = [_get(site, routes.HEALTH) for _ in range(VERSION_ASKED)]
    told = sorted({answer.header(VERSION_HEADER) for answer in answers} - {""})
    if not told:
        raise Remark("What answers does not tell its version.", BEHIND)
    if len(told) > 1:
        words = f"{' and '.join(told)} answer."
        raise Remark(words, "A rollout is under way; else look at the launch template's version.")
    return told[0]


def _page(site: Site) -> str:
    answer = _get(site, routes.STORE, {"Accept-Encoding": "gzip, br"})
    if answer.status != 200:
        raise Ailment(f"The store's page answers {answer.status}.", BEHIND)
    encoding = answer.header("content-encoding")
    if not encoding:
        raise Remark("The store's page is not compressed.", BEHIND)
    return f"{len(answer.body) // 1024} kB, {encoding}"


def _headers(site: Site) -> str:
    answer = _get(site, routes.STORE)
    wanted = dict(HEADERS)
    if site.scheme == "https":
        wanted["strict-transport-security"] = "max-age"
    told = answer.headers
    lacking = [name for name, part in wanted.items() if name not in told or part not in told[name]]
    if lacking:
        raise Ailment(f"Browsers are not told: {', '.join(lacking)}.", BEHIND)
    return f"all {len(wanted)} that browsers should be told"


def _metrics(site: Site) -> str:
    if _get(site, routes.METRICS).status == 200:
        if site.is_loopback:
            return "open on this machine; from elsewhere it is to be refused"
        mend = "Set TRUSTED_PROXY_HOPS and METRICS_TOKEN, and shut it off at the load balancer."
        raise Ailment(f"{routes.METRICS} tells everyone what only you should read.", mend)
    return f"{routes.METRICS} is shut off"


def _clock(site: Site) -> str:
    began = time.time()
    date = _get(site, routes.HEALTH).header("date")
    middle = (began + time.time()) / 2
    try:
        skew = parsedate_to_datetime(date).timestamp() - middle + 0.5
    except (ValueError, TypeError, OverflowError):
        raise Remark("Answers have no date that can be read.", BEHIND) from None
    if abs(skew) > SKEW_SECONDS:
        side = "ahead of" if skew > 0 else "behind"
        words = f"The server's clock is {abs(skew):.0f} s {side} this machine's."
        raise Ailment(words, "Find out which is wrong, and have it set (chronyc tracking).")
    return f"within {SKEW_SECONDS} s of this machine's"


def _socket(site: Site) -> str:
    told = _first(site, routes.LIVE)
    try:
        kind = parsed(told)["type"]
    except (ValueError, KeyError, TypeError):
        kind = None
    if not isinstance(kind, str):
        raise Ailment(f"{routes.LIVE} told something else than figures.", BEHIND)
    return f"told {kind}"


def _events(site: Site) -> str:
    if not _first(site, page_socket()).startswith("0"):
        raise Ailment("The pages' socket opened and did not greet: pages are dead.", BEHIND)
    return "pages can become live"


def _first(site: Site, path: str) -> str:
    try:
        return first_message(site.origin, path, site.origin, PATIENCE_SECONDS)
    except (NoSocket, OSError) as error:
        words = f"The websocket {path.partition('?')[0]} is dead: {error}."
        mend = "Is this address PUBLIC_URL, and does everything in front let websockets through?"
        raise Ailment(words, mend) from None


EXAMINATIONS: dict[str, Callable[[Site], str]] = {
    "redirect": _redirect,
    "health": _health,
    "ready": _ready,
    "version": _version,
    "store": _page,
    "headers": _headers,
    "metrics": _metrics,
    "clock": _clock,
    "live figures": _socket,
    "live pages": _events,
}
