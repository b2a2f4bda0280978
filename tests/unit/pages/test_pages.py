"""Every page draws, under a URL of its own."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cloudscale import pages, routes
from cloudscale.cloudscale import app

NOT_FOUND = "404"  # Reflex's name for the page of every other URL


@pytest.mark.parametrize("page", pages.ALL, ids=lambda page: page.__name__.rpartition(".")[2])
def test_every_page_draws(page):
    assert page.page().render()


def test_every_module_of_a_page_is_on_the_list():
    modules = [
        importlib.import_module(f"{pages.__name__}.{module.name}")
        for module in pkgutil.iter_modules(pages.__path__)
    ]
    assert {module for module in modules if hasattr(module, "add")} == set(pages.ALL)


class Register:
    """Stands where the app is, and notes the URLs that pages take."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        for page in pages.ALL:
            page.add(self)

    def add_page(self, _page: Any, route: str, **_: Any) -> None:
        """Like `rx.App.add_page`."""
        self.urls.append(route)


def place(url: str) -> str:
    """A URL in one form: its variable parts alike, so that "/a/[x]" and "/a/[y]" are one."""
    return re.sub(r"\[\w+\]", "[]", f"/{url.strip('/').removesuffix('index')}")


def test_every_page_has_a_url_of_its_own():
    places = [place(url) for url in Register().urls]
    assert sorted(places) == sorted(set(places))


def test_every_page_takes_its_url_from_the_list_of_urls():
    listed = {value for name, value in vars(routes).items() if name.isupper()}
    assert set(Register().urls) - {NOT_FOUND} <= listed
    assert len(listed) == len([name for name in vars(routes) if name.isupper()])


def test_the_app_serves_these_pages_and_no_other():
    assert {place(url) for url in app._unevaluated_pages} == set(map(place, Register().urls))


def forms(drawn: Any) -> Iterator[dict[str, Any]]:
    """Every form in what a page draws, in all its branches."""
    if isinstance(drawn, dict):
        if drawn.get("name") == '"form"':
            yield drawn
        drawn = list(drawn.values())
    if isinstance(drawn, list | tuple):
        for part in drawn:
            yield from forms(part)


# What they hold may stand in a URL, and on the store it does.
FILTERS = ("search", "price-filter")


@pytest.mark.parametrize("page", pages.ALL, ids=lambda page: page.__name__.rpartition(".")[2])
def test_no_form_puts_into_the_url_what_is_typed_into_it(page):
    for form in forms(page.page().render()):
        props = " ".join(form["props"])
        is_filter = any(f'className:"{name}' in props or name in props for name in FILTERS)
        assert is_filter or 'method:"post"' in props, props
