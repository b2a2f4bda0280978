"""A configuration: each setting by itself, how strong its secrets are, and where it leads.

files or environment --given--> Settings --examinations--> findings; `reaching` asks the servers
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from cloudscale.serving.diagnosis import given, reaching
from cloudscale.serving.diagnosis.finding import Ailment, Finding, Remark, examined
from cloudscale.settings import Settings

SHORTEST_SECRET, SHORTEST_TOKEN, SHORTEST_PASSWORD = 32, 16, 12
# Of a character. Of 200,000 secrets of 16 random hexadecimal digits the least varied had 2.05.
LEAST_BITS = 1.8
MAKE_ONE = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
PLACEHOLDERS = ("change", "example", "secret", "password", "default", "placeholder")


def findings(files: Sequence[Path]) -> Iterator[Finding]:
    """Examine the settings of files, or those that `serve` would be given here.

    Raises:
        Refused: A file cannot be read.
    """
    read = given.read(files)
    settings, wrong = given.settings_of(read)
    yield from wrong
    yield from given.misspelt(read)
    yield from given.readable_by_others(read)
    examinations = {**EXAMINATIONS, **reaching.EXAMINATIONS}
    names = {finding.name for finding in wrong}
    yield from examined(
        {name: partial(ask, settings) for name, ask in examinations.items() if name not in names}
    )


def _environment(settings: Settings) -> str:
    if settings.is_production:
        return "production"
    raise Remark(
        "demo: accounts with known passwords, and a secret that is generated.",
        "For a real shop, set ENVIRONMENT=production.",
    )


def _secret_key(settings: Settings) -> str:
    if settings.secret_key is None:
        if settings.is_production:
            raise Ailment("It is missing: sessions cannot be signed.", MAKE_ONE)
        return "generated and kept in DATA_DIR"
    return _strong(settings.secret_key, SHORTEST_SECRET)


def _metrics_token(settings: Settings) -> str:
    token = settings.metrics_token
    if token is None:
        return "none: /metrics answers programs of the server's own machine alone"
    key = settings.secret_key
    if key and token.get_secret_value() == key.get_secret_value():
        raise Ailment("It is SECRET_KEY: whoever scrapes could sign sessions.", MAKE_ONE)
    return _strong(token, SHORTEST_TOKEN)


def _strong(secret: SecretStr, shortest: int) -> str:
    """Say how long a secret is.

    Raises:
        Ailment: It can be guessed.
    """
    text = secret.get_secret_value()
    if len(text) < shortest:
        raise Ailment(f"It has {len(text)} characters; {shortest} are needed.", MAKE_ONE)
    if any(word in text.lower() for word in PLACEHOLDERS):
        raise Ailment("It holds a word that placeholders are made of.", MAKE_ONE)
    if bits(text) < LEAST_BITS:
        raise Ailment("It repeats itself, and so can be guessed.", MAKE_ONE)
    return f"{len(text)} characters"


def bits(text: str) -> float:
    """How much each character tells, by how often it stands there (Shannon's entropy)."""
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def _public_url(settings: Settings) -> str:
    url = settings.public_url
    if url is None:
        if settings.is_production:
            raise Ailment("It is missing.", "Set the origin that browsers use.")
        return f"unset: {settings.origin}"
    host = urlsplit(url).hostname or ""
    if not settings.is_https and settings.is_production:
        raise Ailment(
            f"{url}: passwords and cookies travel where everyone on the way can read them.",
            "End TLS in front, and name the https:// origin here.",
        )
    if _is_of_this_machine(host):
        raise Remark(f"{url} is this machine alone.", "Others cannot reach the store.")
    return url


def _is_of_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


def _hops(settings: Settings) -> str:
    hops = settings.trusted_proxy_hops
    if hops == 0 and (settings.cloud == "aws" or settings.is_https):
        raise Ailment(
            "0 behind something that ends TLS, or on AWS: every shopper has its address.",
            "TRUSTED_PROXY_HOPS=1 behind one load balancer.",
        )
    if hops > 1:
        raise Remark(
            f"{hops} proxies are believed about the client's address.",
            "With fewer in front, shoppers can make their address up.",
        )
    return str(hops)


def _drain(settings: Settings) -> str:
    if settings.drain_seconds == 0 and settings.trusted_proxy_hops:
        raise Remark(
            "0: a server that stops goes before the load balancer has noticed.",
            "Set it to the balancer's interval times its count of failures, and a little.",
        )
    return f"{settings.drain_seconds:g} s"


def _database_password(settings: Settings) -> str:
    if settings.database_url is None:
        return "none is needed"
    parts = urlsplit(settings.database_url.get_secret_value())
    password, host = unquote(parts.password or ""), parts.hostname or ""
    if not host or _is_of_this_machine(host):
        return "of this machine"
    if len(password) < SHORTEST_PASSWORD or password == unquote(parts.username or ""):
        raise Ailment(
            f"It has fewer than {SHORTEST_PASSWORD} characters, or is the user's name.",
            "Give the database's user another one.",
        )
    return f"{len(password)} characters"


EXAMINATIONS: dict[str, Callable[[Settings], str]] = {
    "ENVIRONMENT": _environment,
    "SECRET_KEY": _secret_key,
    "METRICS_TOKEN": _metrics_token,
    "PUBLIC_URL": _public_url,
    "TRUSTED_PROXY_HOPS": _hops,
    "DRAIN_SECONDS": _drain,
    "database login": _database_password,
}
