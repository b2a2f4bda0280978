"""A built page, and what we write into it before a browser runs any script.

Reflex draws dynamic pages and its 404 page in the browser only. What is written here is there for
crawlers, link previews and people who still wait for the script, and goes when the page draws.

    template + values (escaped) --> shell --fill--> HTML
"""

import re
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, meta
from markupsafe import Markup

from cloudscale.api.content_policy import page_policy

LOADER = FileSystemLoader(Path(__file__).parent / "templates")
TEMPLATES = Environment(
    loader=LOADER,
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

# Reflex's default for og:image: a path, and nothing is there.
BUILT_PREVIEW = re.compile(r'<meta content="[^"]*" property="og:image"/>')
# Where no front end is built (in development another server has the pages).
BARE = '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"></head><body></body></html>'


def render(template: str, **values: Any) -> str:
    """Fill one template; every value is escaped for the place that it stands in."""
    return TEMPLATES.get_template(template).render(values)


@cache
def source(template: str) -> str:
    """A template as it was written, with those that it includes: nobody's values are in it."""
    own = LOADER.get_source(TEMPLATES, template)[0]
    included = meta.find_referenced_templates(TEMPLATES.parse(own))
    return own + "".join(source(name) for name in included if name)


class Shell:
    """One built page.

    Attributes:
        file: The HTML that the build wrote; read once, when it is first needed.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._policies: dict[str, str] = {}

    @cached_property
    def _html(self) -> str:
        return BUILT_PREVIEW.sub("", self.file.read_text()) if self.file.is_file() else BARE

    def policy(self, name: str) -> str:
        """The Content-Security-Policy of the page with `name`'s templates in it."""
        if name not in self._policies:
            self._policies[name] = page_policy(self._html, source(f"{name}.head.html"))
        return self._policies[name]

    def with_head(self, name: str, **values: Any) -> str:
        """The page with the template `name.head.html` last in its head."""
        head = render(f"{name}.head.html", **values)
        return self._html.replace("</head>", head + "</head>", 1)

    def part(self, pattern: re.Pattern[str]) -> Markup:
        """The first piece of the page that fits, as it is; empty where none does."""
        found = pattern.search(self._html)
        return Markup(found[0] if found else "")  # noqa: S704  (what the build wrote)

    def fill(self, name: str, *, before: str = "", **values: Any) -> str:
        """The same, with `name.body.html` in its body as well: first, or before a tag of the page.

        The body part goes once the page has drawn itself, all of it when the shopper moves on to
        another page.
        """
        body = render(f"{name}.body.html", **values)
        place, filled = (before, body + before) if before else ("<body>", "<body>" + body)
        return self.with_head(name, **values).replace(place, filled, 1)
