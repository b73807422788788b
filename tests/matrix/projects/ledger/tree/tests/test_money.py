import pytest

from ledger import LedgerError, format_amount, parse_amount


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1", 100), ("1.5", 150), ("0.05", 5), ("1,234.50", 123450), ("-2.25", -225), (" 7 ", 700)],
)
def test_parse(text, cents):
    assert parse_amount(text) == cents


@pytest.mark.parametrize("text", ["", "abc", "1.234", "1.x"])
def test_parse_refuses(text):
    with pytest.raises(LedgerError):
        parse_amount(text or "none")


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "EUR 0.00"), (123450, "EUR 1,234.50"), (-5, "EUR -0.05")]
)
def test_format(cents, text):
    assert format_amount(cents) == text


def test_currency_of_the_surroundings(monkeypatch):
    monkeypatch.setenv("LEDGER_CURRENCY", "CHF")
    assert format_amount(100) == "CHF 1.00"
