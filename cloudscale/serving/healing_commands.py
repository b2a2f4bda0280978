"""The command line of healing: `heal` and `package-healer`, added to the others by `cli`."""

import getpass
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cloudscale.serving.refusal import Refused
from cloudscale.serving.running import refusals_in_words
from cloudscale.serving.terminal import say
from cloudscale.settings import get_settings

if TYPE_CHECKING:
    from cloudscale.serving.healing import Healing

PAUSE_SECONDS = 60
Position = Literal["on", "off"]


def add(app: typer.Typer) -> None:
    """Add the commands to a command line."""
    app.command()(heal)
    app.command("package-healer")(package_healer)


def heal(
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it, whatever the stack's mode is.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="One run; else one each minute.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Each run as a line of JSON.")] = False,
    hold: Annotated[
        float | None, typer.Option(min=1, max=1440, help="Only look for so many minutes.")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="End a hold.")] = False,
    approve: Annotated[str | None, typer.Option(help="Approve an action by its id.")] = None,
    close_breaker: Annotated[
        bool, typer.Option("--close-breaker", help="Heal again after too many failures.")
    ] = False,
    switch: Annotated[Position | None, typer.Option(help="Turn the kill switch.")] = None,
) -> None:
    """Show what healing would do to the stack on AWS, or do it; and turn its switches."""
    asked = [hold is not None, release, approve is not None, close_breaker, switch is not None]
    if sum(asked) > 1 or (any(asked) and (apply or once or json)):
        raise typer.BadParameter("Ask for one thing at a time.")
    with refusals_in_words():
        from cloudscale.serving.healing import Healing

        healing = Healing(get_settings())
        if not any(asked):
            raise typer.Exit(_runs(healing, apply, once, json))
        say(_turned(healing, hold, release, approve, switch))


def package_healer(
    file: Annotated[Path, typer.Argument(help="Where to write the zip.")],
    permissions: Annotated[
        Path | None, typer.Option(help="Write what its role needs, as JSON, to this file.")
    ] = None,
) -> None:
    """Pack the healer for AWS Lambda; the same code gives the same bytes."""
    with refusals_in_words():
        from cloudscale.adapters.aws.healing import permissions as table
        from cloudscale.serving import healer_package

        count = healer_package.write(file)
        say(f"Wrote {count} files to {file}")
        if permissions:
            permissions.write_text(table.as_text(), encoding="utf-8")
            say(f"Wrote {permissions}")


def _runs(healing: "Healing", is_applied: bool, is_once: bool, is_json: bool) -> int:
    """Run once, or each minute until stopped; the exit code."""
    from cloudscale.serving.signals import stop_on_signals

    if is_once:
        return 0 if healing.once(is_applied=is_applied, is_json=is_json) else 1
    say("Looking each minute until stopped (Ctrl-C).")
    with stop_on_signals():
        while True:
            began = time.monotonic()
            try:
                healing.once(is_applied=is_applied, is_json=is_json)
            except Refused as refusal:  # AWS may answer again in a minute
                say(str(refusal))
            time.sleep(max(0.0, PAUSE_SECONDS - (time.monotonic() - began)))
    return 0


def _turned(
    healing: "Healing",
    hold: float | None,
    release: bool,
    approve: str | None,
    switch: Position | None,
) -> str:
    """Do the one thing that was asked; in words."""
    if hold is not None:
        return healing.hold(hold)
    if switch is not None:
        return healing.switch(switch)
    if approve is not None:
        return healing.approve(approve, getpass.getuser())
    return healing.release() if release else healing.close_breaker(getpass.getuser())
