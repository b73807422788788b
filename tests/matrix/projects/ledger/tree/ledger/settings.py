"""What the surroundings decide."""

import os

DEFAULT_CURRENCY = "EUR"


def currency():
    """The unit of all amounts."""
    return os.environ.get("LEDGER_CURRENCY", DEFAULT_CURRENCY)
