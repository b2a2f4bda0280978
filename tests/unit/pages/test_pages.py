"""Every page draws, under a URL of its own."""

import pytest

from cloudscale import pages, routes


@pytest.mark.parametrize("page", pages.ALL, ids=lambda page: page.__name__.rpartition(".")[2])
def test_every_page_draws(page):
    assert page.page().render()


def test_every_url_is_used_once():
    urls = [value for name, value in vars(routes).items() if name.isupper()]
    assert len(urls) == len(set(urls))
