"""What the address of a database says itself comes before our own choices."""

from sqlalchemy import make_url

from cloudscale.connections import connect_args


def test_connecting_and_every_wait_have_an_end():
    chosen = connect_args(make_url("postgresql+psycopg://shop@db/shop"))
    assert chosen["connect_timeout"] == 3
    assert chosen["tcp_user_timeout"] == 30_000
    assert "statement_timeout=30s" in chosen["options"]
    assert "timezone=UTC" in chosen["options"]


def test_what_the_url_says_stays():
    url = "postgresql+psycopg://shop@db/shop?connect_timeout=20&options=endpoint%3Dblue"
    chosen = connect_args(make_url(url))
    assert "connect_timeout" not in chosen
    assert chosen["options"].endswith(" endpoint=blue")
    assert "timezone=UTC" in chosen["options"]
