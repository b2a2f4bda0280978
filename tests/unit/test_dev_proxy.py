"""In development the page's port passes the API on; the patch fits the Reflex that is installed."""

import pytest
from reflex_base.compiler.templates import vite_config_template

from cloudscale.dev_proxy import with_proxy


def vite_config() -> str:
    return vite_config_template(
        base="/", hmr=True, force_full_reload=False, experimental_hmr=False, sourcemap=False
    )


def test_the_installed_reflex_gets_a_proxy():
    patched = with_proxy(vite_config(), ("/api", "/ws"), "http://localhost:8001")
    assert '"/api": {"target": "http://localhost:8001", "ws": false}' in patched
    assert '"/ws": {"target": "http://localhost:8001", "ws": true}' in patched
    assert with_proxy(patched, ("/api",), "http://localhost:8001") == patched


def test_another_configuration_is_refused():
    with pytest.raises(RuntimeError, match="changed"):
        with_proxy("export default {}", ("/api",), "http://localhost:8001")
