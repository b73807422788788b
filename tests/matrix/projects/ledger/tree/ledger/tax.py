"""Value-added tax."""

from ledger.errors import LedgerError

RATES = {"AT": 20, "DE": 19, "FR": 20, "LU": 17}


def rate_for(country):
    """Per cent of a country's standard rate."""
    try:
        return RATES[country]
    except KeyError:
        raise LedgerError(f"no rate is known for {country}") from None


def tax_on(net, country):
    """Tax in cents on a net amount, rounded half up."""
    return (net * rate_for(country) + 50) // 100


def gross(net, country):
    """Net and tax together."""
    return net + tax_on(net, country)
