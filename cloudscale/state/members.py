"""What the pages of members share: a refusal in words, and forgetting who is signed in no more.

Each of their states has a var `trouble`: why the page shows nothing of the account now, or "".

load    --told-->    the words for `trouble`
handler --refused--> a message at the foot of the page, or `trouble` once the session is over
"""

from typing import Any

import reflex as rx

from cloudscale.errors import NotSignedIn, StoreError
from cloudscale.state.auth import forget
from cloudscale.state.toast import refuse


async def told(state: rx.State, refusal: StoreError) -> str:
    """A refusal in words; where nobody is signed in any more, the page forgets what it held."""
    if isinstance(refusal, NotSignedIn):
        await forget(state)
    return refusal.message


async def refused(state: Any, refusal: StoreError) -> list[Any]:
    """Show why a handler did nothing.

    Args:
        state: One with a var `trouble`.
        refusal: What the service said.

    Returns:
        What the handler answers.
    """
    message = await told(state, refusal)
    if not isinstance(refusal, NotSignedIn):
        return [await refuse(state, message)]
    state.trouble = message
    return []
