"""Amounts, taxes and invoices in whole cents."""

from ledger.errors import LedgerError
from ledger.invoice import Invoice, Line
from ledger.money import format_amount, parse_amount
from ledger.shares import split

__all__ = ["Invoice", "LedgerError", "Line", "format_amount", "parse_amount", "split"]
