"""Boxes and arrows as SVG, in light and dark; what is drawn is somebody else's to know.

Box, way --picture--> SVG
"""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1000, 640
LINE = 16
KINDS = ("head", "line")
LETTER = 6.4  # of 12 px in the fonts named below, on average

STYLE = """
  .page{fill:#ffffff;stroke:#d0d7de} .zone{fill:#f4f7fb;stroke:#b6c4d6;stroke-dasharray:5 4}
  .box{fill:#ffffff;stroke:#5b6f8a} .head{fill:#14213a;font-weight:600} text{fill:#3d4c63}
  .way{stroke:#3563c9;fill:none;stroke-width:1.6} .tip{fill:#3563c9} .said{fill:#3563c9}
  @media (prefers-color-scheme:dark){
  .page{fill:#0d1420;stroke:#2a3650} .zone{fill:#131d2e;stroke:#3a4a66}
  .box{fill:#18243a;stroke:#7f93b3} .head{fill:#f0f4fb} text{fill:#b9c6da}
  .way{stroke:#84a9ff} .tip{fill:#84a9ff} .said{fill:#84a9ff}}
"""


class DoesNotFit(Exception):
    """A text would leave its box; the message says which."""


@dataclass(frozen=True)
class Box:
    """A box with a heading and lines under it; text that would leave it is refused.

    Attributes:
        place: Left, top, width and height.
        head: Its heading.
        lines: What stands under that.
        kind: Its class in `STYLE`.
    """

    place: tuple[int, int, int, int]
    head: str
    lines: tuple[str, ...] = ()
    kind: str = "box"

    def drawn(self) -> str:
        """As SVG.

        Raises:
            DoesNotFit: A text is too long, or there are too many lines.
        """
        x, y, width, height = self.place
        room = (width - 20) / LETTER
        for text in (self.head, *self.lines):
            if len(text) > room or 20 + LINE * (1 + len(self.lines)) > height + LINE:
                raise DoesNotFit(f"{text!r} does not fit its box")
        rows = [
            f'<text class="{KINDS[n > 0]}" x="{x + 10}" y="{y + 20 + LINE * n}">'
            f"{escape(text)}</text>"
            for n, text in enumerate((self.head, *self.lines))
        ]
        frame = (
            f'<rect class="{self.kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="8"/>'
        )
        return "\n".join((frame, *rows))


def way(*points: tuple[int, int], said: str = "", at: tuple[int, int] = (0, 0)) -> str:
    """An arrow over points, with a word beside it."""
    path = " L".join(f"{x} {y}" for x, y in points)
    line = f'<path class="way" marker-end="url(#tip)" d="M{path}"/>'
    return line + (
        f'<text class="said" x="{at[0]}" y="{at[1]}">{escape(said)}</text>' if said else ""
    )


def picture(label: str, boxes: Iterable[Box], ways: Iterable[str]) -> str:
    """A whole picture, arrows over boxes."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="{escape(label)}" '
        'font-family="DejaVu Sans, Verdana, sans-serif" font-size="11">',
        f"<style>{STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>',
        f'<rect class="page" x="1" y="1" width="{WIDTH - 2}" height="{HEIGHT - 2}" rx="12"/>',
        *(box.drawn() for box in boxes),
        *ways,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
