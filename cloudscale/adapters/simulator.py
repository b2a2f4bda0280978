"""Simulations in a process of their own, so that no page of the shop waits for one.

Question --stdin--> python -m cloudscale simulate --question - --json --stdout--> answer
                                                      --stderr--> "42 %"
"""

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from cloudscale.errors import Busy, StoreError
from cloudscale.ops.scaling.whatif import Question

LONGEST_SECONDS = 180
MOST_AT_ONCE = 1  # in one server process; each takes a core while it runs
LONGEST_WAIT_SECONDS = 5.0  # one that was stopped ends with the next percent
NICE = ("nice", "-n", "10")
LARGEST_ANSWER = 32 * 1024 * 1024
SHARE = re.compile(rb"(\d+) %")
Told = Callable[[float], Awaitable[None]]


class SimulationFailed(StoreError):
    """A simulation did not end well, or not in time (500)."""

    status = 500


class SubprocessSimulator:
    """A `Simulator` that runs this program's own command."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def answer(self, question: Question, progress: Told) -> dict[str, Any]:
        """Run a question; the process ends with whoever waits for it.

        Raises:
            Busy: Another one is running (503).
            SimulationFailed: It did not end well, or not in time.
        """
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            raise Busy("Another simulation is running. Try again in a minute.") from None
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await _run(question.model_dump_json().encode(), progress)
        except TimeoutError:
            raise SimulationFailed(
                f"The simulation took more than {LONGEST_SECONDS} s, so it was stopped. Take a "
                "shorter trace, or fewer policies."
            ) from None
        finally:
            self._places.release()


async def _run(question: bytes, progress: Told) -> dict[str, Any]:
    process = await _started()
    try:
        answer, complaint = await _talk(process, question, progress)
    finally:
        await _end(process)
    if process.returncode:
        raise SimulationFailed(complaint or "The simulation ended without an answer.")
    return json.loads(answer)


async def _started() -> asyncio.subprocess.Process:
    """Start the process; whoever goes away meanwhile waits for that.

    Asyncio cannot end half a start: it would wait for the pipes for good.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *NICE,
            *(sys.executable, "-m", "cloudscale", "simulate", "--question", "-", "--json"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LARGEST_ANSWER,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _end(await starting)
        raise


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


async def _talk(
    process: asyncio.subprocess.Process, question: bytes, progress: Told
) -> tuple[bytes, str]:
    """Hand the question over, follow it, and return the answer and the last words said."""
    assert process.stdin and process.stdout and process.stderr  # noqa: S101
    reading = asyncio.create_task(process.stdout.read())
    try:
        process.stdin.write(question)
        process.stdin.close()
        words = b""
        async for line in process.stderr:
            if told := SHARE.fullmatch(line.strip()):
                await progress(int(told[1]) / 100)
            else:
                words = line.strip() or words
        answer = await reading
        await process.wait()
    finally:
        reading.cancel()
    return answer, words.decode(errors="replace")[:300]
