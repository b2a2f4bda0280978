"""Requests are named by kind and template, so that names stay few."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from cloudscale.api.request_names import name_of
from cloudscale.ops.telemetry.requests import RequestTiming
from cloudscale.ops.telemetry.serving import Kind, Serving


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/", (Kind.PAGE, "/")),
        ("/product/17", (Kind.PAGE, "/product/[product_id]")),
        ("/orders", (Kind.PAGE, "/orders")),
        ("/orders/17", (Kind.PAGE, "/orders/[order_id]")),
        ("/ops/", (Kind.PAGE, "/ops")),
        ("/assets/index-abc.js", (Kind.FILE, "files")),
        ("/products/phone.svg", (Kind.FILE, "files")),
        ("/sitemap.xml", (Kind.FILE, "files")),
        ("/robots.txt", (Kind.FILE, "files")),
        ("/og/store.png", (Kind.FILE, "files")),
        ("/og/product/17.png", (Kind.FILE, "files")),
        ("/health", (Kind.PROBE, "/health")),
        ("/health/ready", (Kind.PROBE, "/health/ready")),
        ("/ping", (Kind.PROBE, "/ping")),
        ("/metrics", (Kind.PROBE, "/metrics")),
        ("/no/such/page", (Kind.PAGE, "(unknown)")),
        ("/productive", (Kind.PAGE, "(unknown)")),
        ("/_event", None),
        ("/_event/", None),
    ],
)
def test_a_path_becomes_a_template(path: str, named: tuple[Kind, str] | None):
    assert name_of({"path": path, "method": "GET"}) == named


def test_an_api_call_is_named_by_the_route_that_answered_it():
    api, serving = FastAPI(), Serving()

    @api.put("/api/cart/{line_id}")
    def change(line_id: int) -> int:
        return line_id

    with TestClient(RequestTiming(api, serving, name_of)) as client:
        client.put("/api/cart/17")
        client.put("/api/cart/18")
        client.get("/api/no-such-thing/18")
    counts = {name: tally.durations.count for name, tally in serving.by_name.items()}
    assert counts == {(Kind.API, "PUT /api/cart/{line_id}"): 2, (Kind.API, "GET (unknown)"): 1}
