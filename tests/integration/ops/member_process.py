"""A server process that does nothing but measure itself, to be killed or frozen by a test.

DATABASE_URL=… python member_process.py NAME      # writes "leads" when it does
"""

import asyncio
import os
import sys

from cloudscale import tether
from cloudscale.ops.telemetry.serving import Kind
from tests.fleet import Steady, member

REQUESTS_PER_SECOND = 10


async def main(name: str) -> None:
    """Serve ten requests a second, in its own imagination, until killed."""
    one = member(name, Steady(cpu_percent=50.0))
    async with one.running():
        has_led = False
        while True:
            one.serving.record(Kind.PAGE, "/", 0.01)
            if one.post.leadership.is_held and not has_led:
                has_led = True
                sys.stdout.write("leads\n")
                sys.stdout.flush()
            await asyncio.sleep(1 / REQUESTS_PER_SECOND)


if __name__ == "__main__":
    tether.end_with_parent(int(os.environ["PARENT_PID"]))
    asyncio.run(main(sys.argv[1]))
