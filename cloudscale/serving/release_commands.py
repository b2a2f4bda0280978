"""The command line of releases: `release`, `rollout` and `smoke`, added to the others by `cli`."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cloudscale.serving.running import refusals_in_words
from cloudscale.serving.terminal import say
from cloudscale.settings import get_settings

LOOK_SECONDS = 180
"""Less than AWS waits before a replacement is final."""


def add(app: typer.Typer) -> None:
    """Add the commands to a command line."""
    for command in (release, rollout, smoke):
        app.command()(command)


def release(
    output: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("dist"),
    upload: Annotated[
        str | None, typer.Option(metavar="BUCKET", help="Put it into this S3 bucket, too.")
    ] = None,
) -> None:
    """Pack the checked-out commit for servers: program, front end, wheels, checksum."""
    with refusals_in_words():
        from cloudscale.serving import release as releasing

        if upload is not None:
            releasing.require_bucket(upload)
        made = releasing.make(output)
        size = made.size_bytes / 1_000_000
        say(f"{made.version}: {size:.1f} MB in {made.seconds:.1f} s, SHA-256 {made.sha256}")
        if upload:
            is_new = releasing.upload(made, upload, get_settings())
            say(f"{'Uploaded to' if is_new else 'It is there already, in'} {upload}")
        sys.stdout.write(f"{made.tarball}\n")


def rollout(
    group: Annotated[str, typer.Option(help="The Auto Scaling group.")],
    url: Annotated[
        str | None,
        typer.Option("--smoke", metavar="URL", help="Look at the store before it is final."),
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="The version that must answer at that URL.")
    ] = None,
    minutes: Annotated[int, typer.Option(min=1, max=240, help="How long to wait.")] = 60,
) -> None:
    """Bring the newest version to every server; exits 1 when it was taken back."""
    with refusals_in_words():
        from cloudscale.serving import rollout as rolling

        look = _looking(url, version)
        is_there = rolling.bring(get_settings(), group, look, minutes * 60)
        raise typer.Exit(0 if is_there else 1)


def smoke(
    url: Annotated[str, typer.Argument(help="Where the store is, such as its balancer's URL.")],
    version: Annotated[
        str | None, typer.Option(help="The version that must answer, such as a tag.")
    ] = None,
    seconds: Annotated[int, typer.Option(min=1, max=3600, help="How long all may take.")] = 60,
) -> None:
    """Look at a running store as a shopper's browser does; exits 1 when something fails."""
    with refusals_in_words():
        from cloudscale.serving import smoke as smoking

        raise typer.Exit(smoking.run(url, version, seconds))


def _looking(url: str | None, version: str | None) -> Callable[[], bool]:
    """What looks at the store, where somebody says where it is.

    Raises:
        Refused: The URL is none.
    """
    from cloudscale.serving import smoke as smoking

    if url is None:
        return lambda: True
    smoking.site_at(url)
    return lambda: smoking.run(url, version, LOOK_SECONDS) == 0
