"""Runs and reports from one line of text: `a=passed b=failure`."""

from __future__ import annotations

from gatekeeper.domain import (
    CaseId,
    CaseResult,
    CaseState,
    Ending,
    Run,
    RunReport,
    Source,
    SourceState,
)


def case(name: str, state: str) -> CaseResult:
    """A case `t::name`; `name` without class."""
    return CaseResult(CaseId("t", name), CaseState(state))


def report(cases: str) -> RunReport:
    """A report from `name=state` words; a name may repeat."""
    results = tuple(case(*word.split("=")) for word in cases.split())
    source = Source("junit.xml", SourceState.READ, len(results))
    return RunReport(results, (), (source,))


def run(
    cases: str, *, exit_code: int | None = None, ending: Ending = Ending.EXITED, purpose: str = "r"
) -> Run:
    """A run whose exit code agrees with its report unless it is given."""
    found = report(cases)
    code = (1 if found.failing else 0) if exit_code is None else exit_code
    return Run(purpose, "pytest", code, ending, 1.0, found)


def ids(names: str) -> tuple[CaseId, ...]:
    """Ids of `t::name` for each word."""
    return tuple(CaseId("t", name) for name in names.split())
