"""Whether this process is about to leave, so that a load balancer sends it nobody any more."""


class Drain:
    """One process's.

    Attributes:
        is_begun: It leaves. What has come already is finished.
    """

    def __init__(self) -> None:
        self.is_begun = False

    def begin(self) -> None:
        """From now on it leaves; nothing takes that back."""
        self.is_begun = True


DRAIN = Drain()
"""This process's."""
