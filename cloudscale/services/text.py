"""What people type into forms: one line of text each, cleaned, or refused by the field's name.

Stored as typed and never interpreted: HTML or SQL in a name is a strange name, no more. What no
form needs is refused: control characters, halves of characters, and marks that turn text around.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from email_validator import EmailNotValidError, validate_email

from cloudscale.errors import FieldError, InvalidInput
from cloudscale.settings import get_settings

LONGEST_EMAIL = 254
# Control characters, surrogates, line separators; and bidirectional overrides, which can make a
# name on an invoice read backwards.
UNWELCOME_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
BIDIRECTIONAL = re.compile("[\u202a-\u202e\u2066-\u2069]")
USERNAME = re.compile(r"[A-Za-z0-9._-]*")
PHONE = re.compile(r"[0-9 +()./-]*")


def _any_text(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Line:
    """What one field takes.

    Attributes:
        label: The field's visible label.
        longest: Most characters.
        shortest: Fewest characters; 0 for a field that may be empty.
        rule: A further rule: returns the text to keep, or raises ValueError with the refusal.
    """

    label: str
    longest: int
    shortest: int = 0
    rule: Callable[[str], str] = _any_text

    def clean(self, value: Any) -> str:
        """The text to keep.

        Raises:
            ValueError: In words, why it cannot be taken.
        """
        if not isinstance(value, str):
            raise ValueError(f"{self.label} must be text.")
        if any(unicodedata.category(character) in UNWELCOME_CATEGORIES for character in value):
            raise ValueError(f"{self.label} holds characters that cannot be typed on one line.")
        if BIDIRECTIONAL.search(value):
            raise ValueError(f"{self.label} holds invisible marks that turn text around.")
        text = unicodedata.normalize("NFC", value).strip()
        self._check_length(text)
        return self.rule(text)

    def _check_length(self, text: str) -> None:
        if self.shortest and not text:
            raise ValueError(f"{self.label} is missing.")
        if len(text) < self.shortest:
            raise ValueError(f"{self.label} needs at least {self.shortest} characters.")
        if len(text) > self.longest:
            raise ValueError(f"{self.label} may have at most {self.longest} characters.")


def clean(lines: Mapping[str, Line], values: Mapping[str, Any]) -> dict[str, str]:
    """Clean the given fields of a form, all of them before any is refused.

    Args:
        lines: What each field takes, by the field's name.
        values: What was given, by the same names; a name that is absent is left out.

    Raises:
        InvalidInput: Names every field at fault (422).
    """
    cleaned: dict[str, str] = {}
    faults: list[FieldError] = []
    for field, value in values.items():
        try:
            cleaned[field] = lines[field].clean(value)
        except ValueError as fault:
            faults.append(FieldError(field, str(fault)))
    if faults:
        raise InvalidInput(*faults)
    return cleaned


def _email_rule(text: str) -> str:
    in_trial = not get_settings().is_production  # there, addresses at ".test" are fine
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=in_trial)
    except EmailNotValidError:
        raise ValueError("Email must look like name@example.com.") from None
    return checked.normalized.lower()


def _username_rule(text: str) -> str:
    if not USERNAME.fullmatch(text):
        raise ValueError("Username may hold the letters a to z, digits and . _ - only.")
    return text


def _phone_rule(text: str) -> str:
    if not PHONE.fullmatch(text):
        raise ValueError("Phone may hold digits, spaces and + - ( ) . / only.")
    return text


EMAIL = Line("Email", LONGEST_EMAIL, 1, _email_rule)
USERNAME_LINE = Line("Username", 40, 3, _username_rule)
FIRST_NAME = Line("First name", 80)
LAST_NAME = Line("Last name", 80)
PHONE_LINE = Line("Phone", 32, 0, _phone_rule)
