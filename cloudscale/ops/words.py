"""Lengths of time and numbers in words. Imports nothing of ours."""

_SECOND, _MINUTE, _HOUR, _DAY = 1, 60, 3600, 86_400


def duration(seconds: float) -> str:
    """A length of time in its two largest units: `0.3 s`, `48 s`, `1 min 52 s`, `3 d 4 h`."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f}".removesuffix(".0") + " s"
    units = [("d", _DAY), ("h", _HOUR), ("min", _MINUTE), ("s", _SECOND)]
    rest, parts = int(seconds), []
    for name, size in units:
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append((count, name))
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count)


def percent(value: float, decimals: int = 1) -> str:
    """A share of a hundred: `97.2 %`."""
    return f"{value:,.{decimals}f} %"


def times(value: float) -> str:
    """A multiple: `14.4 times`, `0 times`."""
    return f"{amount(value)} times"


def counted(count: float, noun: str) -> str:
    """So many of something: `1 minute`, `1,200 users`."""
    return f"{count:,.0f} {noun}{'' if round(count) == 1 else 's'}"


def amount(value: float) -> str:
    """A number with a digit after the point where that says something: `43.2`, `1,000`."""
    return f"{value:,.1f}".removesuffix(".0")
