"""Why a command cannot do what it was asked, in words for the person at the terminal."""


class Refused(Exception):
    """The message says why, and what to do about it."""
