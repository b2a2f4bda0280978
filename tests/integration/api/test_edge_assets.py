"""A page of another version gets its scripts from whichever instance it asks."""

import pytest

from cloudscale.db import unit_of_work
from cloudscale.services import build_files

OTHER = "next-C_vnlDUJ.js"
CODE = b"export const next = 1;" * 100


@pytest.fixture(autouse=True)
def published(module_database: str) -> None:
    """Another version published what this one does not have."""
    with unit_of_work() as session:
        build_files.publish(session, {OTHER: CODE, "next-C_vnlDUJ.css": b"b{}"})


@pytest.mark.parametrize("accepted", ["gzip", "identity", "br"])
async def test_a_script_of_another_version_is_answered_as_its_own_instance_would(pages, accepted):
    answer = await pages.get(f"/assets/{OTHER}", headers={"accept-encoding": accepted})
    assert (answer.status_code, answer.content) == (200, CODE)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get("content-encoding") == ("gzip" if accepted == "gzip" else None)


async def test_a_style_sheet_too(pages):
    answer = await pages.get("/assets/next-C_vnlDUJ.css")
    assert (answer.status_code, answer.text) == (200, "b{}")
    assert answer.headers["content-type"].startswith("text/css")


async def test_head_answers_what_get_would_without_the_body(pages):
    get, head = [await ask(f"/assets/{OTHER}") for ask in (pages.get, pages.head)]
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.content == b""


@pytest.mark.parametrize("name", ["next-AAAAAAAA.js", "next.js", "%2e%2e/x-C_vnlDUJ.js", "-.js"])
async def test_what_no_version_has_is_a_404_in_words(pages, name):
    answer = await pages.get(f"/assets/{name}")
    assert answer.status_code == 404
    assert "not" in answer.text.lower()


async def test_files_of_this_version_need_no_database(pages, monkeypatch):
    monkeypatch.setattr("cloudscale.api.edge.other_build", None)
    assert (await pages.get("/assets/root-UvaU9Dkr.js")).status_code == 200
