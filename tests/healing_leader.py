"""A leader that heals a modelled fleet in a real database, for tests that watch it."""

import time

from cloudscale.adapters.simulated import SimulatedFleet
from cloudscale.db import get_engine, unit_of_work
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.live import LiveHealing
from cloudscale.ops.policy import POLICY
from cloudscale.ops.scaling.model import GroupSettings

ZONES = ("ap-south-1a", "ap-south-1b")


class Leader:
    """What the leader is to healing: it lives on, and lets the fleet live on."""

    def __init__(self, mode: Mode = Mode.APPLY) -> None:
        self.fleet = SimulatedFleet(GroupSettings(zones=ZONES))
        self.fleet.begin(POLICY, time.time(), None)
        self.healing = LiveHealing(self.fleet, unit_of_work, "ap-south-1", mode)
        with get_engine().begin() as connection:
            self.healing.begin(connection, time.time())

    def second(self) -> None:
        self.fleet.advance(time.time())
        with get_engine().begin() as connection:
            self.healing.act(connection, time.time(), ())

    def until(self, is_over, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.second()
            if is_over():
                return True
            time.sleep(0.2)
        return False
