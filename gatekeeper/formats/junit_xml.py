"""`junit.xml`: the run of the whole suite that decided, for the pipeline's test view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gatekeeper.domain import CaseResult, CaseState, Report, Run
from gatekeeper.escape import xml_attribute, xml_text

_CHILD = {CaseState.FAILURE: "failure", CaseState.ERROR: "error", CaseState.SKIPPED: "skipped"}


class JUnitXml:
    """The accepted candidate's run, else the last trial's, else that of the unchanged commit."""

    filename = "junit.xml"

    def render(self, report: Report) -> bytes | None:
        """JUnit XML rebuilt from what was read; None where nothing was run."""
        run = _run(report)
        return "".join(_document(run)).encode("utf-8") if run else None


def _run(report: Report) -> Run | None:
    tried = [attempt for attempt in report.attempts if attempt.trial and attempt.trial.runs]
    accepted = [attempt for attempt in tried if attempt.id == report.accepted]
    for attempt in (*accepted, *reversed(tried)):
        runs = attempt.trial.runs if attempt.trial else ()
        return next((run for run in runs if run.purpose == "suite"), runs[-1])
    return report.inventory


def _document(run: Run) -> Iterator[str]:
    suites: dict[str, list[CaseResult]] = {}
    for case in (*run.report.cases, *run.report.suite_errors):
        suites.setdefault(case.suite, []).append(case)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<testsuites name="{xml_attribute(run.purpose)}">\n'
    for name, cases in suites.items():
        yield from _suite(name, cases)
    yield "</testsuites>\n"


def _suite(name: str, cases: Sequence[CaseResult]) -> Iterator[str]:
    states = [case.state for case in cases]
    yield (
        f'<testsuite name="{xml_attribute(name)}" tests="{len(states)}"'
        f' failures="{states.count(CaseState.FAILURE)}" errors="{states.count(CaseState.ERROR)}"'
        f' skipped="{states.count(CaseState.SKIPPED)}"'
        f' time="{sum(case.seconds or 0.0 for case in cases):.3f}">\n'
    )
    for case in cases:
        yield f"<testcase{_attributes(case)}>{_child(case)}</testcase>\n"
    yield "</testsuite>\n"


def _attributes(case: CaseResult) -> str:
    written = {
        "classname": case.id.classname,
        "name": case.id.name,
        "file": case.file,
        "line": "" if case.line is None else str(case.line),
        "time": "" if case.seconds is None else f"{case.seconds:.3f}",
    }
    return "".join(f' {key}="{xml_attribute(value)}"' for key, value in written.items() if value)


def _child(case: CaseResult) -> str:
    tag = _CHILD.get(case.state)
    output = f"<system-out>{xml_text(case.output)}</system-out>" if case.output else ""
    if tag is None:
        return output
    kind = f' type="{xml_attribute(case.kind)}"' if case.kind else ""
    start = f'<{tag} message="{xml_attribute(case.message)}"{kind}>'
    return f"{start}{xml_text(case.details)}</{tag}>{output}"
