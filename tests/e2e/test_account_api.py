"""Accounts over real HTTP: what a program meets at the served store."""

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.store_process import StoreProcess

PASSWORD = "a brown horse, served"


@pytest.fixture
def program(store: StoreProcess) -> Iterator[httpx.Client]:
    """A program with a cookie jar, on the store's own origin."""
    with httpx.Client(base_url=store.url, headers={"origin": store.url}, timeout=30) as client:
        yield client


def test_the_first_page_brings_a_guests_cookie(program: httpx.Client):
    answer = program.get("/", headers={"accept": "text/html"})
    assert answer.status_code == 200
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith("cs_session=")]
    assert "HttpOnly" in cookie
    again = program.get("/", headers={"accept": "text/html"})
    assert "set-cookie" not in again.headers


def test_files_of_the_build_bring_no_cookie(program: httpx.Client):
    for path in ("/favicon.svg", "/robots.txt", "/sitemap.xml", "/health"):
        assert "set-cookie" not in program.get(path).headers


def test_an_account_from_registering_to_signing_out(program: httpx.Client):
    form = {"username": "program", "email": "program@example.com", "password": PASSWORD}
    assert program.post("/api/register", json=form).status_code == 201
    assert program.get("/api/me").json()["username"] == "program"
    assert program.post("/api/logout").status_code == 200
    assert program.get("/api/me").status_code == 401
    form.pop("username")
    assert program.post("/api/login", json=form).json()["email"] == "program@example.com"


def test_a_message_of_2_mb_gets_a_clear_answer(program: httpx.Client):
    answer = program.post("/api/login", json={"email": "x" * 2_000_000, "password": "x"})
    assert answer.status_code == 413
    assert "64 kB" in answer.json()["message"]


def test_a_foreign_origin_is_refused(program: httpx.Client):
    answer = program.post("/api/logout", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api", 404), ("GET", "/api/nothing", 404), ("GET", "/api/login", 405)],
)
def test_everything_under_api_answers_json(
    program: httpx.Client, method: str, path: str, status: int
):
    answer = program.request(method, path)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_head_is_answered_by_the_server_as_it_is(program: httpx.Client):
    for path in ("/health", "/health/ready", "/docs", "/api/products", "/"):
        head = program.head(path)
        assert (head.status_code, head.content) == (200, b""), path
