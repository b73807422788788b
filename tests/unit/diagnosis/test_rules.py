"""Diagnosis by rules: category, summary, suspects, and confidence that adds up."""

# ruff: noqa: E501 (texts of failures)
from __future__ import annotations

import re
import time

import pytest

from gatekeeper.diagnosis.rules import diagnose
from gatekeeper.domain import (
    CaseId,
    CaseResult,
    CaseState,
    Category,
    Delta,
    Diagnosis,
    FileChange,
    RunReport,
)
from gatekeeper.intake.stacktrace import case_frames
from tests.support.trees import tree

TREE = tree(
    {
        "src/shop/__init__.py": "",
        "src/shop/core.py": "from shop.money import add\n\n\ndef total(xs):\n    return add(xs)\n",
        "src/shop/money.py": "def add(xs):\n    return sum(xs) + 1\n\n\ndef sub(xs):\n    return 0\n",
        "src/shop/far.py": "x = 1\n",
        "tests/test_core.py": "from shop.core import total\n\n\ndef test_total():\n    assert total([1]) == 1\n",
    }
)
NO_DELTA = Delta(head="h", tree="t")
CHANGED = Delta(
    head="h",
    tree="t",
    base="b",
    files=(
        FileChange("src/shop/money.py", "M", "100644", "100644"),
        FileChange("src/shop/far.py", "M", "100644", "100644"),
    ),
    diff=b"diff --git a/src/shop/money.py b/src/shop/money.py\n--- a/src/shop/money.py\n"
    b"+++ b/src/shop/money.py\n@@ -1,2 +1,2 @@\n def add(xs):\n-    return sum(xs)\n+    return sum(xs) + 1\n",
)
ASSERTION = "tests/test_core.py:5: AssertionError\n"


def red(message: str, details: str = "", kind: str = "", name: str = "test_total") -> CaseResult:
    return CaseResult(
        CaseId("tests.test_core", name),
        CaseState.FAILURE,
        message=message,
        details=details,
        kind=kind,
    )


def diagnosis(*cases: CaseResult, delta: Delta = NO_DELTA) -> Diagnosis:
    frames = case_frames(cases, TREE.paths())
    return diagnose(RunReport(cases=cases), cases, delta, TREE, frames)


@pytest.mark.parametrize(
    ("message", "details", "category"),
    [
        ("AssertionError: assert 2 == 1", ASSERTION, Category.PRODUCT_BUG),
        ("expected 3 but was 4", "", Category.PRODUCT_BUG),
        ("AssertionError: assert 'Connection refused' == 'ok'", ASSERTION, Category.PRODUCT_BUG),
        ("AssertionError: SyntaxError not raised", ASSERTION, Category.PRODUCT_BUG),
        (
            "ValueError: no",
            'File "/w/tests/test_core.py", line 5, in test_total\nFile "/w/src/shop/core.py", line 5, in total',
            Category.PRODUCT_BUG,
        ),
        (
            "NameError: name 'totl' is not defined",
            "tests/test_core.py:5: NameError\n",
            Category.TEST_BUG,
        ),
        ("fixture 'basket' not found", "", Category.TEST_BUG),
        ("ModuleNotFoundError: No module named 'requests'", "", Category.DEPENDENCY),
        ("ModuleNotFoundError: No module named 'shop.core2'", "", Category.PRODUCT_BUG),
        ("Error: Cannot find module 'left-pad'", "", Category.DEPENDENCY),
        ("Error: Cannot find module './money'", "", Category.PRODUCT_BUG),
        ("java.lang.NoClassDefFoundError: org/x/Y", "", Category.DEPENDENCY),
        ("SyntaxError: invalid syntax", "", Category.BUILD),
        ("error TS2304: Cannot find name 'x'", "", Category.BUILD),
        ("KeyError: 'DATABASE_URL'", "", Category.CONFIGURATION),
        (
            "requests.exceptions.ConnectionError: getaddrinfo ENOTFOUND db",
            "",
            Category.INFRASTRUCTURE,
        ),
        ("connect ECONNREFUSED 127.0.0.1:5432", "", Category.INFRASTRUCTURE),
        ("MemoryError", "", Category.RESOURCE),
        ("OSError: [Errno 28] No space left on device", "", Category.RESOURCE),
        ("Failed: Timeout (>10.0s) from pytest-timeout.", "", Category.TIMEOUT),
        ("got 3, want 4", "", Category.PRODUCT_BUG),
        ("boom", "", Category.UNKNOWN),
        ("", "", Category.UNKNOWN),
    ],
)
def test_category(message: str, details: str, category: Category) -> None:
    """Signs decide, then the place; words inside of compared values are no signs."""
    found = diagnosis(red(message, details))
    assert found.category is category
    assert found.suggested_fix


def test_quoted_source_of_the_test_is_no_comparison() -> None:
    """An exception raised below an `assert` line is read as an exception."""
    details = ">       assert total([1]) == 1\n\ntests/test_core.py:5: \nsrc/shop/money.py:2: ValueError\n"
    found = diagnosis(red("ValueError: bad sum", details))
    assert "the error arises in src/shop/money.py:2" in found.summary


def test_flaky_is_what_the_report_says() -> None:
    """A case that the runner saw pass on a rerun is flaky, whatever its message."""
    case = CaseResult(CaseId("a", "b"), CaseState.FAILURE, "assert 1 == 2", flaky=True)
    assert diagnosis(case).category is Category.FLAKY


def test_summary_holds_message_place_and_counts() -> None:
    """One paragraph: which case, where, what it said, how many are red."""
    found = diagnosis(red("assert 2 == 1", ASSERTION, "AssertionError"))
    assert "tests.test_core::test_total fails at tests/test_core.py:5" in found.summary
    assert "AssertionError: assert 2 == 1" in found.summary
    assert "Of 1 tests 1 are red" in found.summary
    assert "\n" not in found.summary


def test_changed_code_that_the_test_reaches_counts_more() -> None:
    """Reached and changed beats what is only changed, which beats the test; the change is told."""
    plain = diagnosis(red("assert 2 == 1", ASSERTION, "AssertionError"))
    found = diagnosis(red("assert 2 == 1", ASSERTION, "AssertionError"), delta=CHANGED)
    assert [(s.path, s.symbol) for s in found.suspects][:4] == [
        ("src/shop/core.py", "total"),
        ("src/shop/money.py", "add"),
        ("src/shop/far.py", ""),
        ("tests/test_core.py", "test_total"),
    ]
    assert found.suspects[1].why.endswith("changed by the author")
    assert found.suspects[1].score > plain.suspects[1].score + 0.1
    assert "src/shop/core.py:4 (total)" in found.suggested_fix
    assert all(0 <= suspect.score <= 1 for suspect in found.suspects)


def test_frames_rank_before_what_is_only_imported() -> None:
    """Product frames are the first suspects where nothing was changed."""
    details = '  File "/w/tests/test_core.py", line 5, in test_total\n  File "/w/src/shop/core.py", line 5, in total\n  File "/w/src/shop/money.py", line 2, in add\n'
    found = diagnosis(red("TypeError: x", details))
    assert {s.path for s in found.suspects[:2]} == {"src/shop/money.py", "src/shop/core.py"}


@pytest.mark.parametrize(
    ("cases", "delta", "confidence"),
    [
        ([red("boom", name="other")], NO_DELTA, 0.30),
        ([red("assert 2 == 1", ASSERTION, "AssertionError")], NO_DELTA, 0.85),
        ([red("assert 2 == 1", ASSERTION, "AssertionError")], CHANGED, 0.90),
        ([red("assert 2 == 1", ASSERTION), red("MemoryError", name="b")], NO_DELTA, 0.70),
    ],
)
def test_confidence_adds_up(cases: list[CaseResult], delta: Delta, confidence: float) -> None:
    """The reasons are the terms of the sum, and the sum is held at 0.90."""
    found = diagnosis(*cases, delta=delta)
    assert found.confidence == pytest.approx(confidence)
    terms = [
        float(re.match(r"[+-]\d\.\d\d", r)[0]) for r in found.confidence_reasons if r[0] in "+-"
    ]  # type: ignore[index]
    assert found.confidence == pytest.approx(min(0.9, sum(terms)))


@pytest.mark.parametrize(
    "hostile",
    [
        "expected ",
        "Expected:\n",
        "\n",
        " ",
        "expect(",
        "got ",
        "assertion ",
        "E a\n",
        "check_eq",
        "'../",
    ],
)
def test_hostile_text_is_read_in_bounded_time(hostile: str) -> None:
    """Texts made to backtrack take no more than moments."""
    text = hostile * (200_000 // len(hostile))
    started = time.perf_counter()
    diagnosis(red(text, text))
    assert time.perf_counter() - started < 5


def test_nothing_fails() -> None:
    """Without a failing case there is no claim and no confidence."""
    found = diagnosis()
    assert (found.category, found.confidence, found.suspects) == (Category.UNKNOWN, 0.0, ())
