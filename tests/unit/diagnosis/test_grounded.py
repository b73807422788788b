"""A model's prose is held against the tree: what names something that is not there is dropped."""

from __future__ import annotations

import time

import pytest

from gatekeeper.diagnosis.grounded import grounded, worded
from gatekeeper.domain import Category, Diagnosis, Prose, Suspect
from tests.support.trees import tree

TREE = tree(
    {
        "src/shop/money.py": "RATE = 2\n\n\ndef add(xs):\n    return sum(xs) + 1\n",
        "tests/test_money.py": "from shop.money import add\n",
        "web/price.ts": "export const price = 1\n",
    }
)
GIVEN = "tests.test_money::test_add fails: assert 4 == 3, /etc/shop/key.pem, MoneyError"


def kept(text: str) -> tuple[str, tuple[str, ...]]:
    return grounded(text, TREE, GIVEN, ["src/shop/money.py"])


@pytest.mark.parametrize(
    "text",
    [
        "`add` in src/shop/money.py:5 adds one too much.",
        "`add()` in money.py returns 4, and 3 is expected.",
        "The test tests/test_money.py calls add() with `[1, 2]`.",
        "Replace `sum(xs) + 1` by `sum(xs)`, e.g. in `src/shop/money.py`.",
        "`MoneyError` is raised, and /etc/shop/key.pem is named by the test.",
        "`shop.money` returns `None`, not a `ValueError`.",
        "The price in `web/price.ts` is fine. So is `test_add`.",
        "Run it with Node.js 20 or later, i.e. version 20.1.",
        "Nothing is named here, and there is no full stop",
        "",
    ],
)
def test_what_exists_is_kept(text: str) -> None:
    """Paths by their end, lines that the file has, symbols of the facts and of the suspects."""
    assert kept(text) == (text, ())


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("Look at src/shop/tax.py first.", ("src/shop/tax.py",)),
        ("Look at src/shop/money.py:500 first.", ("src/shop/money.py:500",)),
        ("Call `round_up` instead.", ("round_up",)),
        ("Call `money.round_up()` instead.", ("money.round_up",)),
        ("The function compute_total() is wrong.", ("compute_total",)),
        ("`Basket::add` is wrong.", ("Basket::add",)),
        ("See other/money.py for it.", ("other/money.py",)),
    ],
)
def test_what_does_not_exist_is_dropped_and_named(text: str, dropped: tuple[str, ...]) -> None:
    """The sentence goes, the others stay, and the name is told."""
    assert kept(f"`add` is wrong. {text} Then run the test.") == (
        "`add` is wrong. Then run the test.",
        dropped,
    )


def test_words_change_no_fact() -> None:
    """Category, suspects and confidence are the rules'; where nothing is left, their words too."""
    rules = Diagnosis(
        Category.PRODUCT_BUG, "rules say", (Suspect("src/shop/money.py", 4, 5, 0.9, "why"),),
        "rules advise", 0.8, ("+0.80 x",),
    )  # fmt: skip
    found = worded(rules, Prose("`add` adds one.", "Drop `gone_name`.", "m-1"), TREE, GIVEN)
    assert (found.summary, found.suggested_fix) == ("`add` adds one.", "rules advise")
    assert (found.prose, found.dropped) == ("m-1", ("gone_name",))
    assert (found.category, found.suspects, found.confidence) == (
        rules.category, rules.suspects, rules.confidence,
    )  # fmt: skip
    nothing = worded(rules, Prose("`a_b`.", "See x/y.py.", "m-1"), TREE, GIVEN)
    assert (nothing.summary, nothing.prose) == ("rules say", "rules")
    assert nothing.dropped == ("a_b", "x/y.py")


@pytest.mark.parametrize(
    "hostile", ["a/" * 600, "`a" * 600, "a." * 600, "a.b/" * 300, "x() " * 300]
)
def test_hostile_prose_is_read_in_bounded_time(hostile: str) -> None:
    """Texts made to backtrack take no more than moments; a text has at most 1,200 characters."""
    started = time.process_time()
    kept(hostile)
    assert time.process_time() - started < 2
