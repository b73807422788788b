import pytest

from ledger.errors import LedgerError
from ledger.shares import split, split_by


@pytest.mark.parametrize(
    ("cents", "parts", "expected"),
    [
        (90, 3, [30, 30, 30]),
        (100, 3, [34, 33, 33]),
        (1000, 7, [143, 143, 143, 143, 143, 143, 142]),
        (0, 2, [0, 0]),
    ],
)
def test_split(cents, parts, expected):
    assert split(cents, parts) == expected


def test_no_parts():
    with pytest.raises(LedgerError):
        split(100, 0)


def test_split_by_weights():
    assert split_by(100, [2, 1]) == [67, 33]
    assert split_by(80, [1, 3]) == [20, 60]


def test_weights_of_nothing():
    with pytest.raises(LedgerError):
        split_by(100, [0, 0])
