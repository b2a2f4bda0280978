"""Whose page this is: what its states hold is of one visit, and goes with it.

Reflex keeps a page's states under a token of the browser's tab, which outlives a sign-out, and
sends them whole to whoever connects with it.

event --OneVisit--> the session cookie of before? --no--> every state starts afresh
"""

from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate

from cloudscale.services.tokens import digest
from cloudscale.state.auth import AuthState, forget, token_of


class OneVisit(Middleware):
    """Reflex middleware: a page with another session cookie than before forgets what it held."""

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:
        """Look at the cookie before an event is handled."""
        auth = await state.get_state(AuthState)
        visit = digest(token_of(auth) or "")
        if auth._visit not in (None, visit):
            await forget(auth)
        auth._visit = visit
        return None
