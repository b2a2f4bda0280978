"""Sign-in and registration: forms that post over HTTP, since only a reply can set the cookie.

form --csPost--> /api/login or /api/register --> full reload, or the refusal shown here
"""

from typing import Any

import reflex as rx

from cloudscale.state.browser_text import encodable
from cloudscale.state.toast import UNREADABLE

FORMS = ("login", "register")


class CredentialsState(rx.State):
    """What went wrong with the form that was sent last; passwords never come here."""

    form: str = ""
    message: str = ""
    faults: dict[str, str] = {}
    is_busy: bool = False

    @rx.event
    def start(self, form: str):
        """A form is on its way."""
        self.form = form if form in FORMS else ""
        self.is_busy, self.message, self.faults = True, "", {}

    @rx.event
    def answered(self, result: dict[str, Any]):
        """The reply: a refusal to show, or nothing while the page reloads."""
        reply = result if isinstance(result, dict) else {}
        message, faults = reply.get("message"), reply.get("faults")
        self.message = encodable(message) if isinstance(message, str) else UNREADABLE
        found = faults.items() if isinstance(faults, dict) else ()
        self.faults = {encodable(str(name)): encodable(str(fault)) for name, fault in found}
        self.is_busy = not self.message

    @rx.event
    def reset_form(self):
        """A fresh form."""
        self.form, self.is_busy, self.message, self.faults = "", False, "", {}
