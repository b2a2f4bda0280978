"""The command line of `doctor`, which `cli` adds to the others."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cloudscale.serving.running import refusals_in_words
from cloudscale.settings import get_settings

if TYPE_CHECKING:
    from cloudscale.serving.diagnosis.finding import Finding


def doctor(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="With --configuration: files of settings, the later ones winning."),
    ] = None,
    configuration: Annotated[
        bool, typer.Option("--configuration", help="Examine settings, and where they lead.")
    ] = False,
    fleet: Annotated[
        str | None, typer.Option(help="Examine what answers at this URL, from outside.")
    ] = None,
    stack: Annotated[
        str | None,
        typer.Option(help="Examine this stack on AWS, such as cloudscale-production."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The findings as JSON.")] = False,
) -> None:
    """Say what is wrong with this machine, a configuration or a fleet, and how to mend it."""
    if sum((configuration, fleet is not None, stack is not None)) > 1:
        raise typer.BadParameter("Ask for one of --configuration, --fleet and --stack.")
    if files and not configuration:
        raise typer.BadParameter("Files are examined with --configuration.")
    with refusals_in_words():
        from cloudscale.serving.diagnosis.finding import report

        found = _findings(files or (), fleet, stack, is_configuration=configuration)
        raise typer.Exit(report(found, is_json=json))


def _findings(
    files: Sequence[Path], fleet: str | None, stack: str | None, *, is_configuration: bool
) -> Iterator["Finding"]:
    """The examinations that were asked for; without a word, those of this machine."""
    if is_configuration:
        from cloudscale.serving.diagnosis import configuration

        return configuration.findings(files)
    if fleet is not None:
        from cloudscale.serving.diagnosis import outside

        return outside.findings(fleet)
    if stack is not None:
        from cloudscale.serving.diagnosis import stack as of_stack

        return of_stack.findings(get_settings(), stack)
    from cloudscale.serving.diagnosis import machine

    return machine.findings(get_settings())
