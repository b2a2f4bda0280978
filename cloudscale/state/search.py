"""The search box where it is not live: Enter leads to the store's results."""

import reflex as rx

from cloudscale.state.listing import Listing


class SearchState(rx.State):
    """Nothing is kept: the results are a URL."""

    @rx.event
    def submit(self, form: dict[str, str]):
        """Show the store's results for the text."""
        return rx.redirect(Listing(q=str(form.get("q", "")).strip()[:200]).href())
