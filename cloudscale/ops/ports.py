"""What the rules of running the shop need from outside, as Protocols. Adapters implement them."""

from collections.abc import Mapping
from typing import Protocol

Reading = Mapping[str, float]
"""Values by the slug of their metric; a slug that is missing was not measured."""


class MetricSource(Protocol):
    """Something that can be measured."""

    def read(self) -> Reading:
        """What it measures, now.

        Any exception means that it could not be read: the sample then lacks its values and says
        so, and the rest goes on.
        """
        ...
