"""One URL a page, true status codes, and headers that caches can trust."""

import re
from collections.abc import Callable

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cloudscale.api.content_policy import NOTHING, digest, inline
from cloudscale.api.edge import page_door
from cloudscale.api.request_ids import RequestIds
from cloudscale.api.security_headers import SecurityHeaders
from cloudscale.settings import get_settings
from cloudscale.state.storefront import first_storefront

MISSING = (
    *("/nope", "/nope/deeper", "/404", "/index", "/index.html", "/login.html", "/__spa-fallback"),
    *("/assets/gone.js", "/assets/root-UvaU9Dkr.js.gz", "/..%2f..%2fpyproject.toml"),
    *("/_upload", "/_upload/x", "/_health", "/_all_routes", "/auth-codespace"),
)


@pytest.mark.parametrize(("path", "words"), [("/", "store"), ("/login", "sign in")])
async def test_a_page_is_answered_under_its_own_url(pages, path, words):
    answer = await pages.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
    assert words in answer.text


async def test_a_page_that_is_also_a_folder_is_not_redirected(pages):
    answer = await pages.get("/orders")
    assert answer.status_code == 200
    assert "orders" in answer.text


async def test_head_answers_what_get_would_without_the_body(pages):
    get, head = await pages.get("/login"), await pages.head("/login")
    assert head.status_code == 200
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.content == b""


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("/login/", "/login"),
        ("/login/?next=/checkout", "/login?next=/checkout"),
        ("//evil.example/", "/evil.example"),
        ("/%2F%2Fevil.example/", "/evil.example"),
        ("/a%3Fb/", "/a%3Fb"),
        ("/a%0D%0AX:y/", "/a%0D%0AX%3Ay"),
    ],
)
async def test_a_slash_too_many_is_redirected_within_the_site(pages, path, right):
    answer = await pages.get(f"http://attacker.example{path}")
    assert (answer.status_code, answer.headers["location"]) == (308, right)


@pytest.mark.parametrize("path", MISSING)
async def test_what_is_not_there_is_a_404_in_words(pages, path):
    answer = await pages.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "private, no-cache")
    assert "We could not find that page" in answer.text
    assert 'content="noindex"' in answer.text
    assert "<script>boot()</script>" in answer.text  # the app still starts, with its menus


async def test_private_pages_ask_not_to_be_indexed(pages):
    for path in ("/login", "/orders", "/orders/12"):
        answer = await pages.get(path)
        assert (answer.status_code, answer.headers["x-robots-tag"]) == (200, "noindex")
    assert "x-robots-tag" not in (await pages.get("/")).headers


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/assets/root-UvaU9Dkr.js", "public, max-age=31536000, immutable"),
        ("/assets/reflex-env-BVGF6eGS.js", "no-cache"),
        ("/products/phone.svg", "public, max-age=86400, stale-while-revalidate=604800"),
        ("/css/tokens.css", "public, max-age=3600"),
    ],
)
async def test_files_say_how_long_they_may_be_kept(pages, path, kept):
    answer = await pages.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, kept)
    again = await pages.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, kept)


async def test_a_page_that_has_not_changed_is_a_304_that_is_asked_for_again_too(pages):
    first = await pages.get("/login")
    again = await pages.get("/login", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "private, no-cache")


async def test_compressed_twins_are_served_to_who_takes_them(pages):
    packed = await pages.get("/assets/root-UvaU9Dkr.js", headers={"accept-encoding": "gzip"})
    plain = await pages.get("/assets/root-UvaU9Dkr.js", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "Accept-Encoding" in plain.headers["vary"]


async def test_a_harmless_request_id_is_kept_and_any_other_replaced(pages):
    kept = await pages.get("/", headers={"x-request-id": "trace-0123456789"})
    assert kept.headers["x-request-id"] == "trace-0123456789"
    assert (await pages.get("/", headers={"x-request-id": "7"})).headers["x-request-id"] == "7"
    for forged in ("", "x" * 65, "has space in it", "new\tline-12345", "<script>alert(1)"):
        answer = await pages.get("/", headers={"x-request-id": forged})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_a_page_that_breaks_says_so_with_its_request_id_and_no_traceback(
    build, client_of: Callable[[ASGIApp], httpx.AsyncClient], capsys
):
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("password=hunter2")

    async with client_of(RequestIds(page_door(build, first_storefront)(broken))) as client:
        answer = await client.get("/login", headers={"x-request-id": "trace-0123456789"})
    assert answer.status_code == 500
    assert "trace-0123456789" in answer.text
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    for content in inline(answer.text, "style"):
        assert digest(content) in answer.headers["content-security-policy"]
    assert "page_failed" in capsys.readouterr().out


async def test_without_a_build_pages_are_still_found_missing_in_words(
    tmp_path, client_of: Callable[[ASGIApp], httpx.AsyncClient], reflex_app
):
    async with client_of(page_door(tmp_path / "none", first_storefront)(reflex_app)) as client:
        answer = await client.get("/nope")
    assert answer.status_code == 404
    assert "We could not find that page" in answer.text


async def test_every_answer_tells_browsers_what_to_refuse(pages):
    for path in ("/", "/login", "/nope", "/products/phone.svg", "/login/"):
        headers = (await pages.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert "camera=()" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers


async def test_a_shop_that_is_reached_over_https_is_from_then_on_only_so(pages, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://shop.example.com")
    get_settings.cache_clear()
    headers = (await pages.get("/")).headers
    get_settings.cache_clear()
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("path", ["/", "/?q=camera", "/nope", "/orders/12", "/login"])
async def test_what_runs_inline_in_a_page_is_named_in_its_policy(pages, path):
    page = await pages.get(path)
    policy = page.headers["content-security-policy"]
    for tag in ("script", "style"):
        for content in inline(page.text, tag):
            assert digest(content) in policy, content
    again = await pages.get(path, headers={"if-none-match": page.headers.get("etag", "-")})
    assert again.headers["content-security-policy"] == policy


async def test_what_is_no_page_may_do_nothing(pages):
    for path in ("/products/phone.svg", "/css/tokens.css", "/assets/root-UvaU9Dkr.js"):
        assert (await pages.get(path)).headers["content-security-policy"] == NOTHING


async def test_a_header_that_an_answer_sets_itself_stays(client_of):
    async def strict(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {"content-security-policy": "default-src 'none'"}
        await PlainTextResponse("", headers=headers)(scope, receive, send)

    async with client_of(SecurityHeaders(strict)) as client:
        answer = await client.get("/")
    assert answer.headers["content-security-policy"] == "default-src 'none'"


FORGED = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "8443",
    "forwarded": "for=192.0.2.1;host=evil.example;proto=https",
}


@pytest.mark.parametrize("hops", ["0", "1"])
async def test_what_a_proxy_may_say_of_host_and_scheme_is_never_believed(pages, monkeypatch, hops):
    monkeypatch.setenv("TRUSTED_PROXY_HOPS", hops)
    get_settings.cache_clear()
    plain, forged = await pages.get("/"), await pages.get("/", headers=FORGED)
    redirect = await pages.get("/login/", headers=FORGED)
    get_settings.cache_clear()
    assert forged.text == plain.text
    assert "evil.example" not in forged.text
    assert "strict-transport-security" not in forged.headers
    assert redirect.headers["location"] == "/login"
