"""The command line of `doctor`, added to the others by `cli`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from cloudscale.settings import get_settings

Refusals = Callable[[], AbstractContextManager[None]]


def add(app: typer.Typer, refusals_in_words: Refusals) -> None:
    """Add the command.

    Args:
        app: The command line.
        refusals_in_words: Says why a command cannot be done, and exits 1.
    """

    @app.command()
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

            if configuration:
                from cloudscale.serving.diagnosis.configuration import findings

                found = findings(files or ())
            elif fleet is not None:
                from cloudscale.serving.diagnosis import outside

                found = outside.findings(fleet)
            elif stack is not None:
                from cloudscale.serving.diagnosis import stack as of_stack

                found = of_stack.findings(get_settings(), stack)
            else:
                from cloudscale.serving.diagnosis import machine

                found = machine.findings(get_settings())
            raise typer.Exit(report(found, is_json=json))
