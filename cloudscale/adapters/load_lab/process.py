"""The server's end of virtual shoppers: starts their process, hears it, and ends it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import suppress

from cloudscale.ops.load_lab.errand import CrewLost, Errand
from cloudscale.ops.load_lab.figures import Figures
from cloudscale.settings import ROOT

MODULE = "cloudscale.adapters.load_lab"
# 200 shoppers with their cookies are 40 kB.
LONGEST_LINE = 1024 * 1024
SILENCE_SECONDS = 10.0
GOODBYE_SECONDS = 1.0


class ShopperProcess:
    """Sends virtual shoppers; see `ops.load_lab.errand.Crew`.

    Args:
        url: Where this very server answers.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    async def shop(self, errand: Errand) -> AsyncGenerator[Figures, None]:
        """Send them; tells how it goes about once a second, until the plan's time is over.

        Raises:
            CrewLost: They ended by themselves, before their time.
        """
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", MODULE, self._url),
            stdin=PIPE,
            stdout=PIPE,
            cwd=ROOT,
            env={},  # no secret of the server's is of use to them
            limit=LONGEST_LINE,
        )
        try:
            child.stdin.write(errand.as_line().encode() + b"\n")  # type: ignore[union-attr]
            while line := await _heard(child):
                yield Figures.of_json(json.loads(line))
            if await child.wait():
                raise CrewLost(f"exit code {child.returncode}")
        finally:
            await _end(child)


async def _heard(child: Process) -> bytes:
    """The next line; empty at the end.

    Raises:
        CrewLost: Nothing was said for too long.
    """
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            return await child.stdout.readline()  # type: ignore[union-attr]
    except TimeoutError:
        raise CrewLost("nothing was heard of them") from None


async def _end(child: Process) -> None:
    """Close its stdin, which is its end; one that does not go is killed."""
    child.stdin.close()  # type: ignore[union-attr]
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            await child.wait()
    if child.returncode is None:
        child.kill()
        await child.wait()
