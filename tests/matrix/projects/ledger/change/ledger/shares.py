"""Cents shared out without losing one."""

from ledger.errors import LedgerError


def split(cents, parts):
    """`cents` as a list of `parts` amounts; the first ones are a cent larger where it must be."""
    if parts < 1:
        raise LedgerError("at least one part is needed")
    return split_by(cents, [1] * parts)


def split_by(cents, weights):
    """`cents` by weight; what rounding leaves over goes to the first ones, a cent each."""
    whole = sum(weights)
    if whole < 1:
        raise LedgerError("the weights add up to nothing")
    return [cents * weight // whole for weight in weights]
