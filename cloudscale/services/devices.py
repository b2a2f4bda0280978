"""What people call the thing that they visit with, from what it says of itself."""

# The first that is in the user agent counts: most claim to be several.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android tablet"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """A browser and its system: "Firefox on Windows", "Chrome on Android phone".

    Returns:
        "Program" for what does not claim to be a browser, "Unknown device" for what says nothing.
    """
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if not browser:
        return _other(user_agent)
    if system == "Android tablet" and "Mobile" in user_agent:
        system = "Android phone"
    return f"{browser} on {system}" if system else browser


def _other(user_agent: str) -> str:
    if not user_agent:
        return "Unknown device"
    return "Unknown browser" if user_agent.startswith("Mozilla/") else "Program"


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
