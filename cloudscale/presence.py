"""Whether Redis answers this process, and who wants to know when it does no longer."""

from collections.abc import Callable


class Presence:
    """One process's view. For the event loop alone.

    Attributes:
        is_here: It answers; true also where none is used, for then nothing is missed.
    """

    def __init__(self) -> None:
        self.is_here = True
        self._told: set[Callable[[], None]] = set()

    def tell(self, told: Callable[[], None]) -> None:
        """Have something called when it is lost, once, until `leave` is called."""
        self._told.add(told)

    def leave(self, told: Callable[[], None]) -> None:
        """Tell no more."""
        self._told.discard(told)

    def lost(self) -> None:
        """It answers no longer."""
        self.is_here = False
        told, self._told = self._told, set()
        for tell in told:
            tell()

    def returned(self) -> None:
        """It answers."""
        self.is_here = True


PRESENCE = Presence()
"""This process's."""
