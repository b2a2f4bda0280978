"""`doctor --fleet` on a real store behind something that ends TLS, as a load balancer does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cloudscale.settings import ROOT
from tests.e2e.tls_proxy import AUTHORITY, TlsProxy, tls_proxy

COMMAND = [sys.executable, "-m", "cloudscale", "doctor", "--json", "--fleet"]


@pytest.fixture
def proxy():
    with tls_proxy() as running:
        yield running


def test_a_store_behind_tls_has_nothing_to_mend(new_store, proxy: TlsProxy, tmp_path: Path):
    store = new_store(PUBLIC_URL=proxy.url, TRUSTED_PROXY_HOPS="1", METRICS_TOKEN="t" * 40)
    proxy.store_port = store.port
    authority = tmp_path / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(authority)
    environment = {**store.environment, "SSL_CERT_FILE": str(authority)}
    ran = subprocess.run(
        [*COMMAND, proxy.url], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    found = {one["name"]: one for one in json.loads(ran.stdout)["findings"]}
    ill = {name: one["words"] for name, one in found.items() if one["verdict"] == "mend"}
    assert ill == {}, ran.stdout
    assert ran.returncode == 0
    assert found["live pages"]["words"] == "pages can become live"
    assert found["ready"]["words"] == "database"
