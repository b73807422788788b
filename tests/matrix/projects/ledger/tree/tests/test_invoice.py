import pytest

from ledger import Invoice, LedgerError
from ledger.report import render


@pytest.fixture
def invoice():
    return Invoice("DE").add("paper", 450, 2).add("ink", 1999)


def test_net(invoice):
    assert invoice.net == 2899


def test_total(invoice):
    assert invoice.total == 3450


def test_installments(invoice):
    assert invoice.installments(4) == [863, 863, 862, 862]


def test_one_installment(invoice):
    assert invoice.installments(1) == [3450]


def test_no_quantity():
    with pytest.raises(LedgerError):
        Invoice("DE").add("air", 0, 0)


def test_render(invoice):
    assert render(invoice).splitlines() == [
        "paper  EUR 9.00",
        "ink    EUR 19.99",
        "total  EUR 34.50",
    ]
