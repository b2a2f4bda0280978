"""Links between our own pages: client-side, so that the page's socket and state stay."""

from typing import Any

from reflex_components_core.react_router.dom import ReactRouterLink


def link(*content: Any, href: Any, **props: Any) -> ReactRouterLink:
    """A link to another page of the store.

    Args:
        *content: What is shown.
        href: A URL from `routes`.
        **props: Passed on to the anchor.
    """
    return ReactRouterLink.create(*content, to=href, **props)
