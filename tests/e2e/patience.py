"""How long a browser's tests wait for what must come; much else shares the processor meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import expect

USUAL_MS = 15_000

expect.set_options(timeout=USUAL_MS)


@contextmanager
def patience(milliseconds: int) -> Iterator[None]:
    """Wait longer than usual within the block."""
    expect.set_options(timeout=milliseconds)
    try:
        yield
    finally:
        expect.set_options(timeout=USUAL_MS)
