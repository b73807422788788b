"""Reports that real runners wrote here, and what must be read of each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.domain import CaseState, RunReport, SourceState
from gatekeeper.intake.junit import read_reports

HERE = Path(__file__).resolve().parents[2] / "assets" / "junit"
REPORTS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "reports.toml").read_text("utf-8"))


def read(name: str) -> RunReport:
    return read_reports([("report.xml", (HERE / f"{name}.xml").read_bytes())])


@pytest.mark.parametrize("name", REPORTS)
def test_cases(name: str) -> None:
    """Every testcase with its state, and nothing mended: these are good reports."""
    report = read(name)
    found = [f"{c.state} {'flaky ' if c.flaky else ''}{c.id}" for c in report.cases]
    assert found == REPORTS[name]["cases"]
    assert [source.state for source in report.sources] == [SourceState.READ]


@pytest.mark.parametrize("name", [name for name in REPORTS if name != "ctest"])
def test_every_red_case_says_why(name: str) -> None:
    """A red case has a message that is not merely its name (CTest has only the output)."""
    for case in read(name).failing:
        assert case.message.strip(), case.id
        assert case.message.strip() != str(case.id)


def test_every_report_has_its_row() -> None:
    """No report lies about that nothing is said of."""
    assert {path.stem for path in HERE.glob("*.xml")} == set(REPORTS)


def test_a_package_that_is_missing_is_noted() -> None:
    """A package that does not compile is counted by gotestsum, and no more: we say so."""
    assert "no testcase tells" in read("gotestsum").sources[0].note
    assert [name for name in REPORTS if read(name).sources[0].note] == ["gotestsum"]


@pytest.mark.parametrize(
    ("attributes", "state"),
    [
        ('status="disabled"', CaseState.SKIPPED),
        ('status="notrun" result="suppressed"', CaseState.SKIPPED),
        ('status="run" result="skipped"', CaseState.SKIPPED),
        ('status="run" result="completed"', CaseState.PASSED),
        ('status="passed"', CaseState.PASSED),
        ('status="Passed" result="success"', CaseState.PASSED),
        ('status="0"', CaseState.PASSED),
        ('status=""', CaseState.PASSED),
    ],
)
def test_a_case_that_did_not_run_did_not_pass(attributes: str, state: CaseState) -> None:
    """A testcase without children passed, unless its attributes say that it never ran."""
    text = f'<testsuite name="s"><testcase classname="c" name="n" {attributes}/></testsuite>'
    (case,) = read_reports([("r.xml", text.encode())]).cases
    assert case.state is state


def test_a_node_todo_is_no_failure() -> None:
    """What node calls `todo` leaves its run green; beside any other kind of skip red stays red."""
    todo, skipped = (
        read_reports(
            [("r.xml", f"<testsuite><testcase name='n'>{s}</testcase></testsuite>".encode())]
        )
        for s in ('<skipped type="todo"/><failure/>', '<skipped type="skip"/><failure/>')
    )
    assert [c.state for c in (*todo.cases, *skipped.cases)] == [
        CaseState.SKIPPED,
        CaseState.FAILURE,
    ]


def test_a_case_of_junit_inside_another_dialect_keeps_its_failure() -> None:
    """A foreign element in a report of NUnit is not read as one that passed."""
    text = (
        b'<test-run><testcase name="n" classname="c"><failure message="no"/></testcase></test-run>'
    )
    assert [c.state for c in read_reports([("r.xml", text)]).cases] == [CaseState.FAILURE]
