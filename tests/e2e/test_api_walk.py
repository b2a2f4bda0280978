"""The walks in docs/api.md, run as they are printed there, against a served store."""

import json
import os
import re
import secrets
import subprocess

from cloudscale.settings import ROOT
from tests.e2e.store_process import StoreProcess


def printed_walks() -> list[str]:
    """The shell blocks of the document: a shopper's, and staff's."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL)


def answers_of(walk: str, **settings: str) -> list:
    """What the calls of a walk print, one after the other."""
    walked = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", walk],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert walked.returncode == 0, walked.stdout + walked.stderr
    return values_in(walked.stdout)


def values_in(text: str) -> list:
    """JSON values that follow each other without anything between them."""
    decoder, values = json.JSONDecoder(), []
    while text:
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:].lstrip()
    return values


def test_the_shoppers_walk_in_the_document_runs_as_printed(store: StoreProcess):
    shopper, _ = printed_walks()
    name = f"walker-{secrets.token_hex(4)}"
    registered, found, cart, order, cancelled = answers_of(shopper, SHOP=store.url, NAME=name)
    assert registered["username"] == name
    assert found[0]["name"] == "Wireless Headphones"
    assert cart[0]["quantity"] == 1
    assert (order["status"], cancelled["status"]) == ("pending", "cancelled")


def test_the_walk_for_staff_in_the_document_runs_as_printed(store: StoreProcess):
    _, staff = printed_walks()
    email, password = store.account("staff")
    signed_in, counted, withdrawn, log = answers_of(
        staff, SHOP=store.url, EMAIL=email, PASSWORD=password
    )
    assert signed_in["email"] == email
    assert (counted["stockCount"], withdrawn["isPublished"]) == (20, False)
    assert [entry["action"] for entry in log] == ["withdrawn", "stock_set", "created"]
    assert log[1]["reason"] == "Delivery of 8"
