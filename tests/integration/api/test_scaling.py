"""Uploading a trace: what is kept, and what is refused in words before anything is."""

import pytest

from cloudscale.api.guards import MAX_CSV_BYTES
from cloudscale.db import reading, unit_of_work
from cloudscale.models import Role
from cloudscale.services import access_tokens, scaling_traces
from tests import shop

URL = "/api/scaling/traces"
CSV = {"content-type": "text/csv"}
GAP = "0,5\n60,5\n120,5\n300,5\n360,5\n"


@pytest.fixture
def ops(program, module_database: str):
    """A program of somebody of ops."""
    with unit_of_work() as session:
        someone = shop.member(session, Role.OPS)
        token, _ = access_tokens.create(session, someone, "planner", ["staff"])
    return program(token)


async def send(client, body: bytes | str, *, url: str = URL, **params):
    return await client.post(url, content=body, headers=CSV, params=params)


async def faults(client, body: bytes | str, **params) -> str:
    answer = await send(client, body, **params)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == "trace"
    return error["message"]


async def test_a_trace_is_kept_as_it_was_sent(ops):
    counts = ("310", "322", "2.5")
    rows = [f"2026-11-26T12:0{minute}:00Z,{count}" for minute, count in enumerate(counts)]
    body = "\n".join(["time,requests", *rows])
    answer = await send(ops, body, name="friday.csv")
    assert answer.status_code == 201, answer.text
    kept = answer.json()
    with reading() as session:
        _view, requests = scaling_traces.find(session, kept.pop("id"))
    assert list(requests) == [310, 322, 2.5]
    assert kept == {
        "name": "friday.csv", "stepSeconds": 60, "steps": 3, "filledSteps": 0,
        "beganAt": "2026-11-26T12:00:00Z",
    }  # fmt: skip


async def test_gaps_are_refused_with_the_line_and_filled_when_asked(ops):
    assert "Line 4 comes after a gap: 2 steps of 60 s lack above it" in await faults(ops, GAP)
    answer = await send(ops, GAP, fillGaps=True)
    assert (answer.json()["steps"], answer.json()["filledSteps"]) == (7, 2)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "It has 0 rows; 3 are the least."),
        ("time,requests\n", "It has 0 rows"),
        ("0,1\n120,2\n60,3\n", "Line 3 comes before"),
        ("0,1\n60,-2\n120,3\n", "Line 2 has -2 requests"),
        ("0,1\n60,many\n120,3\n", "Line 2 has no number of requests in “many”"),
        ("0,1\n60,nan\n120,3\n", "Line 2 has no number"),
        ("0,1\nsoon,2\n120,3\n", "Line 2 has no time in “soon”"),
        ("<html>\n<body>\n", "fewer than two columns"),
        (b"\xff\xfe\x00", "It is no text in UTF-8"),
        (b"0,1\n\x00,2\n", "is this a CSV?"),
        ("x" * 5_000, "is longer than 1000 characters"),
        ("9e15,1\n9.000000001e15,2\n9.000000002e15,3\n", "steps are 1e+06 s long"),
        ("1e15,1\n1000000000000060,2\n1000000000000120,3\n", "not of any year"),
    ],
)
async def test_what_is_no_trace_is_refused_in_words(ops, body, words):
    assert words in await faults(ops, body)


async def test_eight_megabytes_are_taken_and_more_are_not(ops):
    row = "{},1234567.123456789012345678901234567890123456789012345678901234567890\n"
    lines, size, at = [], 0, 0
    while size + 90 < MAX_CSV_BYTES:
        lines.append(row.format(at))
        size, at = size + len(lines[-1]), at + 60
    body = "".join(lines)
    assert (await send(ops, body)).status_code == 201
    answer = await send(ops, body + "\n" * (MAX_CSV_BYTES - size + 1))
    assert (answer.status_code, answer.json()["message"]) == (
        413,
        "The request is too large: 8 MB are the most.",
    )


@pytest.mark.parametrize("url", ["/api/cart", "/api/login", f"{URL}/", f"{URL}/1", "/api/orders"])
async def test_no_other_operation_takes_a_csv_or_so_much(ops, url):
    assert (await send(ops, "a,b\n1,2\n", url=url)).status_code in (404, 415)
    assert (await send(ops, "x" * 70_000, url=url)).status_code == 413


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
async def test_a_body_that_is_called_anything_else_has_no_eight_megabytes(ops, kind):
    answer = await ops.post(URL, content=b"0,1\n" * 20_000, headers={"content-type": kind})
    assert answer.status_code == 413


async def test_who_may_not_upload_is_told_before_anything_is_read(program, module_database):
    with unit_of_work() as session:
        token, _ = access_tokens.create(session, shop.member(session), "till", ["shop"])
    assert (await send(program(token), "no csv at all")).status_code == 403
    assert (await send(program(""), "no csv at all")).status_code == 401


async def test_a_long_name_is_refused(ops):
    assert (await send(ops, GAP, name="x" * 81)).status_code == 422
