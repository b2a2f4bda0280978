"""What a metric is. Imports nothing of ours."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured quantity.

    Attributes:
        slug: Its name in samples, URLs and exports; ends in the unit where it has one.
        label: Its name on screens.
        unit: The unit as it is written after the number; empty for plain counts.
        colour: The design token of its series.
        decimals: Digits after the point that carry meaning.
        brief: What is measured, in the few words that fit under a number.
        meaning: What is measured, in full sentences.
        needs: What must be there for it to be measured; empty where every shop measures it.
    """

    slug: str
    label: str
    unit: str
    colour: str
    decimals: int
    brief: str
    meaning: str
    needs: str = ""

    def text(self, value: float) -> str:
        """A value as people read it, with its unit."""
        return f"{self.number(value)} {self.unit}".rstrip()

    def number(self, value: float) -> str:
        """A value without its unit."""
        return f"{value:,.{self.decimals}f}"
