"""`serve` on a PostgreSQL that is not ours: from an empty database to an order, and back."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
from sqlalchemy import create_engine

from cloudscale import db, schema
from cloudscale.embedded_postgres import EmbeddedPostgres
from cloudscale.settings import ROOT
from tests.e2e.store_process import StoreProcess

ADA = {"username": "ada", "email": "ada@example.com", "password": "a long sentence"}
HOME = {"street": "12 Marigold Lane", "city": "Pune", "zipCode": "411001", "country": "India"}


@contextmanager
def server(programs: Path | None = None) -> Iterator[str]:
    """The URL of a database on a server of its own, which no command of ours runs."""
    with database(programs) as (_, url):
        yield url


@contextmanager
def database(programs: Path | None = None) -> Iterator[tuple[EmbeddedPostgres, str]]:
    """The same, and the server, which a test may stop and start again."""
    with tempfile.TemporaryDirectory(prefix="cloudscale-test-") as folder:
        running = EmbeddedPostgres(Path(folder) / "theirs", is_durable=False, programs=programs)
        url = running.start()
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("CREATE ROLE keeper LOGIN PASSWORD 'hidden'")
            admin.execute("CREATE DATABASE shop OWNER keeper")
        yield running, url.replace("postgres@/postgres", "keeper:hidden@/shop")
        running.stop()


def sell_from(url: str) -> None:
    """Serve a store from an empty database, place and cancel an order, and stop.

    Raises:
        AssertionError: Something did not go as it should.
    """
    subprocess.run([sys.executable, "-m", "cloudscale", "build"], cwd=ROOT, check=True)
    store = StoreProcess(DATABASE_URL=url).start()
    try:
        assert "database  PostgreSQL at DATABASE_URL" in store.log
        assert "hidden" not in store.log
        assert not (store.data_dir / "postgres").exists()
        with httpx.Client(base_url=store.url, timeout=30) as client:
            _order(client)
        assert store.process
        store.process.terminate()
        assert store.process.wait(20) == 0
    finally:
        store.stop()
    engine = create_engine(db.sqlalchemy_url(url))
    assert schema.is_current(engine)
    assert schema.differences(engine) == []
    engine.dispose()


def _order(client: httpx.Client) -> None:
    assert client.get("/health/ready").json()["status"] == "ok"
    found = client.get("/api/products", params={"q": "hedphones"})  # a typo: pg_trgm, unaccent
    product = found.raise_for_status().json()[0]
    client.post("/api/register", json=ADA).raise_for_status()
    wanted = {"productId": product["id"], "quantity": 1}
    client.post("/api/cart", json=wanted).raise_for_status()
    home = client.post("/api/addresses", json=HOME).raise_for_status().json()["id"]
    there = {"shippingAddressId": home, "billingAddressId": home}
    order = client.post("/api/orders", json=there).raise_for_status().json()
    left = client.get(f"/api/products/{product['id']}").json()["stockCount"]
    assert (order["status"], left) == ("pending", product["stockCount"] - 1)
    client.post(f"/api/orders/{order['id']}/cancel").raise_for_status()
    read = client.get(f"/api/products/{product['id']}").json()
    assert {name: read[name] for name in product} == product
