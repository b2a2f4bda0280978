"""The process of virtual shoppers: `python -m cloudscale.adapters.load_lab URL`, errand on stdin.

Ends when the time is over, or when its stdin is closed.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from cloudscale.adapters.load_lab.shopper import Shopper
from cloudscale.ops.load_lab.errand import Errand
from cloudscale.ops.load_lab.figures import Tally
from cloudscale.ops.load_lab.plan import Pace

TIMEOUT_SECONDS = 10.0
LONGEST_ERRAND = 1024 * 1024
AGENT = "CloudScale-Load-Lab/1"


def client_of(url: str, errand: Errand) -> httpx.AsyncClient:
    """What all shoppers send by: connections are shared, sessions are not."""
    name, proof = errand.header
    many = errand.plan.shoppers
    return httpx.AsyncClient(
        base_url=url,
        headers={name: proof, "user-agent": AGENT},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        timeout=TIMEOUT_SECONDS,
        limits=httpx.Limits(max_connections=many, max_keepalive_connections=many),
        trust_env=False,
    )


async def shop(url: str, errand: Errand) -> None:
    """Send the shoppers and tell how they do, until the time is over."""
    tally, pace = Tally(), Pace()

    async def wait_for_turn() -> None:
        await asyncio.sleep(pace.wait_seconds(time.monotonic()))

    async def live(client: httpx.AsyncClient, number: int) -> None:
        await asyncio.sleep(errand.plan.joins_at(number))
        tally.shoppers += 1
        shopper = Shopper(client, errand.papers[number], tally, wait_for_turn)
        for move in errand.plan.moves(number):
            await asyncio.sleep(move.pause_seconds)
            await shopper.take(move)

    async with client_of(url, errand) as client:
        lives = [asyncio.create_task(live(client, n)) for n in range(errand.plan.shoppers)]
        try:
            await _tell(tally, errand.plan.seconds, lives)
        finally:
            for one in lives:
                one.cancel()
            await asyncio.wait(lives)


async def _tell(tally: Tally, seconds: float, lives: list[asyncio.Task[None]]) -> None:
    """A line a second; raises what a shopper raised, which would be a mistake of ours."""
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        done, _ = await asyncio.wait(
            lives, timeout=min(left, 1.0), return_when=asyncio.FIRST_COMPLETED
        )
        for one in done:
            one.result()
        sys.stdout.write(json.dumps(tally.figures(time.perf_counter()).as_json()) + "\n")
        sys.stdout.flush()


async def _until_closed(stdin: asyncio.StreamReader) -> None:
    """Return when nobody holds the other end any more."""
    while await stdin.read(1024):
        pass


async def main(url: str) -> None:
    """Read the errand and carry it out, unless stdin is closed first."""
    stdin = asyncio.StreamReader(limit=LONGEST_ERRAND)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    errand = Errand.of_line(await stdin.readline())
    shopping = asyncio.create_task(shop(url, errand))
    closed = asyncio.create_task(_until_closed(stdin))
    await asyncio.wait({shopping, closed}, return_when=asyncio.FIRST_COMPLETED)
    if not shopping.done():
        shopping.cancel()
        await asyncio.wait({shopping})
    elif failure := shopping.exception():
        raise failure


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # nobody hears it any more: the end, like a closed stdin
        asyncio.run(main(sys.argv[1]))
