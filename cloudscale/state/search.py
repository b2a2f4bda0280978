"""The search box where it is not live: Enter leads to the store's results."""

from typing import Any

import reflex as rx

from cloudscale.errors import InvalidInput
from cloudscale.state.listing import Listing, search_text
from cloudscale.state.toast import refuse


class SearchState(rx.State):
    """Nothing is kept: the results are a URL."""

    @rx.event
    async def submit(self, form: dict[str, Any]):
        """Show the store's results for the text."""
        try:
            text = search_text(form.get("q") if isinstance(form, dict) else None)
        except InvalidInput as refusal:
            return await refuse(self, refusal.message)
        return rx.redirect(Listing(q=text).href())
