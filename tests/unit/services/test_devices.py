"""Devices are named in a few words."""

import pytest

from cloudscale.services.devices import device_name

APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Windows",
        ),
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36 Edg/140.0", "Edge on Windows"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541) {CHROME} Safari/537.36", "Chrome on Chromebook"),
        (
            f"Mozilla/5.0 (Linux; Android 15) {CHROME} Mobile Safari/537.36",
            "Chrome on Android phone",
        ),
        (f"Mozilla/5.0 (Linux; Android 15) {CHROME} Safari/537.36", "Chrome on Android tablet"),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/18.5 Safari/605.1.15",
            "Safari on Mac",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {APPLE} CriOS/140",
            "Chrome on iPhone",
        ),
        ("Firefox/140", "Firefox"),
        ("Mozilla/5.0 (Something)", "Unknown browser"),
        ("curl/8.9.1", "Program"),
        ("python-httpx/0.28", "Program"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_called_by_its_browser_and_its_system(user_agent: str, name: str):
    assert device_name(user_agent) == name
