"""The command line of breaking things on purpose: `chaos list` and `chaos run`, added by `cli`."""

import getpass
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cloudscale.serving.running import migrated_database, refusals_in_words
from cloudscale.serving.terminal import say
from cloudscale.settings import get_settings

if TYPE_CHECKING:
    from cloudscale.ops.healing.score import Score

MINUTES = 15.0
FOR_AWS = "--confirm, --stop-alarm and --minutes are for a stack on AWS (CLOUD=aws)."
GOES_ON = "Not followed any more; the store goes on healing it. Look at /ops/healing."


def add(app: typer.Typer) -> None:
    """Add the commands to a command line."""
    chaos = typer.Typer(no_args_is_help=True, help="Break something on purpose, and watch it heal.")
    chaos.command("list")(list_)
    chaos.command()(run)
    app.add_typer(chaos, name="chaos")


def list_(
    done: Annotated[
        bool, typer.Option("--done", help="The scorecard: trials that are over, newest first.")
    ] = False,
) -> None:
    """Say what can be broken and what should happen then, or how long past trials took."""
    is_on_aws = get_settings().cloud == "aws"
    with migrated_database() if done and not is_on_aws else refusals_in_words():
        _print(_scorecard(is_on_aws) if done else _trials(is_on_aws))


def run(
    slug: Annotated[str, typer.Argument(help="What to break; chaos list names all.")],
    confirm: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The stack's name, instead of typing it. On AWS."),
    ] = None,
    stop_alarm: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Put it back when this alarm goes off. On AWS."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=1, max=120, help="Put it back after so long; 15. On AWS."),
    ] = None,
) -> None:
    """Break something, and print how long until it was seen, acted on and healthy again.

    Exits 0 when it healed, 1 when it did not in time or could not be begun, and 2 where the
    stack's name was not confirmed.
    """
    _require_trial(slug)
    if get_settings().cloud == "aws":
        with refusals_in_words():
            raise typer.Exit(_on_aws(slug, confirm, tuple(stop_alarm or ()), minutes))
    if confirm is not None or stop_alarm or minutes is not None:
        raise typer.BadParameter(FOR_AWS)
    with migrated_database():
        raise typer.Exit(_on_model(slug))


def _require_trial(slug: str) -> None:
    from cloudscale.ops.healing.chaos import BY_SLUG

    if slug not in BY_SLUG:
        raise typer.BadParameter(f"There is no trial {slug}. There are {', '.join(BY_SLUG)}.")


def _on_model(slug: str) -> int:
    from cloudscale.serving import chaos_on_model
    from cloudscale.serving.signals import Stopped

    try:
        return _scored(chaos_on_model.run(slug, getpass.getuser()))
    except Stopped:
        say(GOES_ON)
        return 1


def _on_aws(slug: str, given: str | None, stop_at: tuple[str, ...], minutes: float | None) -> int:
    from cloudscale.ops.healing.trial_ports import Terms
    from cloudscale.serving.chaos_on_aws import AwsChaos

    chaos = AwsChaos(get_settings())
    if given is None and not sys.stdin.isatty():
        say(f"Nothing was broken: confirm it with --confirm {chaos.stack}, or at a terminal.")
        return 2
    if given is not None and given != chaos.stack:
        return _not_confirmed()

    def ask() -> bool:
        """The name that was given, or that is typed now that it is told what would be done."""
        asked = "Type the stack's name to break it"
        return (given or typer.prompt(asked, err=True)) == chaos.stack

    terms = Terms(getpass.getuser(), minutes or MINUTES, stop_at)
    score, is_confirmed = chaos.run(slug, terms, ask)
    if not is_confirmed:
        return _not_confirmed()
    return _scored(score) if score else 1


def _not_confirmed() -> int:
    say("That is not the stack's name. Nothing was broken.")
    return 2


def _scored(score: "Score") -> int:
    _print([score.line()])
    return 0 if score.is_healed else 1


def _trials(is_on_aws: bool) -> list[str]:
    from cloudscale.ops.healing.chaos import CHAOS, ON_AWS

    lines = []
    for one in CHAOS:
        does, expects = ON_AWS[one.slug] if is_on_aws else (one.does, one.expects)
        lines += [one.slug, f"  {does}", f"  {expects}"]
    return lines


def _scorecard(is_on_aws: bool) -> list[str]:
    if not is_on_aws:
        from cloudscale.serving import chaos_on_model

        return _dated(chaos_on_model.done())
    from cloudscale.serving.chaos_on_aws import AwsChaos

    under_way, scores = AwsChaos(get_settings()).scorecard()
    return [*under_way, *_dated(scores)]


def _dated(scores: Sequence["Score"]) -> list[str]:
    lines = [f"{one.started_at:%Y-%m-%d %H:%M:%S} UTC {one.line()}" for one in scores]
    return lines or ["Nothing was broken on purpose yet."]


def _print(lines: Sequence[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
