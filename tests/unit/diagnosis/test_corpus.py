"""Diagnosis and context on real reports of many runners."""

# ruff: noqa: E501 (file names)
from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatekeeper.context.builder import Allowance, Known, build_context
from gatekeeper.diagnosis.rules import diagnose
from gatekeeper.domain import Category, Delta, Diagnosis, RunReport
from gatekeeper.intake.junit import read_reports
from gatekeeper.intake.stacktrace import case_frames
from gatekeeper.redact import Redactor
from tests.support.trees import tree

pytestmark = pytest.mark.corpus

ROOT = Path(__file__).resolve().parents[3]
FILES = (
    Path(os.environ.get("GATEKEEPER_CORPORA", ROOT.parent / "shared" / "corpora")) / "junit/files"
)
WORKSPACE = tree({"README.md": "x\n"})
DELTA = Delta(head="h", tree="t")


def _read() -> dict[str, RunReport]:
    return {
        path.name: read_reports([(path.name, path.read_bytes())])
        for path in sorted(FILES.iterdir())
    }


def _diagnosis(report: RunReport) -> Diagnosis:
    frames = case_frames(report.failing, WORKSPACE.paths())
    return diagnose(report, report.failing, DELTA, WORKSPACE, frames)


def test_every_real_report_gets_a_summary_and_a_bounded_context() -> None:
    """No real report is too odd: a one-line summary, a confidence in 0..0.9, a bounded context."""
    red = {name: report for name, report in _read().items() if report.failing}
    assert len(red) > 20
    for name, report in red.items():
        found = _diagnosis(report)
        assert 0 <= found.confidence <= 0.9, name
        assert found.summary, name
        assert "\n" not in found.summary, name
        context = build_context(
            report, report.failing, DELTA, WORKSPACE, Known(), Allowance(2000), Redactor({})
        )
        assert context.tokens <= 2000, name
        assert context.text.startswith("# FAILURE_RECORD\n"), name


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("allure__junitdata__TEST-org.allurefw.report.junit.JunitTestResultsTest.xml", Category.PRODUCT_BUG),
        ("mikepenz__python__report_flaky.xml", Category.PRODUCT_BUG),
        ("mikepenz__multiple_failures__test_multiple_errors.xml", Category.TIMEOUT),
        ("enricomi__bazel__suite-logs.xml", Category.UNKNOWN),
        ("dorny__fixtures__jest-junit.xml", Category.PRODUCT_BUG),
        ("nextest__fixtures__basic_report.xml", Category.FLAKY),
    ],
)  # fmt: skip
def test_category_of_real_failures(name: str, category: Category) -> None:
    """Comparisons, a time limit, and reports that say nothing."""
    assert _diagnosis(_read()[name]).category is category


@pytest.mark.parametrize(
    ("name", "said", "category"),
    [
        ("dorny__fixtures__jest-junit.xml", "Timeout - Async callback", Category.TIMEOUT),
        ("dorny__fixtures__jest-junit.xml", "expect(received)", Category.PRODUCT_BUG),
        ("dorny__fixtures__jest-junit.xml", "Some error", Category.UNKNOWN),
        ("enricomi__tst__disabled.xml", "error: check(false)", Category.PRODUCT_BUG),
        ("enricomi__tst__disabled.xml", "error: expected 2", Category.UNKNOWN),
        ("enricomi__json__tests.xml", "Expected: ", Category.PRODUCT_BUG),
        ("enricomi__mstest__clicketyclackety.xml", "Expected: 3", Category.PRODUCT_BUG),
        ("jenkinsci__testcase2__result.xml", "Access violation", Category.PRODUCT_BUG),
        ("jenkinsci__testcase5__result.xml", "expected:<2>", Category.PRODUCT_BUG),
        ("launchableinc__fail__output.xml", "Expected equality", Category.PRODUCT_BUG),
        ("mikepenz__issues__testDisabled.xml", "condition was false", Category.PRODUCT_BUG),
        ("mikepenz__multiple_failures__test_multiple_errors.xml", "First timeout", Category.TIMEOUT),
        ("nextest__fixtures__basic_report.xml", "test passed on attempt 4/4", Category.FLAKY),
        ("trunk__data__test-ExpectedFailures.junit.xml", "is true) failed", Category.PRODUCT_BUG),
    ],
)  # fmt: skip
def test_category_of_one_case(name: str, said: str, category: Category) -> None:
    """What other people's runners said, without their code: a claim only where the words make it."""
    found = [case for case in _read()[name].failing if said in f"{case.kind}: {case.message}"]
    assert found
    for case in found:
        report = RunReport(cases=(case,))
        assert _diagnosis(report).category is category, case.message
