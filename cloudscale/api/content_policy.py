"""What a page may run, draw and talk to: its Content-Security-Policy. Pure.

Inline scripts and styles are let in one by one, by their digests, and only those of HTML that we
wrote ourselves: the build's and our templates', before anybody's words are filled in.

    HTML of ours --digests of what is inline--> the policy --> the answer's header
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256

INLINE = re.compile(
    r"<(?P<tag>script|style)(?P<attributes>[^>]*)>(?P<content>.*?)</(?P=tag)>", re.S
)
# Data such as JSON-LD is never run; a script that has an address is judged by that.
NOT_RUN = re.compile(r'\bsrc=|\btype="application/')
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For what is no page: data, pictures, scripts. Opened by itself it may do nothing."""
# Reflex runs what the server sends over the page's socket (`rx.call_script`) with eval.
EVALUATED = "'unsafe-eval'"
# Emotion and Plotly make an empty style element and add their rules by script.
EMPTY = ""


def digest(content: str) -> str:
    """How a policy names one inline script or style."""
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def inline(html: str, tag: str) -> list[str]:
    """What stands inline in a page's scripts, or in its styles."""
    found = (match for match in INLINE.finditer(html) if match["tag"] == tag)
    return [match["content"] for match in found if not NOT_RUN.search(match["attributes"])]


def page_policy(*written: str, is_app: bool = True) -> str:
    """The policy of a page.

    Args:
        *written: The HTML that it is made of, all of it ours.
        is_app: Whether Reflex runs in it; otherwise it is a page by itself.
    """
    scripts = _digests(written, "script")
    styles = _digests((*written, f"<style>{EMPTY}</style>"), "style")
    directives = (
        "default-src 'none'",
        " ".join(("script-src 'self'", *([EVALUATED] if is_app else []), *scripts)),
        " ".join(("style-src 'self'", *styles)),
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return "; ".join(directives)


def _digests(written: Iterable[str], tag: str) -> list[str]:
    """Each digest once, in the order in which they are met."""
    return list(dict.fromkeys(digest(content) for html in written for content in inline(html, tag)))
