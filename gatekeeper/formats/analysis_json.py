"""`analysis.json`: what failed, what kind of failure it is, and where to look."""

from __future__ import annotations

from dataclasses import asdict

from gatekeeper.domain import CaseResult, Category, Cause, Counts, Diagnosis, LogText, Match, Report
from gatekeeper.escape import json_bytes


class AnalysisJson:
    """Counts, failed tests and diagnosis; no file before the report was read."""

    filename = "analysis.json"

    def render(self, report: Report) -> bytes | None:
        """JSON; `category` is "unknown" and `confidence` 0 while there is no diagnosis."""
        failures = report.failures
        if failures is None and report.diagnosis is None:
            return None
        found = report.diagnosis or Diagnosis(Category.UNKNOWN, "")
        return json_bytes(
            {
                "schema_version": 1,
                "counts": asdict(failures.counts if failures else Counts()),
                "failed_tests": [_failed(case) for case in failures.failing] if failures else [],
                "category": found.category,
                "summary": found.summary,
                "suspects": [asdict(suspect) for suspect in found.suspects],
                "suggested_fix": found.suggested_fix,
                "confidence": found.confidence,
                "confidence_reasons": found.confidence_reasons,
                "causes": [_cause(cause) for cause in found.causes],
                "left_out": [str(id_) for id_ in found.left_out],
                "prose": found.prose,
                "dropped": found.dropped,
                "scenario": _scenario(report.match) if report.match else None,
                "logs": [_log(log) for log in report.logs],
                "sources": [asdict(source) for source in failures.sources] if failures else [],
                "redactions": [asdict(redaction) for redaction in report.redactions],
                "notes": (*(report.delta.notes if report.delta else ()), *report.warnings),
            }
        )


def _log(log: LogText) -> dict[str, object]:
    """What was read of one raw log; lines are counted from 1, `says` is the line that counts."""
    return {
        "source": log.source,
        "lines": log.lines,
        "bytes": log.size,
        "passages": [
            {"start": one.start, "says": one.at, "section": one.section, "lines": one.lines}
            for one in log.passages
        ],
    }


def _cause(cause: Cause) -> dict[str, object]:
    """`count` cases fail in this way; `cases` names the first ones."""
    return {
        "category": cause.category,
        "summary": cause.summary,
        "count": cause.count,
        "cases": [str(id_) for id_ in cause.cases],
        "path": cause.path,
        "line": cause.line,
    }


def _scenario(match: Match) -> dict[str, object]:
    known = match.scenario
    return {
        "id": known.id,
        "title": known.title,
        "score": match.score,
        "band": match.band,
        "reasons": match.reasons,
    }


def _failed(case: CaseResult) -> dict[str, object]:
    return {
        "id": str(case.id),
        "classname": case.id.classname,
        "name": case.id.name,
        "state": case.state,
        "message": case.message,
        "kind": case.kind,
        "file": case.file,
        "line": case.line,
    }
