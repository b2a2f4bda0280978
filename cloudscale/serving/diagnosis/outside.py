"""A running fleet by its URL, as browsers see it: nothing is signed in to, and nothing is bought.

https://shop.example.com --requests, one certificate, two sockets--> findings
"""

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from cloudscale import routes
from cloudscale.serving.diagnosis.finding import (
    Ailment,
    Finding,
    Remark,
    Verdict,
    examine,
    examined,
)
from cloudscale.serving.diagnosis.socket_line import NoSocket, first_message
from cloudscale.serving.refusal import Refused

PATIENCE_SECONDS = 10
SKEW_SECONDS = 5  # the Date header has whole seconds, and an answer its way
LEAST_DAYS, FEW_DAYS = 7, 21
"""ACM renews 60 days before the end: where fewer are left, renewing failed weeks ago."""
REFUSED = "Browsers refuse it"
SLOW_MS = 1000
VERSION_HEADER = "x-application-version"  # of cloudscale/api/health.py
VERSION_ASKED = 8
"""Enough for a load balancer to hand on to more servers than one."""
EVENTS = "/_event/?EIO=4&transport=websocket&token="

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
    origin = _origin(url)
    with httpx.Client(base_url=origin, timeout=PATIENCE_SECONDS, follow_redirects=False) as client:
        first = examine("address", partial(_address, client))
        yield first
        if first.verdict is Verdict.MEND:
            return
        second = examine("certificate", partial(_certificate, client))
        yield second
        if not second.words.startswith(REFUSED):
            yield from examined({name: partial(ask, client) for name, ask in EXAMINATIONS.items()})


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url if "//" in url else f"https://{url}")
        is_origin = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_origin = False
    if not is_origin or "@" in parts.netloc:
        raise Refused(f"{url} is no address such as https://shop.example.com")
    return f"{parts.scheme}://{parts.netloc}"


def _address(client: httpx.Client) -> str:
    """Whether anything answers at all; certificates are judged later."""
    host, port = _place(client)
    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        mend = "Is the name right, and does its record name the load balancer?"
        raise Ailment(f"Nobody knows the name {host}.", mend) from None
    try:
        socket.create_connection((host, port), timeout=PATIENCE_SECONDS).close()
    except OSError as error:
        words = f"{host} does not answer on port {port} ({error.strerror or error})."
        raise Ailment(
            words, "Is the load balancer there, and does its security group let you in?"
        ) from None
    return f"{host}, {len(found)} addresses"


def _place(client: httpx.Client) -> tuple[str, int]:
    url = client.base_url
    return url.host, url.port or (443 if url.scheme == "https" else 80)


def _get(client: httpx.Client, path: str, **headers: str) -> httpx.Response:
    """One answer.

    Raises:
        Ailment: There is none.
    """
    try:
        return client.get(path, headers=headers)
    except httpx.HTTPError as error:
        words = f"{path} is not answered ({type(error).__name__}: {error})."
        raise Ailment(
            words, "Look at the findings above, and at the load balancer's targets."
        ) from None


def _certificate(client: httpx.Client) -> str:
    if client.base_url.scheme != "https":
        words = "None: passwords and cookies travel where everyone on the way can read them."
        raise Ailment(words, "Set domain_name and ssl_certificate_arn, and apply.")
    host, port = _place(client)
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as line,
        ):
            ends, version = line.getpeercert()["notAfter"], line.version()  # type: ignore[index]
    except ssl.SSLCertVerificationError as error:
        words = f"{REFUSED}: {error.verify_message}."
        raise Ailment(
            words, "Name a certificate in ssl_certificate_arn that is issued for this name."
        ) from None
    except OSError as error:
        raise Ailment(
            f"No encrypted connection: {error}.", "Is there a listener for HTTPS?"
        ) from None
    days = (ssl.cert_time_to_seconds(str(ends)) - time.time()) / 86400
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


def _redirect(client: httpx.Client) -> str:
    if client.base_url.scheme != "https":
        return "not without HTTPS"
    if client.base_url.port is not None:
        return "not asked at a port of its own"
    try:
        answer = httpx.get(f"http://{client.base_url.host}/", timeout=PATIENCE_SECONDS)
    except httpx.HTTPError:
        words = "Nothing answers at http://: who types the name alone gets nowhere."
        raise Remark(
            words, "Let the load balancer's listener on port 80 send browsers on."
        ) from None
    if not answer.headers.get("location", "").startswith("https://"):
        raise Ailment("http:// is not sent on to https://.", "terraform apply puts that back.")
    return "http:// is sent on to https://"


def _health(client: httpx.Client) -> str:
    began = time.monotonic()
    answer = _get(client, routes.HEALTH)
    took = (time.monotonic() - began) * 1000
    if answer.status_code == 503 and "draining" in answer.text:
        raise Remark("A server that is leaving answered.", "Ask again in a minute.")
    if answer.status_code != 200:
        raise Ailment(
            f"{routes.HEALTH} answers {answer.status_code}.", "Are there healthy targets?"
        )
    if took > SLOW_MS:
        raise Remark(f"answered after {took:.0f} ms.", "Look at /ops: is the fleet overloaded?")
    return f"answered in {took:.0f} ms"


def _ready(client: httpx.Client) -> str:
    answer = _get(client, routes.READY)
    told = _json(answer)
    lost = sorted(name for name, how in told.items() if how == "unreachable")
    if lost:
        words = f"Servers cannot reach: {', '.join(lost)}."
        raise Ailment(words, "docs/operate.md says what people see meanwhile, and what to do.")
    if answer.status_code != 200:
        raise Ailment(f"{routes.READY} answers {answer.status_code}.", BEHIND)
    return ", ".join(name for name in told if name not in {"status", "version"}) or "ready"


def _json(answer: httpx.Response) -> dict[str, str]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _version(client: httpx.Client) -> str:
    """Which versions answer; two of them while a new one is being rolled out."""
    answers = [_get(client, routes.HEALTH) for _ in range(VERSION_ASKED)]
    told = sorted({answer.headers.get(VERSION_HEADER, "") for answer in answers} - {""})
    if not told:
        raise Remark("What answers does not tell its version.", BEHIND)
    if len(told) > 1:
        words = f"{' and '.join(told)} answer."
        raise Remark(words, "A rollout is under way; else look at the launch template's version.")
    return told[0]


def _page(client: httpx.Client) -> str:
    answer = _get(client, routes.STORE)
    if answer.status_code != 200:
        raise Ailment(f"The store's page answers {answer.status_code}.", BEHIND)
    encoding = answer.headers.get("content-encoding")
    if not encoding:
        raise Remark("The store's page is not compressed.", BEHIND)
    return f"{len(answer.content) // 1024} kB, {encoding}"


def _headers(client: httpx.Client) -> str:
    answer = _get(client, routes.STORE)
    wanted = dict(HEADERS)
    if client.base_url.scheme == "https":
        wanted["strict-transport-security"] = "max-age"
    told = answer.headers
    lacking = [name for name, part in wanted.items() if name not in told or part not in told[name]]
    if lacking:
        raise Ailment(f"Browsers are not told: {', '.join(lacking)}.", BEHIND)
    return f"all {len(wanted)} that browsers should be told"


def _metrics(client: httpx.Client) -> str:
    if _get(client, routes.METRICS).status_code == 200:
        mend = "Set TRUSTED_PROXY_HOPS and METRICS_TOKEN, and shut it off at the load balancer."
        raise Ailment(f"{routes.METRICS} tells everyone what only you should read.", mend)
    return f"{routes.METRICS} is shut off"


def _clock(client: httpx.Client) -> str:
    began = time.time()
    date = _get(client, routes.HEALTH).headers.get("date")
    if date is None:
        raise Remark("Answers have no date.", BEHIND)
    skew = parsedate_to_datetime(date).timestamp() - (began + time.time()) / 2 + 0.5
    if abs(skew) > SKEW_SECONDS:
        side = "ahead of" if skew > 0 else "behind"
        words = f"The server's clock is {abs(skew):.0f} s {side} this machine's."
        raise Ailment(words, "Find out which is wrong, and have it set (chronyc tracking).")
    return f"within {SKEW_SECONDS} s of this machine's"


def _socket(client: httpx.Client) -> str:
    told = _first(client, routes.LIVE)
    try:
        kind = json.loads(told)["type"]
    except (ValueError, KeyError, TypeError):
        raise Ailment(f"{routes.LIVE} told something else than figures.", BEHIND) from None
    return f"told {kind}"


def _events(client: httpx.Client) -> str:
    if not _first(client, f"{EVENTS}{uuid4()}").startswith("0"):
        raise Ailment("The pages' socket opened and did not greet: pages are dead.", BEHIND)
    return "pages can become live"


def _first(client: httpx.Client, path: str) -> str:
    url = str(client.base_url).rstrip("/")
    try:
        return first_message(url, path, url, PATIENCE_SECONDS)
    except (NoSocket, OSError) as error:
        words = f"The websocket {path.partition('?')[0]} is dead: {error}."
        mend = "Is this address PUBLIC_URL, and does everything in front let websockets through?"
        raise Ailment(words, mend) from None


EXAMINATIONS: dict[str, Callable[[httpx.Client], str]] = {
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
