"""Errors that callers may catch."""


class LedgerError(ValueError):
    """What was asked for makes no sense with money."""
