"""Text to cents and back."""

from ledger.errors import LedgerError
from ledger.settings import currency


def parse_amount(text):
    """Cents of an amount such as `1,234.50`."""
    cleaned = text.replace(",", "").strip()
    whole, _, fraction = cleaned.partition(".")
    if len(fraction) > 2:
        raise LedgerError(f"{text!r} is finer than a cent")
    try:
        sign = -1 if whole.startswith("-") else 1
        return int(whole or 0) * 100 + sign * int(fraction.ljust(2, "0"))
    except ValueError as error:
        raise LedgerError(f"{text!r} is no amount") from error


def format_amount(cents, unit=None):
    """An amount such as `EUR 1,234.50`."""
    sign = "-" if cents < 0 else ""
    whole, fraction = divmod(abs(cents), 100)
    return f"{unit or currency()} {sign}{whole:,}.{fraction:02}"
