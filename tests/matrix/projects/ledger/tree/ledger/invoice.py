"""Invoices, their totals and how they are paid."""

from dataclasses import dataclass, field

from ledger.errors import LedgerError
from ledger.shares import split
from ledger.tax import gross


@dataclass(frozen=True)
class Line:
    """One position."""

    text: str
    price: int
    quantity: int = 1

    @property
    def amount(self):
        """Price times quantity."""
        return self.price * self.quantity


@dataclass
class Invoice:
    """Positions for a customer in one country."""

    country: str
    lines: list = field(default_factory=list)

    def add(self, text, price, quantity=1):
        """Add a position and give the invoice back."""
        if quantity < 1:
            raise LedgerError("a quantity is at least one")
        self.lines.append(Line(text, price, quantity))
        return self

    @property
    def net(self):
        """The sum of all positions."""
        return sum(line.amount for line in self.lines)

    @property
    def total(self):
        """What the customer pays."""
        return gross(self.net, self.country)

    def installments(self, months):
        """What the customer pays each month."""
        return split(self.total, months)
