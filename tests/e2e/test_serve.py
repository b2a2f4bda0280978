"""One build is served on any port, and what is started is stopped."""

from tests.e2e.live import open_live


def test_one_build_is_live_on_two_ports(store, new_store, new_page):
    other = new_store()
    assert other.port != store.port
    for served in (store, other):
        page = new_page(served.url)
        open_live(page, "/")
        assert page.get_by_role("heading", level=1).first.is_visible()
