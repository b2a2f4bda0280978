"""Sign-in and registration: forms that post over HTTP, since only a reply can set the cookie.

form --csPost--> /api/login or /api/register --> full reload, or the refusal shown here
"""

import reflex as rx


class CredentialsState(rx.State):
    """What went wrong with the form that was sent last; passwords never come here."""

    form: str = ""
    message: str = ""
    faults: dict[str, str] = {}
    is_busy: bool = False

    @rx.event
    def start(self, form: str):
        """A form is on its way."""
        self.form, self.is_busy, self.message, self.faults = form, True, "", {}

    @rx.event
    def answered(self, result: dict[str, str | dict[str, str]]):
        """The reply: a refusal to show, or nothing while the page reloads."""
        faults = result.get("faults")
        self.message = str(result.get("message") or "")
        self.faults = (
            {str(k): str(v) for k, v in faults.items()} if isinstance(faults, dict) else {}
        )
        self.is_busy = not self.message

    @rx.event
    def reset_form(self):
        """A fresh form."""
        self.form, self.is_busy, self.message, self.faults = "", False, "", {}
