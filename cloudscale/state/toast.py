"""One short message at the foot of the page: what was done, or why not.

A refusal, or a message with a way to act on it, stays until it is dismissed or another one comes.
The others go by themselves, unless someone points at them or has the focus there.

    say --expire, after a while--> does somebody read it? --settle--> gone, or asked again later
"""

import asyncio
from typing import Any

import reflex as rx

from cloudscale.state.browser_text import encodable

SECONDS = 8
UNREADABLE = "The reply could not be read. Please reload the page and try again."
IS_READ = "document.querySelector('.toast:hover, .toast:focus-within') !== null"


class ToastState(rx.State):
    """The message on screen. `action` is "", "undo" or "cart"; `serial` tells one from the next."""

    text: str = ""
    is_refusal: bool = False
    action: str = ""
    serial: int = 0

    @rx.event
    def dismiss(self):
        """Take the message away."""
        self.text = ""

    @rx.event
    def went_wrong(self):
        """Say that an event failed for a reason that is ours."""
        self._put("That did not work, and the fault is ours. Please try again.", is_refusal=True)

    @rx.event
    def answered(self, result: dict[str, Any]):
        """Say why a form that was posted over HTTP came to nothing; else the page reloads."""
        message = result.get("message") if isinstance(result, dict) else None
        said = encodable(message) if isinstance(message, str) else UNREADABLE
        if said:
            self._put(said, is_refusal=True)

    @rx.event(background=True)
    async def expire(self, serial: int):
        """After a while, ask the page whether somebody reads the message."""
        await asyncio.sleep(SECONDS)
        if self.serial == serial and self.text and not self._stays():
            return rx.call_script(IS_READ, callback=ToastState.settle(serial))
        return None

    @rx.event
    def settle(self, serial: int, is_read: bool):
        """Take the message away unless somebody reads it, or another one has come."""
        if self.serial != serial or self._stays():
            return None
        if is_read:
            return ToastState.expire(self.serial)
        self.text = ""
        return None

    def _put(self, text: str, *, is_refusal: bool = False, action: str = "") -> None:
        self.text, self.is_refusal, self.action = text, is_refusal, action
        self.serial += 1

    def _stays(self) -> bool:
        return self.is_refusal or self.action != ""


async def say(
    state: rx.State, text: str, *, is_refusal: bool = False, action: str = ""
) -> rx.event.EventType[()]:
    """Show a message; return the result from the handler, so that it goes away by itself."""
    toast = await state.get_state(ToastState)
    toast._put(text, is_refusal=is_refusal, action=action)
    return ToastState.expire(toast.serial)


async def refuse(state: rx.State, message: str) -> rx.event.EventType[()]:
    """Show a refusal."""
    return await say(state, message, is_refusal=True)
