"""`dev`: Reflex's own development server, with the database and the secret that `serve` uses.

Pages come from PORT and reload themselves; the API is one port above, and PORT passes it on.
"""

import os
import signal
import subprocess
import sys

from cloudscale import tether
from cloudscale.serving import port, preparation
from cloudscale.serving.database import OwnDatabase
from cloudscale.serving.signals import stop_on_signals
from cloudscale.serving.terminal import say
from cloudscale.settings import ROOT, Settings

STOP_TIMEOUT_SECONDS = 5


def serve(settings: Settings) -> int:
    """Serve with hot reload until a signal says stop.

    Args:
        settings: The settings of this process.

    Returns:
        Exit code: 0 stopped as asked, else Reflex's own.

    Raises:
        Refused: A port is taken, or the database cannot run.
    """
    for number in (settings.port, settings.port + 1):
        port.reserve(settings.host, number).close()
    preparation.export_secret(settings)
    with stop_on_signals(), preparation.database(settings) as own:
        preparation.migrate()
        for role, email, password in preparation.seed():
            say(f"  {role:<8}  {email:<26} {password}")
        return _run_reflex(settings, own)
    return 0


def _run_reflex(settings: Settings, own: OwnDatabase | None) -> int:
    ports = ("--frontend-port", str(settings.port), "--backend-port", str(settings.port + 1))
    me = (str(os.getpid()), str(os.geteuid()), str(os.getegid()))
    reflex = [sys.executable, "-m", "reflex", "run", "--backend-host", settings.host, *ports]
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", tether.__file__, *me, *reflex],
        cwd=ROOT,
        start_new_session=True,
    )
    if own:
        own.watch(on_loss=lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        return child.wait()
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End Reflex and whatever it started; its group is its own."""
    for how in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(child.pid, how)
            child.wait(STOP_TIMEOUT_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
