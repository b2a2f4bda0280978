"""The build plugin makes every baked address the page's own, or fails the build."""

import re

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


def test_the_plugin_patches_the_one_chunk(tmp_path):
    chunk = tmp_path / "assets" / "reflex-env-a1b2.js"
    chunk.parent.mkdir()
    chunk.write_text(CHUNK)
    SameOriginPlugin().post_build(static_dir=tmp_path)
    assert chunk.read_text() == same_origin(CHUNK)


@pytest.mark.parametrize("names", [(), ("reflex-env-a.js", "reflex-env-b.js")])
def test_no_chunk_or_two_fail_the_build(tmp_path, names):
    (tmp_path / "assets").mkdir()
    for name in names:
        (tmp_path / "assets" / name).write_text(CHUNK)
    with pytest.raises(FrontEndChanged, match="instead of one"):
        SameOriginPlugin().post_build(static_dir=tmp_path)
