"""A program of its own: an SVG on stdin becomes a PNG on stdout.

Painting holds the interpreter for a fifth of a second; in the server's process nobody would be
answered meanwhile. Run by path, so that it imports nothing of ours and starts at once.
"""

import sys

import resvg_py


def main() -> None:
    """Paint what stdin holds."""
    svg = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)))


if __name__ == "__main__":
    main()
