"""Which browser the tests drive, and how to get one: `python -m tests.e2e.browser`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
# Chromium draws two pages of its own into each new window, for its address bar, which nobody sees
# here: half of what a test's page costs.
UNSEEN = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
# Of several lists Chromium takes the last: what Playwright turns off is named again. A test misses
# what a newer one adds.
OFF_FOR_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
INSTALLERS = {
    "the package manager": (
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "chromium"),
    ),
    "Playwright": ((sys.executable, "-m", "playwright", "install", "chromium"),),
}


def launch_options() -> list[str]:
    """Chromium's flags: nothing goes out or is drawn in vain, and root needs its sandbox off."""
    off = f"--disable-features={','.join((*OFF_FOR_PLAYWRIGHT, *UNSEEN))}"
    return [*QUIET, off, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def find() -> str | None:
    """The path of a Chromium: the machine's own, else the one that Playwright fetched."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        fetched = playwright.chromium.executable_path
    return fetched if Path(fetched).exists() else None


def install() -> str | None:
    """Fetch Chromium where that is possible; returns its path, or `None`."""
    for source, commands in INSTALLERS.items():
        needs_root = commands[0][0] == "apt-get"
        if needs_root and (os.geteuid() != 0 or not shutil.which("apt-get")):
            continue
        sys.stderr.write(f"Installing Chromium for the browser tests with {source}\n")
        if all(subprocess.run(command, check=False).returncode == 0 for command in commands):
            return find()
    return None


def main() -> int:
    """Make sure that a Chromium is there; the exit code says whether it is."""
    if find() or install():
        return 0
    sys.stderr.write(
        "The browser tests need Chromium, and it could not be installed here. "
        "Install it (Debian: apt-get install chromium) and run `make test` again.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
