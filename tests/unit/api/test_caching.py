"""What need not be sent twice: ETags compared as RFC 9110 says."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from cloudscale.api.caching import conditional


def asked(known: str) -> Request:
    headers = [(b"if-none-match", known.encode())] if known else []
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


@pytest.mark.parametrize("known", ['"a.b"', 'W/"a.b"', '"x", W/"a.b"', "*"])
def test_what_is_known_is_not_sent_again_however_the_tag_was_weakened(known: str):
    answer = conditional(asked(known), Response("body"), '"a.b"')
    assert (answer.status_code, answer.body, answer.headers["etag"]) == (304, b"", '"a.b"')


@pytest.mark.parametrize("known", ["", "a.b", '"a.c"', 'W/"a"', '"W/a.b"'])
def test_what_is_not_known_is_sent(known: str):
    answer = conditional(asked(known), Response("body"), '"a.b"')
    assert (answer.status_code, answer.body) == (200, b"body")


def test_without_a_tag_of_its_own_an_answer_has_one_of_its_body():
    first, other = (conditional(asked(""), Response(body)) for body in ("one", "two"))
    assert first.headers["etag"] != other.headers["etag"]
    assert conditional(asked(first.headers["etag"]), Response("one")).status_code == 304
    assert conditional(asked(first.headers["etag"]), Response("one", 404)).status_code == 404
