"""Registering, signing in and out over HTTP, as a browser or a program does it."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import structlog
from fastapi import APIRouter, Request, Response
from sqlalchemy import text
from sqlmodel import select
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Mount, Route

from cloudscale import db
from cloudscale.api import create_api
from cloudscale.api.cookies import VisitCookie, acting
from cloudscale.api.request_ids import RequestIds
from cloudscale.db import in_transaction, unit_of_work
from cloudscale.models import User, Visit, utc_now
from cloudscale.services import accounts, cart, passwords, sessions
from cloudscale.services.identity import Client
from tests import shop

ORIGIN = "http://localhost:8000"
PASSWORD = "brown-horse staple"
ANN = {"username": "ann", "email": "ann@example.com", "password": PASSWORD}
LOGIN = {"email": "ann@example.com", "password": PASSWORD}
Browse = Callable[..., httpx.AsyncClient]


async def page(request):
    """Stands in for the built front end."""
    return HTMLResponse("<!DOCTYPE html><title>store</title>")


async def unchanged(request):
    """A page that the browser has already."""
    return Response(status_code=304)


async def picture(request):
    return PlainTextResponse("<svg/>", media_type="image/svg+xml")


more = APIRouter(prefix="/api")


@more.get("/items")
async def items(request: Request, response: Response) -> int:
    """Stands in for whatever else acts for a shopper."""
    return await acting(
        request, response, in_transaction, lambda s, who: cart.view(s, who).item_count
    )


@more.get("/broken")
async def broken() -> None:
    raise RuntimeError(f"secret {PASSWORD}")


def whole_app():
    """The doors as `create_doors` stacks them: pages under the API, request ids outside."""
    pages = [Route("/", page), Route("/unchanged", unchanged), Route("/a.svg", picture)]
    api = create_api(more)
    api.mount("", VisitCookie(Starlette(routes=[Mount("/", routes=pages)])))
    return RequestIds(api)


@pytest.fixture
def empty_store(module_database: str) -> None:
    """Nobody is known yet; making a database for each test would take longer than the tests."""
    with unit_of_work() as session:
        tables = "user_account, visit, sign_in_failure, category"
        session.connection().execute(text(f"TRUNCATE {tables} CASCADE"))


@pytest.fixture
async def browse(empty_store: None) -> AsyncIterator[Browse]:
    """Opens browsers, each with a cookie jar of its own."""
    opened: list[httpx.AsyncClient] = []
    app = whole_app()

    def open_(**headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 4711))
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)
        opened.append(client)
        return client

    yield open_
    for client in opened:
        await client.aclose()


@pytest.fixture
async def browser(browse: Browse) -> httpx.AsyncClient:
    return browse(origin=ORIGIN)


def set_cookies(answer: httpx.Response) -> dict[str, str]:
    """The Set-Cookie headers of an answer by the cookie's name."""
    return {header.partition("=")[0]: header for header in answer.headers.get_list("set-cookie")}


def attributes(cookie: str) -> set[str]:
    return {part.strip() for part in cookie.split(";")[1:]}


@asynccontextmanager
async def logs():
    with structlog.testing.capture_logs() as captured:
        yield captured


async def test_the_first_page_brings_a_guest_cookie_and_no_row(browser):
    answer = await browser.get("/")
    cookie = set_cookies(answer)["cs_session"]
    token = cookie.partition(";")[0].partition("=")[2]
    assert sessions.is_genuine(token)
    expected = {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={30 * 24 * 3600}"}
    assert attributes(cookie) == expected
    with unit_of_work() as session:
        assert session.exec(select(Visit)).all() == []


async def test_a_page_leaves_a_cookie_that_works_alone(browser):
    await browser.get("/")
    for path in ("/", "/unchanged"):
        answer = await browser.get(path, headers={"accept": "text/html"})
        assert "set-cookie" not in answer.headers


async def test_a_304_of_a_page_brings_the_cookie_too(browser):
    answer = await browser.get("/unchanged", headers={"accept": "text/html,*/*"})
    assert "cs_session" in set_cookies(answer)


@pytest.mark.parametrize("path", ["/", "/unchanged", "/api/cart"])
async def test_a_cookie_that_works_lasts_its_full_time_again_once_a_day(browser, path):
    await browser.get("/")
    token = browser.cookies["cs_session"]
    browser.cookies.delete("cs_renewed")  # as after a day
    answer = await browser.get(path, headers={"accept": "text/html"})
    cookies = set_cookies(answer)
    assert cookies["cs_session"].startswith(f"cs_session={token};")
    assert f"Max-Age={30 * 24 * 3600}" in attributes(cookies["cs_session"])
    assert {f"Max-Age={24 * 3600}", "HttpOnly"} <= attributes(cookies["cs_renewed"])
    again = await browser.get(path, headers={"accept": "text/html"})
    assert "set-cookie" not in again.headers


async def test_pictures_set_no_cookie(browser):
    for path in ("/a.svg", "/unchanged"):
        answer = await browser.get(path, headers={"accept": "image/*"})
        assert "set-cookie" not in answer.headers


async def test_over_https_the_cookie_is_bound_to_this_host(browse, set_settings):
    set_settings(PUBLIC_URL="https://shop.example.com")
    browser = browse(origin="https://shop.example.com")
    cookie = set_cookies(await browser.get("/"))["__Host-cs_session"]
    assert {"Secure", "HttpOnly", "Path=/"} <= attributes(cookie)
    assert not any(part.startswith("Domain") for part in attributes(cookie))
    signed_in = set_cookies(await browser.post("/api/register", json=ANN))
    assert {"Secure", "HttpOnly"} <= attributes(signed_in["__Host-cs_session"])
    assert "Secure" in attributes(signed_in["auth_v"])


@pytest.mark.parametrize("value", ["forged", "a" * 87, "x" * 43 + "." + "y" * 43, "'--", ""])
async def test_a_forged_cookie_is_replaced_with_the_next_page(browser, value):
    answer = await browser.get("/", headers={"cookie": f"cs_session={value}"})
    assert "cs_session" in set_cookies(answer)


async def test_registering_answers_the_user_and_signs_in(browser):
    await browser.get("/")
    guest = browser.cookies["cs_session"]
    given = {**ANN, "firstName": "Ann", "lastName": "O'Hara <b>", "phone": "+49 30 1234"}
    answer = await browser.post("/api/register", json=given)
    assert answer.status_code == 201
    user = answer.json()
    assert user == {
        "id": user["id"],
        "username": "ann",
        "email": "ann@example.com",
        "firstName": "Ann",
        "lastName": "O'Hara <b>",
    }
    assert browser.cookies["cs_session"] != guest
    assert (await browser.get("/api/me")).json() == user
    cookies = set_cookies(answer)
    assert "HttpOnly" in attributes(cookies["cs_session"])
    assert "HttpOnly" not in attributes(cookies["auth_v"])
    assert answer.headers["cache-control"] == "no-store"


async def test_snake_case_is_understood_too(browser):
    answer = await browser.post("/api/register", json={**ANN, "first_name": "Ann"})
    assert answer.json()["firstName"] == "Ann"


async def test_registering_brings_the_guests_cart_along(browser):
    await browser.get("/")
    with unit_of_work() as session:
        product = shop.product(session)
        token = browser.cookies["cs_session"]
        sessions.acting(session, token, Client(), cart.add, product, 3)
    await browser.post("/api/register", json=ANN)
    assert (await browser.get("/api/items")).json() == 3


async def test_signing_out_and_in_again(browser):
    await browser.post("/api/register", json=ANN)
    member = browser.cookies["cs_session"]
    assert (await browser.post("/api/logout")).status_code == 200
    assert sessions.is_genuine(browser.cookies["cs_session"])
    assert browser.cookies["cs_session"] != member
    assert (await browser.get("/api/me")).status_code == 401
    assert (await browser.post("/api/login", json=LOGIN)).status_code == 200
    assert (await browser.get("/api/me")).json()["username"] == "ann"
    assert browser.cookies["cs_session"] != member


async def test_each_sign_in_and_out_changes_what_other_tabs_watch(browser):
    seen = []
    for path, body in [("register", ANN), ("logout", None), ("login", LOGIN)]:
        await browser.post(f"/api/{path}", json=body)
        seen.append(browser.cookies["auth_v"])
    assert len(set(seen)) == 3


async def test_a_replayed_token_is_worth_nothing_after_signing_out(browser, browse):
    await browser.post("/api/register", json=ANN)
    stolen = {"cookie": f"cs_session={browser.cookies['cs_session']}"}
    await browser.post("/api/logout")
    thief = browse()
    answer = await thief.get("/api/me", headers=stolen)
    assert answer.status_code == 401
    answer = await thief.get("/api/items", headers=stolen)
    assert (answer.status_code, answer.json()) == (200, 0)
    assert set_cookies(answer).keys() == {"cs_session", "cs_renewed", "auth_v"}
    assert "cs_session" in set_cookies(await thief.get("/", headers=stolen))
    assert (await thief.post("/api/logout", headers=stolen)).status_code == 200


async def test_a_session_that_ran_out_becomes_a_guests(browser):
    await browser.post("/api/register", json=ANN)
    with unit_of_work() as session:
        visit = session.exec(select(Visit)).one()
        visit.last_active_at = utc_now() - sessions.IDLE_LIMIT
    expired = browser.cookies["cs_session"]
    assert (await browser.get("/api/me")).status_code == 401
    assert (await browser.get("/")).status_code == 200
    assert browser.cookies["cs_session"] != expired
    assert (await browser.get("/api/me")).status_code == 401


async def test_signing_out_as_a_guest_keeps_the_cookie(browser):
    await browser.get("/")
    guest = browser.cookies["cs_session"]
    await browser.post("/api/logout")
    assert browser.cookies["cs_session"] == guest


async def test_who_has_no_cookie_is_not_signed_in_and_leaves_no_row(browser):
    answer = await browser.get("/api/me")
    assert (answer.status_code, answer.json()) == (401, {"message": "Please sign in first."})
    with unit_of_work() as session:
        assert session.exec(select(Visit)).all() == []


async def test_a_program_gets_its_guest_cookie_from_the_first_call(browser):
    answer = await browser.get("/api/items")
    assert set_cookies(answer).keys() == {"cs_session", "cs_renewed"}
    again = await browser.get("/api/items")
    assert "set-cookie" not in again.headers


async def test_details_are_changed_by_patch(browser):
    await browser.post("/api/register", json=ANN)
    answer = await browser.patch("/api/me", json={"firstName": "Änne"})
    assert answer.json()["firstName"] == "Änne"
    answer = await browser.patch("/api/me", json={"username": "no spaces"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "username")


async def test_every_field_at_fault_is_named_at_once(browser):
    given = {"username": "a b", "email": "nowhere", "password": "short", "phone": "call me"}
    answer = await browser.post("/api/register", json=given)
    assert answer.status_code == 422
    named = {error["field"] for error in answer.json()["errors"]}
    assert named == {"username", "email", "password", "phone"}


async def test_a_taken_email_is_told_beside_its_field(browser):
    await browser.post("/api/register", json=ANN)
    answer = await browser.post("/api/register", json={**ANN, "username": "other"})
    assert answer.status_code == 409
    assert [error["field"] for error in answer.json()["errors"]] == ["email"]


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        (b"", 422, None),
        (b"{", 400, None),
        (b"\xff\xfe", 400, None),
        (b"[" * 50_000, 400, None),
        (b"[]", 422, None),
        (b'"text"', 422, None),
        (b"null", 422, None),
        (b"{}", 422, {"email", "password"}),
        (b'{"email": 7, "password": ["x"]}', 422, {"email", "password"}),
        (b'{"email": null, "password": {}}', 422, {"email", "password"}),
        (b'{"email": "a@example.com"}', 422, {"password"}),
        (b'{"email": "a@example.com", "password": ""}', 422, {"password"}),
        (b'{"email": "\\ud800@example.com", "password": "x"}', 422, {"email"}),
        (b'{"email": "a\\u0000@example.com", "password": "x"}', 422, {"email"}),
        (b'{"email": "a@example.com", "password": "\\ud800\\u0000"}', 401, None),
        (b'{"email": "%s", "password": "x"}' % (b"a" * 60_000), 422, {"email"}),
        (b'{"email": "a@example.com", "password": "%s"}' % (b"a" * 60_000), 401, None),
    ],
)
async def test_bad_bodies_are_refused_in_words(browser, body, status, fields):
    headers = {"content-type": "application/json"}
    answer = await browser.post("/api/login", content=body, headers=headers)
    assert answer.status_code == status
    told = answer.json()
    assert told["message"]
    assert {error["field"] for error in told.get("errors", [])} == (fields or set())


@pytest.mark.parametrize("size", [64 * 1024 + 1, 2_000_000])
@pytest.mark.parametrize("is_declared", [True, False])
async def test_a_body_of_over_64_kb_is_refused_in_words(browser, size, is_declared):
    async def chunks():
        yield b" " * (size - 1)
        yield b" "

    content = b" " * size if is_declared else chunks()
    answer = await browser.post("/api/login", content=content)
    assert answer.status_code == 413
    assert "64 kB" in answer.json()["message"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9999", ""])
@pytest.mark.parametrize("path", ["/api/login", "/api/logout", "/api/register", "/api/unknown"])
async def test_a_foreign_origin_changes_nothing(browse, origin, path):
    browser = browse(origin=ORIGIN)
    await browser.post("/api/register", json=ANN)
    answer = await browser.post(path, json=LOGIN, headers={"origin": origin})
    assert answer.status_code == 403
    assert "another site" in answer.json()["message"]
    assert "set-cookie" not in answer.headers
    assert (await browser.get("/api/me")).status_code == 200


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://127.0.0.1:8000"])
async def test_the_stores_own_origins_may_sign_in(browse, origin):
    browser = browse(origin=origin)
    assert (await browser.post("/api/register", json=ANN)).status_code == 201


async def test_without_an_origin_only_what_no_page_of_another_site_sends_passes(browse):
    program = browse()
    assert (await program.post("/api/register", json=ANN)).status_code == 201
    for site, status in [("cross-site", 403), ("same-site", 403), ("same-origin", 200)]:
        answer = await program.post("/api/login", json=LOGIN, headers={"sec-fetch-site": site})
        assert answer.status_code == status


async def test_a_form_of_another_site_cannot_pass_for_json(browser):
    data = '{"email": "ann@example.com", "password": "x", "z": "='
    headers = {"content-type": "text/plain"}
    answer = await browser.post("/api/login", content=data, headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/nothing", 404),
        ("POST", "/api/nothing", 404),
        ("DELETE", "/api/a/b/c", 404),
        ("GET", "/api/login", 405),
        ("PUT", "/api/me", 405),
        ("DELETE", "/api/register", 405),
    ],
)
async def test_unknown_addresses_and_methods_answer_json(browser, method, path, status):
    answer = await browser.request(method, path)
    assert answer.status_code == status
    assert answer.json()["message"]
    if status == 405:
        assert answer.headers["allow"]


async def test_a_wrong_password_and_an_unknown_email_get_the_same_answer(browser):
    await browser.post("/api/register", json=ANN)
    wrong = {"email": "ann@example.com", "password": "wrong"}
    unknown = {"email": "nobody@example.com", "password": PASSWORD}
    answers = [await browser.post("/api/login", json=given) for given in (wrong, unknown)]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


async def test_a_guesser_is_told_how_long_to_wait(browser, browse):
    await browser.post("/api/register", json=ANN)
    wrong = {"email": "bob@example.com", "password": "wrong"}
    statuses = [(await browser.post("/api/login", json=wrong)).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    answer = await browser.post("/api/login", json=wrong)
    assert int(answer.headers["retry-after"]) >= 1
    assert "wait" in answer.json()["message"]
    assert (await browser.post("/api/login", json=LOGIN)).status_code == 200


async def test_a_guesser_who_must_wait_never_reaches_the_hashing_pool(browser, monkeypatch):
    wrong = {"email": "bob@example.com", "password": "wrong"}
    for _ in range(5):
        await browser.post("/api/login", json=wrong)
    monkeypatch.setattr(passwords.bcrypt, "checkpw", None)  # would raise
    assert (await browser.post("/api/login", json=wrong)).status_code == 429


async def test_accounts_by_the_dozen_must_wait_and_never_reach_the_hashing_pool(
    browse, monkeypatch
):
    moment = utc_now()  # the first wait is a second, which so many hashes may take
    monkeypatch.setattr(accounts, "utc_now", lambda: moment)

    async def register(number: int) -> httpx.Response:
        given = {**ANN, "username": f"ann{number}", "email": f"ann{number}@example.com"}
        return await browse(origin=ORIGIN).post("/api/register", json=given)

    answers = await asyncio.gather(*map(register, range(22)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 20, 429: 2}
    monkeypatch.setattr(passwords.bcrypt, "hashpw", None)  # would raise
    refused = await register(99)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1


async def test_asking_who_has_an_account_is_counted_and_costs_no_hash(browser, monkeypatch):
    await browser.post("/api/register", json=ANN)
    monkeypatch.setattr(passwords.bcrypt, "hashpw", None)  # would raise
    asked = {**ANN, "username": "other"}
    statuses = [(await browser.post("/api/register", json=asked)).status_code for _ in range(20)]
    assert statuses == [409] * 19 + [429]


async def test_a_registration_with_a_typo_is_not_counted(browser):
    for _ in range(22):
        answer = await browser.post("/api/register", json={**ANN, "password": "short"})
        assert answer.status_code == 422
    assert (await browser.post("/api/register", json=ANN)).status_code == 201


@pytest.mark.parametrize("hops", ["0", "1"])
async def test_inventing_addresses_does_not_help_a_guesser(browse, set_settings, hops):
    set_settings(TRUSTED_PROXY_HOPS=hops)
    browser, seen = browse(origin=ORIGIN), set()
    for number in range(3):
        forwarded = f"198.51.100.{number}" + (", 192.0.2.7" if hops == "1" else "")
        given = {**ANN, "username": f"ann{number}", "email": f"ann{number}@example.com"}
        await browser.post("/api/register", json=given, headers={"x-forwarded-for": forwarded})
    with unit_of_work() as session:
        seen = set(session.exec(select(Visit.ip)).all())
    assert seen == ({"203.0.113.9"} if hops == "0" else {"192.0.2.7"})


async def test_what_nobody_foresaw_is_logged_and_answered_without_its_inside(browser):
    async with logs() as captured:
        answer = await browser.get("/api/broken")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.json()["message"]
    assert PASSWORD not in answer.text
    assert "Traceback" not in answer.text
    [entry] = captured
    assert (entry["event"], entry["error"]) == ("api_failed", "RuntimeError")
    assert "in broken" in entry["places"]


async def test_without_a_database_the_answer_says_so_and_pages_keep_their_cookie(
    browser, set_settings
):
    await browser.get("/")
    db.get_engine().dispose()
    db.get_engine.cache_clear()
    set_settings(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    async with logs() as captured:
        answer = await browser.post("/api/login", json=LOGIN)
        seen = await browser.get("/")
    db.get_engine.cache_clear()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["message"]
    assert seen.status_code == 200
    assert "set-cookie" not in seen.headers
    assert {entry["event"] for entry in captured} == {"api_without_database", "cookie_not_checked"}


async def test_no_secret_reaches_the_log(browser, caplog, capsys):
    caplog.set_level(0)
    async with logs() as captured:
        await browser.post("/api/register", json=ANN)
        token = browser.cookies["cs_session"]
        await browser.post("/api/login", json={**LOGIN, "password": "wrong " + PASSWORD})
        await browser.post("/api/login", json=LOGIN | {"password": 7, "email": PASSWORD})
        await browser.get("/api/broken")
    printed = capsys.readouterr()
    everything = f"{captured}{printed.out}{printed.err}{caplog.text}"
    assert "api_failed" in everything
    assert PASSWORD not in everything
    assert token not in everything


async def test_registering_one_email_many_times_at_once_makes_one_account(browse):
    async def register(number: int) -> int:
        given = {**ANN, "username": f"ann{number}"}
        return (await browse(origin=ORIGIN).post("/api/register", json=given)).status_code

    statuses = await asyncio.gather(*[register(number) for number in range(8)])
    assert sorted(statuses) == [201] + [409] * 7
    with unit_of_work() as session:
        assert len(session.exec(select(User)).all()) == 1


async def test_fifty_sign_ins_at_once_hash_two_at_a_time_and_the_loop_still_answers(
    browse, monkeypatch
):
    await browse(origin=ORIGIN).post("/api/register", json=ANN)
    check, lock, may_finish = passwords.bcrypt.checkpw, threading.Lock(), threading.Event()
    hashing, most = set(), 0

    def slow(given: bytes, kept: bytes) -> bool:
        nonlocal most
        with lock:
            hashing.add(threading.get_ident())
            most = max(most, len(hashing))
        assert may_finish.wait(30)
        with lock:
            hashing.discard(threading.get_ident())
        return check(given, kept)

    monkeypatch.setattr(passwords.bcrypt, "checkpw", slow)
    browser = browse(origin=ORIGIN)
    rush = [asyncio.create_task(browser.post("/api/login", json=LOGIN)) for _ in range(50)]
    health = await browser.get("/health")  # answered while every hashing thread is held
    assert health.json() == {"status": "ok"}
    assert not any(task.done() for task in rush)
    may_finish.set()
    answers = await asyncio.gather(*rush)
    assert {answer.status_code for answer in answers} == {200}
    assert most <= db.HASHING_THREADS


async def test_more_sign_ins_than_can_wait_are_refused_kindly(browse, monkeypatch):
    await browse(origin=ORIGIN).post("/api/register", json=ANN)
    monkeypatch.setattr(db, "HASHING_QUEUE_LIMIT", 0)
    answer = await browse(origin=ORIGIN).post("/api/login", json=LOGIN)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "busy" in answer.json()["message"]
