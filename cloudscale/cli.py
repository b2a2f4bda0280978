"""The command line: `python -m cloudscale …`. Messages go to stderr, data to stdout."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from pydantic import ValidationError

from cloudscale.errors import StoreError
from cloudscale.serving.refusal import Refused
from cloudscale.serving.terminal import say
from cloudscale.settings import get_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _use_own_environment() -> None:
    """Put this environment's programs (bun, reflex) first on PATH for every child."""
    here = str(Path(sys.executable).parent)
    os.environ["PATH"] = here + os.pathsep + os.environ.get("PATH", "")


@app.callback()
def main() -> None:
    """CloudScale Commerce: an online store that watches, scales and heals itself."""
    _use_own_environment()


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Say why a command cannot be done, and exit 1."""
    try:
        yield
    except Refused as refusal:
        say(str(refusal))
    except StoreError as refusal:
        say(refusal.message)
    except ValidationError as wrong:
        for error in wrong.errors():
            say(f"{'.'.join(map(str, error['loc'])).upper()}: {error['msg']}")
    else:
        return
    raise typer.Exit(1)


@app.command()
def build() -> None:
    """Build the front end, unless a current build is there."""
    from cloudscale.serving import frontend

    if frontend.why_not():
        with refusals_in_words():
            say("Building the front end (about 15 s)")
            frontend.build()


@app.command()
def serve() -> None:
    """Serve the store: page, websocket and API on one port."""
    from cloudscale.serving import store

    with refusals_in_words():
        raise typer.Exit(store.serve(get_settings()))
