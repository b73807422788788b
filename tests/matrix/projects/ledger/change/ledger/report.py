"""Invoices as text."""

from ledger.money import format_amount


def render(invoice):
    """A line for each position, and the total below them."""
    rows = [(line.text, format_amount(line.amount)) for line in invoice.lines]
    rows.append(("total", format_amount(invoice.total)))
    width = max(len(text) for text, _ in rows)
    return "\n".join(f"{text:<{width}}  {amount}" for text, amount in rows)
