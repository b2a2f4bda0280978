"""What is everybody's is compressed, and what is one person's never."""

import httpx
import pytest
from starlette.responses import PlainTextResponse

from cloudscale.api.compression import Compression

LONG = "words " * 1000


async def asked(path: str, text: str = LONG, encodings: str = "gzip") -> httpx.Response:
    transport = httpx.ASGITransport(Compression(PlainTextResponse(text)))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        return await client.get(path, headers={"accept-encoding": encodings})


@pytest.mark.parametrize(
    "path", ["/api/products", "/api/products/7", "/docs-assets/swagger-ui.css", "/openapi.json"]
)
async def test_what_is_everybodys_is_compressed_for_who_takes_it(path: str):
    packed, plain = await asked(path), await asked(path, encodings="identity")
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", LONG)
    assert "content-encoding" not in plain.headers
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in (await asked(path, "short")).headers


@pytest.mark.parametrize("path", ["/api/me", "/api/cart", "/api/orders", "/api/tokens", "/metrics"])
async def test_what_may_hold_a_secret_is_not(path: str):
    assert "content-encoding" not in (await asked(path)).headers
