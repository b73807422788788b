"""What fails alike is one cause; a bounded number of them is taken on, the rest named."""

from __future__ import annotations

import time

from gatekeeper.diagnosis.causes import MAX_CAUSES, MAX_NAMED, MAX_READ
from gatekeeper.diagnosis.rules import diagnose
from gatekeeper.domain import (
    CaseId,
    CaseResult,
    CaseState,
    Category,
    Delta,
    Diagnosis,
    RunReport,
)
from gatekeeper.intake.stacktrace import case_frames
from tests.support.trees import tree

TREE = tree(
    {
        "src/shop/money.py": "def add(xs):\n    return xs[0]\n\n\ndef sub(xs):\n    return 0\n",
        "tests/test_a.py": "x = 1\n" * 200,
        "tests/test_b.py": "x = 1\n" * 200,
    }
)


def red(name: str, message: str, details: str = "", *, suite: str = "") -> CaseResult:
    return CaseResult(CaseId("tests", name), CaseState.FAILURE, message, "", details, suite=suite)


def trace(test: str, line: int, place: str = "src/shop/money.py:2") -> str:
    return f"tests/{test}.py:{line}: in {test}\n{place}: IndexError\n"


def diagnosed(*cases: CaseResult) -> Diagnosis:
    report = RunReport(cases=cases)
    failing = report.failing
    frames = case_frames(failing[:10], TREE.paths())
    return diagnose(report, failing, Delta(head="h", tree="t"), TREE, frames)


def counts(*cases: CaseResult) -> list[int]:
    return [cause.count for cause in diagnosed(*cases).causes]


def test_one_place_and_one_message_are_one_cause() -> None:
    """Tests of two files that break at the same place of the product, whatever the values."""
    cases = [
        red(
            f"t{n}", f"IndexError: list index {n} out of range", trace(f"test_{'ab'[n % 2]}", n + 1)
        )
        for n in range(8)
    ]
    found = diagnosed(*cases)
    assert [cause.count for cause in found.causes] == [8]
    assert (found.causes[0].path, found.causes[0].line) == ("src/shop/money.py", 2)
    assert "7 more fail like it" in found.summary
    assert found.left_out == ()


def test_other_places_kinds_and_messages_are_other_causes() -> None:
    """Lookalikes: the same words at two places, two messages at one place, two classes."""
    assert counts(
        red("a", "IndexError: out of range", trace("test_a", 1)),
        red("b", "IndexError: out of range", trace("test_a", 1, "src/shop/money.py:6")),
    ) == [1, 1]
    assert counts(
        red("a", "IndexError: out of range", trace("test_a", 1)),
        red("b", "IndexError: pop from empty list", trace("test_a", 1)),
    ) == [1, 1]
    assert counts(
        red("a", "assert 1 == 2", "tests/test_a.py:3: AssertionError\n"),
        red("b", "assert 1 == 2", "tests/test_b.py:3: AssertionError\n"),
    ) == [1, 1]


def test_what_is_around_the_tests_is_one_cause_wherever_it_shows() -> None:
    """One missing module breaks many files at many lines: one cause; two modules are two."""
    missing = [
        red(f"t{n}", f"ModuleNotFoundError: No module named '{name}'", trace("test_a", n + 1))
        for n, name in enumerate(["yaml", "yaml", "yaml", "lxml"])
    ]
    found = diagnosed(*missing)
    assert [(c.category, c.count) for c in found.causes] == [
        (Category.DEPENDENCY, 3),
        (Category.DEPENDENCY, 1),
    ]
    assert "1 more fail for 1 other reason" in found.summary


def test_the_most_frequent_category_leads() -> None:
    """One odd failure among many does not name the whole; nor do many that say nothing."""
    many = [red(f"t{n}", "MemoryError") for n in range(3)]
    assert diagnosed(red("x", "assert 1 == 2"), *many).category is Category.RESOURCE
    silent = [red(f"s{n}", f"boom {'x' * n}") for n in range(9)]
    assert diagnosed(*silent, many[0]).category is Category.RESOURCE


def test_a_bounded_number_is_taken_on_and_the_rest_named() -> None:
    """A thousand causes: ten are told, each other case is named, and it takes moments."""
    words = [chr(97 + n // 26) + chr(97 + n % 26) for n in range(500)]
    cases = [
        red(f"t{n}", f"ValueError: {word}", trace("test_a", 1)) for n, word in enumerate(words)
    ]
    alike = [red(f"u{n}", f"ValueError: {words[0]}", trace("test_b", 1)) for n in range(500)]
    started = time.process_time()
    found = diagnosed(*cases, *alike)
    assert time.process_time() - started < 10
    assert len(found.causes) == MAX_CAUSES
    assert found.causes[0].count == 501
    assert len(found.causes[0].cases) == MAX_NAMED
    told = sum(cause.count for cause in found.causes)
    assert told + len(found.left_out) == 1000
    assert len(found.left_out) == 500 - MAX_CAUSES
    assert MAX_READ < 500


def test_red_and_then_passed_in_one_report_is_flaky() -> None:
    """A runner that repeats failed tests writes both; the other order is a later failure."""
    bad, good = red("t", "assert 1 == 2"), CaseResult(CaseId("tests", "t"), CaseState.PASSED)
    assert diagnosed(bad, good).category is Category.FLAKY
    assert diagnosed(good, bad).category is Category.PRODUCT_BUG
    other = CaseResult(CaseId("tests", "t"), CaseState.PASSED, suite="another suite")
    assert diagnosed(bad, other).category is Category.PRODUCT_BUG
