"""One build is served on any port, says what it is, and shares its database with commands."""

import json
import socket
import urllib.request

from tests import external_store
from tests.e2e.live import open_live
from tests.e2e.store_process import answers, free_port, run


def test_one_build_is_live_on_two_ports(store, new_store, new_page):
    other = new_store()
    assert other.port != store.port
    for served in (store, other):
        page = new_page(served.url)
        open_live(page, "/")
        assert page.get_by_role("heading", level=1).first.is_visible()


def test_it_says_where_it_is_and_in_what_mode(store):
    email, password = store.account("member")
    assert f"CloudScale is open: {store.url}" in store.log
    assert "mode      demo" in store.log
    assert "database  embedded PostgreSQL" in store.log
    assert "cloud     simulated" in store.log
    request = urllib.request.Request(
        f"{store.url}/api/login",
        json.dumps({"email": email, "password": password}).encode(),
        {"Content-Type": "application/json", "Origin": store.url},
    )
    with urllib.request.urlopen(request) as response:
        assert response.status == 200


def test_its_secret_is_kept_and_never_shown(store):
    secret = (store.data_dir / "secret_key").read_text().strip()
    assert len(secret) == 64
    assert secret not in store.log
    assert secret not in " ".join(" ".join(process.cmdline()) for process in store.processes)


def test_a_taken_port_is_told_in_words(store):
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        number = taken.getsockname()[1]
        refused = run(store, "serve", number)
    assert refused.returncode == 1
    assert f"Port {number} on 127.0.0.1 is taken" in refused.stderr
    assert refused.stdout == ""
    assert run(store, "serve").returncode == 1
    assert answers(f"{store.url}/health")


def test_another_command_joins_the_running_database(store):
    joined = run(store, "seed")
    assert joined.returncode == 0, joined.stderr
    assert "none was added" in joined.stderr
    assert answers(f"{store.url}/health/ready")


def test_doctor_says_what_to_mend(store):
    examined = run(store, "doctor")
    assert examined.returncode == 1
    assert "schema current" in examined.stderr
    assert f"MEND  port               Port {store.port}" in examined.stderr


def test_another_server_is_migrated_filled_and_sold_from(built):
    with external_store.server() as url:
        external_store.sell_from(url)


def test_a_database_that_cannot_be_used_is_refused_before_anything_is_served(store):
    refused = run(store, "serve", free_port(), DATABASE_URL="postgresql://u:hidden@127.0.0.1:9/x")
    assert refused.returncode == 1
    assert "The database cannot be used: " in refused.stderr
    assert "hidden" not in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""
