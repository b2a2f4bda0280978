"""Money: whole cents inside, text outside. Imports nothing of ours.

89900 <--cents / dollars--> "$899.00" (screens), "899.00" (API)
"""

from decimal import Decimal

CURRENCY = "USD"
MAX_CENTS = 99_999_999
"""The largest price that is taken in: a million dollars less a cent (fits the column)."""


def decimal_text(cents: int) -> str:
    """Cents as a decimal string, the API's form: 89900 -> "899.00"."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def dollars(cents: int) -> str:
    """Cents as people read them: 129900 -> "$1,299.00"."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def to_cents(text: str) -> int:
    """Read a decimal amount such as "899", "899.5" or "$1,299.00".

    Args:
        text: Dollars, at most two decimals, not negative.

    Returns:
        Whole cents, in [0, MAX_CENTS].

    Raises:
        ValueError: Not an amount, negative, too precise or too large; the message is safe to show.
    """
    cleaned = text.strip().removeprefix("$").replace(",", "")
    try:
        cents = Decimal(cleaned) * 100
    except ArithmeticError:  # not a number, or one beyond what numbers can be
        raise ValueError("must be an amount such as 19.99") from None
    if not cents.is_finite() or cents != cents.to_integral_value():
        raise ValueError("must be an amount with at most two decimals")
    if not 0 <= cents <= MAX_CENTS:
        raise ValueError("must be between 0 and 999,999.99")
    return int(cents)
