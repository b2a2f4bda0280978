"""The walk in docs/api.md, run as it is printed there, against a served store."""

import json
import os
import re
import secrets
import subprocess

from cloudscale.settings import ROOT
from tests.e2e.store_process import StoreProcess


def printed_walk() -> str:
    """The one shell block of the document."""
    (walk,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.DOTALL)
    return walk


def values_in(text: str) -> list:
    """JSON values that follow each other without anything between them."""
    decoder, values = json.JSONDecoder(), []
    while text:
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:].lstrip()
    return values


def test_the_walk_in_the_document_runs_as_printed(store: StoreProcess):
    settings = {"SHOP": store.url, "NAME": f"walker-{secrets.token_hex(4)}"}
    walked = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", printed_walk()],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert walked.returncode == 0, walked.stdout + walked.stderr
    registered, found, cart, order, cancelled = values_in(walked.stdout)
    assert registered["username"] == settings["NAME"]
    assert found[0]["name"] == "Wireless Headphones"
    assert cart[0]["quantity"] == 1
    assert (order["status"], cancelled["status"]) == ("pending", "cancelled")
