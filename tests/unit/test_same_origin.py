"""The build plugin makes every baked address the page's own, or fails the build."""

import re
from pathlib import Path

import pytest

from cloudscale.same_origin import FrontEndChanged, SameOriginPlugin, same_origin

CHUNK = (
    "var e={PING:`http://localhost:8000/ping`,EVENT:`ws://localhost:8000/_event`,"
    "UPLOAD:`http://localhost:8000/_upload`,TRANSPORT:`websocket`,TEST_MODE:!1};export{e as t};"
)


def test_every_address_becomes_the_pages_own():
    patched = same_origin(CHUNK)
    assert "localhost" not in patched
    assert "PING:location.origin+`/ping`" in patched
    assert 'EVENT:location.origin.replace(/^http/,"ws")+`/_event`' in patched
    assert "TRANSPORT:`websocket`" in patched


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (CHUNK.replace("/_event", "/socket"), "/_event"),
        (CHUNK.replace("`", '"'), "/ping"),
        (CHUNK + "const f='http://localhost:9/x'", "left"),
        ("", "/_event"),
    ],
)
def test_a_chunk_that_is_not_understood_fails_the_build(changed, reason):
    with pytest.raises(FrontEndChanged, match=re.escape(reason)):
        same_origin(changed)


CONTEXT = "e.protocol===`http:`&&(e.protocol=`https:`),e.port=``)),e}"


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    """A build as Reflex leaves it."""
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "reflex-env-a1b2.js").write_text(CHUNK)
    (folder / "context-a1b2.js").write_text(CONTEXT)
    (folder / "other-a1b2.js").write_text("e.port=n")
    return folder


def test_the_plugin_patches_the_chunks_of_addresses_and_leaves_the_others(assets):
    SameOriginPlugin().post_build(static_dir=assets.parent)
    assert (assets / "reflex-env-a1b2.js").read_text() == same_origin(CHUNK)
    assert "e.port=location.port)),e}" in (assets / "context-a1b2.js").read_text()
    assert (assets / "other-a1b2.js").read_text() == "e.port=n"


@pytest.mark.parametrize("names", [(), ("reflex-env-a.js", "reflex-env-b.js")])
def test_no_chunk_or_two_fail_the_build(assets, names):
    (assets / "reflex-env-a1b2.js").unlink()
    for name in names:
        (assets / name).write_text(CHUNK)
    with pytest.raises(FrontEndChanged, match="instead of one"):
        SameOriginPlugin().post_build(static_dir=assets.parent)


@pytest.mark.parametrize("content", ["", CONTEXT * 2])
def test_a_build_that_drops_ports_elsewhere_or_nowhere_fails(assets, content):
    (assets / "context-a1b2.js").write_text(content)
    with pytest.raises(FrontEndChanged, match="drop the port instead of one"):
        SameOriginPlugin().post_build(static_dir=assets.parent)
