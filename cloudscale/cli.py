"""The command line: `python -m cloudscale …`. Messages go to stderr, data to stdout."""

import os
import sys
from pathlib import Path

import typer

from cloudscale.settings import get_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def say(message: str) -> None:
    """Tell the person at the terminal."""
    print(message, file=sys.stderr, flush=True)


def _use_own_environment() -> None:
    """Put this environment's programs (bun, reflex) first on PATH for every child."""
    here = str(Path(sys.executable).parent)
    os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")


@app.callback()
def main() -> None:
    """CloudScale Commerce: an online store that watches, scales and heals itself."""
    _use_own_environment()


@app.command()
def build() -> None:
    """Build the front end, unless a current build is there."""
    from cloudscale.serving import frontend

    if not frontend.why_not():
        return
    say("Building the front end (once; about 15 s)")
    try:
        frontend.build()
    except frontend.BuildFailed as failure:
        say(str(failure))
        raise typer.Exit(1) from None


@app.command()
def serve() -> None:
    """Serve the store: page, websocket and API on one port."""
    from cloudscale.serving import store

    raise typer.Exit(store.serve(get_settings()))
