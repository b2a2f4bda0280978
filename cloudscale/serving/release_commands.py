"""The command line of releases, added to the others by `cli`."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from cloudscale.serving.terminal import say

Refusals = Callable[[], AbstractContextManager[None]]


def add(app: typer.Typer, refusals_in_words: Refusals) -> None:
    """Add the commands.

    Args:
        app: The command line.
        refusals_in_words: Says why a command cannot be done, and exits 1.
    """

    @app.command()
    def release(
        output: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("dist"),
    ) -> None:
        """Pack the checked-out commit for servers: program, front end, wheels, checksum."""
        with refusals_in_words():
            from cloudscale.serving import release as releasing

            made = releasing.make(output)
            size = made.size_bytes / 1_000_000
            say(f"{made.version}: {size:.1f} MB in {made.seconds:.1f} s, SHA-256 {made.sha256}")
            sys.stdout.write(f"{made.tarball}\n")
