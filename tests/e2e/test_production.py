"""A shop in production, behind a proxy that ends TLS: PUBLIC_URL is its one and only address."""

import asyncio
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import expect
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from cloudscale.settings import ROOT
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess, run
from tests.e2e.tls_proxy import TlsProxy, tls_proxy, trusting

SOCKETS = (f"/_event/?EIO=4&transport=websocket&token={uuid.uuid4()}", "/ws")
SECRET = "a secret of production, long enough"
TLS = trusting()
ADA = {"username": "ada", "email": "ada@example.com", "password": "a long sentence"}


@pytest.fixture(scope="module")
def proxy() -> Iterator[TlsProxy]:
    with tls_proxy() as running:
        yield running


@pytest.fixture(scope="module")
def shop(built: None, proxy: TlsProxy) -> Iterator[StoreProcess]:
    """A store in production; its owner had to fill it."""
    running = StoreProcess(ENVIRONMENT="production", SECRET_KEY=SECRET, PUBLIC_URL=proxy.url)
    proxy.store_port = running.start().port
    assert httpx.get(f"{running.url}/api/products").json() == []
    seeded = run(running, "seed")
    assert seeded.returncode == 0, seeded.stderr
    yield running
    running.stop()


@pytest.fixture
def client(shop: StoreProcess, proxy: TlsProxy) -> Iterator[httpx.Client]:
    """A program that comes through the proxy."""
    origin = {"Origin": proxy.url}
    with httpx.Client(base_url=proxy.url, verify=TLS, headers=origin, timeout=30) as opened:
        yield opened


def test_it_says_that_it_is_in_production_and_names_no_demo_account(shop, proxy):
    assert f"CloudScale is open: {proxy.url}" in shop.log
    assert "mode      production" in shop.log
    assert "Demo accounts" not in shop.log
    assert SECRET not in shop.log


def test_prometheus_reads_it_on_this_machine_and_nobody_does_through_the_proxy(shop, client):
    client.get("/api/products")
    told = httpx.get(f"{shop.url}/metrics")
    assert (told.status_code, "set-cookie" in told.headers) == (200, False)
    families = {family.name: family for family in text_string_to_metric_families(told.text)}
    counts = {
        line.labels["route"]: line.value for line in families["cloudscale_http_requests"].samples
    }
    assert counts["GET /api/products"] >= 1
    assert "cloudscale_events" in families
    assert SECRET not in told.text
    refused = client.get("/metrics")
    assert (refused.status_code, list(refused.json())) == (404, ["message"])


def test_its_cookie_is_bound_to_this_host_and_to_https(client):
    [cookie] = [c for c in client.get("/").headers.get_list("set-cookie") if "cs_session" in c]
    parts = cookie.split("; ")
    assert parts[0].startswith("__Host-cs_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(parts)
    assert "domain" not in cookie.lower()


def test_whoever_registers_is_signed_in_under_that_name_of_the_cookie_alone(client):
    assert client.post("/api/register", json=ADA).status_code in {200, 201}
    assert client.get("/api/me").json()["email"] == ADA["email"]
    token = client.cookies["__Host-cs_session"]
    client.cookies.clear()
    plain = client.get("/api/me", headers={"Cookie": f"cs_session={token}"})
    assert plain.status_code == 401


@pytest.mark.parametrize("address", ["http", "default port", "store", "loopback", "null", "other"])
def test_no_other_origin_changes_anything_or_opens_a_socket(client, shop, proxy, address):
    origin = {
        "http": proxy.url.replace("https", "http"),
        "default port": "https://localhost",
        "store": shop.url,
        "loopback": f"http://127.0.0.1:{shop.port}",
        "null": "null",
        "other": "https://shop.example.com",
    }[address]
    refused = client.delete("/api/cart", headers={"Origin": origin})
    assert (refused.status_code, "another site" in refused.json()["message"]) == (403, True)
    for path in SOCKETS:
        with pytest.raises(InvalidStatus) as closed:
            first_word(proxy, path, origin)
        assert closed.value.response.status_code == 403


def first_word(proxy: TlsProxy, path: str, origin: str) -> str | bytes:
    """What a socket says first.

    Asked on a loop of its own: the client with threads reads and writes one TLS connection at the
    same time, which Python's does not bear, and loses an answer in some five hundred.
    """
    url = proxy.url.replace("https", "wss") + path

    async def ask() -> str | bytes:
        headers = {"Origin": origin}
        async with connect(url, ssl=TLS, additional_headers=headers, open_timeout=30) as socket:
            return await asyncio.wait_for(socket.recv(), 30)

    with ThreadPoolExecutor(1) as aside:  # Playwright has this thread's loop
        return aside.submit(asyncio.run, ask()).result()


def test_its_own_origin_does(client, proxy):
    assert client.delete("/api/cart").is_success
    for path in SOCKETS:
        assert first_word(proxy, path, proxy.url)


@pytest.mark.parametrize("host", ["", "evil.example"])
def test_every_address_it_tells_is_the_public_one_whatever_the_host_header_says(
    client, proxy, host
):
    headers = {"Host": host} if host else {}
    paths = ("/", "/product/1", "/robots.txt", "/sitemap.xml", "/sitemap-0.xml")
    told = {path: client.get(path, headers=headers).text for path in paths}
    for path, text in told.items():
        assert f"{proxy.url}/" in text, path
        assert not re.search(r"http://(localhost|127\.0\.0\.1)|evil\.example", text), path
    assert f'rel="canonical" href="{proxy.url}/product/1"' in told["/product/1"]
    assert f'property="og:url" content="{proxy.url}/product/1"' in told["/product/1"]
    assert f'property="og:image" content="{proxy.url}/' in told["/product/1"]
    assert f"<loc>{proxy.url}/product/1</loc>" in told["/sitemap-0.xml"]
    products = client.get("/api/products", params={"limit": 1}, headers=headers)
    assert products.headers["link"].startswith(f"<{proxy.url}/api/products?")
    assert products.json()[0]["imageUrl"].startswith(f"{proxy.url}/")


def test_a_browser_shops_over_https_with_the_same_build(shop, proxy, new_page):
    built = (ROOT / ".web" / ".built").stat().st_mtime_ns
    page = new_page(proxy.url, ignore_https_errors=True)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    open_live(page, "/")
    page.get_by_role("article").first.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("button", name="Cart").first).to_contain_text("1")
    assert sockets[0].startswith(proxy.url.replace("https", "wss"))
    names = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert names["__Host-cs_session"]["secure"]
    assert names["__Host-cs_session"]["httpOnly"]
    assert (ROOT / ".web" / ".built").stat().st_mtime_ns == built
