"""Small edits of Python code: where, in which order, and what they leave as it was."""

from __future__ import annotations

import ast

import pytest

from gatekeeper.backends.edits import EditsBackend
from gatekeeper.domain import Context, Request
from gatekeeper.repair.ranking import shuffled, variants
from gatekeeper.repair.source import Variant
from gatekeeper.repair.spectrum import Coverage, read_coverage, suspicion

CODE = b'''"""A cart."""


def total(prices, discount=0):
    amount = sum(prices)   # all of them
    if discount > 100 or not prices:
        return None
    for price in prices[1:]:
        amount -= price
    return amount - discount * amount / 10
'''
RED = {("shop/cart.py", line): 1 for line in (5, 6, 8, 9, 10)}
COVERAGE = Coverage(("t::red",), red=RED, green={("shop/cart.py", 5): 8})


def made(coverage: Coverage = COVERAGE) -> list[Variant]:
    files = {"shop/cart.py": CODE, "broken.py": b"def (", "tests/test_cart.py": CODE}
    return variants(coverage, files.get, lambda path: not path.startswith("tests/"), {})


def applied(variant: Variant) -> bytes:
    return CODE[: variant.start] + variant.text.encode() + CODE[variant.end :]


@pytest.mark.parametrize(
    "right",
    [
        b"discount >= 100", b"discount > 100 and not prices", b"prices[0:]", b"amount += price",
        b"/ 100\n", b"amount + discount", b"(prices)   # all of them\n    if discount < 100",
    ],
)  # fmt: skip
def test_likely_repairs_are_among_them(right: bytes) -> None:
    """Operators, boundaries, slices, constants: each as the one change of the file."""
    found = [each for each in made() if right in applied(each)]
    assert found or right.startswith(b"(prices)")


def test_each_edit_changes_its_span_alone_and_still_parses_nearly_always() -> None:
    """Comments and blanks stay; what does not compile is few, and dropped in the sandbox."""
    found = made()
    broken = 0
    for each in found:
        assert b"# all of them" in applied(each) or each.line == 5
        try:
            ast.parse(applied(each))
        except SyntaxError:
            broken += 1
    assert len(found) > 200
    assert broken < len(found) / 10


def test_the_same_input_gives_the_same_order() -> None:
    """Ranked edits are a function of the files and the coverage; shuffled ones of the seed."""
    assert made() == made()
    assert shuffled(made(), 3) == shuffled(reversed(made()), 3)
    assert shuffled(made(), 3) != shuffled(made(), 4)


def test_tests_and_files_that_cannot_be_read_are_left_alone() -> None:
    """No edit of a test, whatever the coverage says, and no crash at a broken file."""
    places = {("tests/test_cart.py", 5): 1, ("broken.py", 1): 1, ("gone.py", 1): 1, **RED}
    assert {each.path for each in made(Coverage(("t",), red=places))} == {"shop/cart.py"}


def test_no_edit_is_offered_twice() -> None:
    """The same span with the same text stands once."""
    keys = [(each.start, each.end, each.text) for each in made()]
    assert len(set(keys)) == len(keys)


def test_suspicion_is_ochiais_and_frames_add_to_it() -> None:
    """1 of 1 red and 3 green: 1/sqrt(1*4) = 0.5; the innermost frame adds its figure."""
    coverage = Coverage(("t",), red={("a.py", 1): 1, ("a.py", 2): 1}, green={("a.py", 1): 3},
                        frames={("a.py", 2): 0.6})  # fmt: skip
    assert suspicion(coverage) == {("a.py", 1): 0.5, ("a.py", 2): 1.6}


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"failed": None}, {"failed": "x", "passed": {}}, {"failed": [1]},
        {"failed": [{"id": 1}]},
        {"ran": [1]}, {"ran": {"a": {"x": "y"}}}, {"took": ["x"]}, {"tests": 3}, {"passed": [[]]},
    ],
)  # fmt: skip
def test_an_answer_of_the_sandbox_that_holds_nothing_is_nothing(answer: dict[str, object]) -> None:
    """No red test recorded: no place is suspicious."""
    assert suspicion(read_coverage(answer, answer)) == {}


def test_times_that_are_not_one_for_each_green_test_make_no_sense() -> None:
    """The code under test may have written the answer: it brings nothing, and no crash later."""
    lying = {"green": ["a", "b"], "took": [0.1], "ran": {"a.py": {"1": "3"}}}
    assert read_coverage({}, lying).others("a.py", 1, 5.0) == []


def test_without_pytest_nothing_is_offered_and_it_is_said() -> None:
    """The backend is exhausted at once, with the reason, and stores that."""
    backend = EditsBackend(None, lambda _: b"")
    proposal = backend.propose(Request(Context(""), 1, 1))
    assert proposal.exhausted
    assert proposal.drafts == ()
    assert "only where pytest" in proposal.notes[0]
    assert b"only where pytest" in proposal.raw
