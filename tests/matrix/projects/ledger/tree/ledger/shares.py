"""Cents shared out without losing one."""

from ledger.errors import LedgerError


def split(cents, parts):
    """`cents` as a list of `parts` amounts; the first ones are a cent larger where it must be."""
    if parts < 1:
        raise LedgerError("at least one part is needed")
    share, rest = divmod(cents, parts)
    return [share + 1] * rest + [share] * (parts - rest)
