import pytest

from ledger.errors import LedgerError
from ledger.tax import gross, rate_for, tax_on


@pytest.mark.parametrize(("country", "rate"), [("AT", 20), ("DE", 19), ("LU", 17)])
def test_rate(country, rate):
    assert rate_for(country) == rate


def test_unknown_country():
    with pytest.raises(LedgerError, match="no rate is known for XX"):
        rate_for("XX")


def test_tax_is_rounded_half_up():
    assert tax_on(50, "LU") == 9
    assert tax_on(10, "DE") == 2


def test_gross():
    assert gross(10000, "DE") == 11900
