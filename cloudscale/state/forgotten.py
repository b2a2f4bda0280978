"""A page that the server has forgotten shows what it showed until it is loaded anew.

A page comes back to a server without its states where Redis lost them, or the server began anew.
Reflex sends such a page every state as it is before anything is loaded. For a tenth of a second it
was an empty shop: who pressed a button just then pressed one that was gone.

hydrate_and_load --forgotten?--> load alone --> each state as it is loaded --> loaded: all the rest
"""

from reflex.app import App
from reflex.event import Event
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, OnLoadInternalState, State, StateUpdate
from reflex_base.event.context import EventContext
from reflex_base.utils.format import format_event_handler

from cloudscale.state.auth import AuthState

COMES_BACK = format_event_handler(State.event_handlers["hydrate_and_load"])
IS_LOADED = format_event_handler(OnLoadInternalState.event_handlers["set_is_hydrated"])
# What a page names that shows nothing yet but what its build knew.
FIRST = "hashes"


class KeepShowing(Middleware):
    """Reflex middleware: a page that comes back is sent nothing that is not loaded.

    To be before `OneVisit`, after which no page looks forgotten.
    """

    async def preprocess(self, app: App, state: BaseState, event: Event) -> StateUpdate | None:
        """Load in place of showing what there is; once it is loaded, show what is left."""
        if event.name == COMES_BACK and FIRST not in event.payload:
            auth = await state.get_state(AuthState)
            auth._is_behind |= auth._visit is None
            if auth._is_behind:
                load = Event.from_event_type(OnLoadInternalState.on_load_internal)
                return StateUpdate(events=load)
        elif event.name == IS_LOADED:
            auth = await state.get_state(AuthState)
            if auth._is_behind:
                auth._is_behind = False
                await _send_all(state)
        return None


async def _send_all(state: BaseState) -> None:
    """Send every state, also those that no handler of the page has loaded."""
    for kind in State.get_substates():
        await state.get_state(kind)
    root = await state.get_state(State)
    await EventContext.get().emit_delta(root.dict())
