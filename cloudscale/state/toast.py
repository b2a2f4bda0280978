"""One short message at the foot of the page: what was done, or why not."""

import asyncio

import reflex as rx

SECONDS = 8


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
        self.text = "That did not work, and the fault is ours. Please try again."
        self.is_refusal, self.action = True, ""
        self.serial += 1
        return ToastState.expire(self.serial)

    @rx.event(background=True)
    async def expire(self, serial: int):
        """Take the message away after a while, unless another one has come."""
        await asyncio.sleep(SECONDS)
        async with self:
            if self.serial == serial:
                self.text = ""


async def say(
    state: rx.State, text: str, *, is_refusal: bool = False, action: str = ""
) -> rx.event.EventType[()]:
    """Show a message; return the result from the handler, so that it goes away by itself."""
    toast = await state.get_state(ToastState)
    toast.text, toast.is_refusal, toast.action = text, is_refusal, action
    toast.serial += 1
    return ToastState.expire(toast.serial)


async def refuse(state: rx.State, message: str) -> rx.event.EventType[()]:
    """Show a refusal."""
    return await say(state, message, is_refusal=True)
