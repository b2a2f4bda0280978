"""What the pages of members share: a refusal in words, and forgetting who is signed in no more.

Each of their states has a var `trouble`: why the page shows nothing of the account now, or "".

load    --told-->    the words for `trouble`
handler --refused--> a message at the foot of the page, or `trouble` once the session is over
"""

from typing import Any

import reflex as rx

from cloudscale.errors import InvalidInput, NotSignedIn, StoreError
from cloudscale.state.auth import forget
from cloudscale.state.browser_text import literal
from cloudscale.state.toast import refuse

FOCUS_FAULT = "document.querySelector('[aria-invalid=true]')?.focus()"


def faults_in(refusal: StoreError, prefix: str = "") -> dict[str, str]:
    """What is wrong with each field at fault, by its name after a form's prefix."""
    errors = refusal.errors if isinstance(refusal, InvalidInput) else ()
    return {f"{prefix}{error.field}": error.message for error in errors}


def forget_typed(form: str) -> rx.event.EventSpec:
    """Have the browser forget what was typed into forms whose `data-keep` begins so."""
    return rx.call_script(f"csForget({literal(form)})")


async def told(state: rx.State, refusal: StoreError) -> str:
    """A refusal in words; where nobody is signed in any more, the page forgets what it held."""
    if isinstance(refusal, NotSignedIn):
        await forget(state)
    return refusal.message


async def refused(state: Any, refusal: StoreError) -> list[Any]:
    """Show why a handler did nothing; the first field at fault gets the focus.

    Args:
        state: One with a var `trouble`.
        refusal: What the service said.

    Returns:
        What the handler answers.
    """
    message = await told(state, refusal)
    if not isinstance(refusal, NotSignedIn):
        to_fault = [rx.call_script(FOCUS_FAULT)] if isinstance(refusal, InvalidInput) else []
        return [await refuse(state, message), *to_fault]
    state.trouble = message
    return []
