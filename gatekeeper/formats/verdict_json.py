"""`verdict.json`: the machine's contract. `verdict.schema.json` beside this file says its shape.

A pure function of the report, keys in a fixed order, so that two runs can be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from gatekeeper.domain import (
    Attempt,
    Baseline,
    CaseChange,
    CaseId,
    CaseResult,
    Context,
    Delta,
    FileChange,
    Finding,
    Match,
    Proposal,
    Question,
    Report,
    Run,
    RunReport,
    Trial,
)
from gatekeeper.escape import json_bytes

SCHEMA_VERSION = 1
"""Raised when a key is removed or changes its meaning; new keys may come at any time."""

Json = dict[str, Any]


class VerdictJson:
    """Everything that one invocation found out, in every outcome."""

    filename = "verdict.json"

    def render(self, report: Report) -> bytes:
        """JSON in UTF-8; a part of the run that did not happen is null or empty."""
        return json_bytes(_verdict(report))


def _verdict(report: Report) -> Json:
    return {
        "schema_version": SCHEMA_VERSION,
        "command": report.command,
        "outcome": report.outcome,
        "exit_code": report.exit_code,
        "reason": report.reason,
        "hint": report.hint,
        "accepted": report.accepted or None,
        "version": report.version,
        "started": report.started,
        "seconds": round(sum(step.seconds for step in report.steps), 3),
        "base": report.delta.base if report.delta else None,
        "head": report.delta.head if report.delta else None,
        "delta": _delta(report.delta) if report.delta else None,
        "engine": asdict(report.engine) if report.engine else None,
        "image_digest": report.image_digest,
        "backend": report.backend,
        "model": report.model,
        "usage": asdict(report.usage),
        "cost": _cost(report),
        "failures": _reported(report.failures) if report.failures else None,
        "baseline": _baseline(report.baseline) if report.baseline else None,
        "inventory": _run(report.inventory) if report.inventory else None,
        "diagnosis": asdict(report.diagnosis) if report.diagnosis else None,
        "scenario": _scenario(report.match) if report.match else None,
        "scenario_proposal": report.proposed.id if report.proposed else None,
        "context": _context(report.context) if report.context else None,
        "questions": [_question(question) for question in report.questions],
        "answers": [asdict(answer) for answer in report.dialog.answers] if report.dialog else [],
        "attempts": [_attempt(attempt) for attempt in report.attempts],
        "proposals": [_proposal(proposal) for proposal in report.proposals],
        "steps": [asdict(step) for step in report.steps],
        "settings": [
            {"key": key, "value": value, "source": source} for key, value, source in report.settings
        ],
        "guesses": [asdict(guess) for guess in report.guesses],
        "warnings": report.warnings,
        "redactions": [asdict(redaction) for redaction in report.redactions],
    }


def _cost(report: Report) -> Json:
    """Dollars; what has no known price makes the total unknown, which is null and never 0."""
    known = [bill.money for bill in report.bills if bill.money is not None]
    unknown = sorted({bill.model for bill in report.bills if bill.money is None})
    return {
        "usd": None if unknown else round(sum(known), 6),
        "known_usd": round(sum(known), 6),
        "unknown_models": unknown,
        "prices": report.prices,
        "bills": [
            {"model": bill.model, "usage": asdict(bill.usage), "usd": bill.money}
            for bill in report.bills
            if bill.usage.requests
        ],
        "earlier": asdict(report.earlier) if report.earlier else None,
    }


def _delta(delta: Delta) -> Json:
    return {
        "tree": delta.tree,
        "source": delta.source,
        "uncommitted": delta.uncommitted,
        "unknown": delta.unknown,
        "files": [_change(change) for change in delta.files],
        "diff_sha256": _sha256(delta.diff),
        "notes": delta.notes,
    }


def _change(change: FileChange) -> Json:
    return {
        "path": change.path,
        "status": change.status,
        "old_mode": change.old_mode,
        "new_mode": change.new_mode,
        "binary": change.binary,
        "added": change.added,
        "removed": change.removed,
    }


def _reported(report: RunReport) -> Json:
    return {
        "counts": asdict(report.counts),
        "failing": [_case(case) for case in report.failing],
        "sources": [asdict(source) for source in report.sources],
    }


def _case(case: CaseResult) -> Json:
    return {
        **asdict(case.id),
        "state": case.state,
        "message": case.message,
        "kind": case.kind,
        "file": case.file,
        "line": case.line,
        "suite": case.suite,
        "flaky": case.flaky,
    }


def _run(run: Run) -> Json:
    return {
        "purpose": run.purpose,
        "command": run.command,
        "exit_code": run.exit_code,
        "ending": run.ending,
        "seconds": run.seconds,
        "note": run.note,
        "watched": run.record is not None,
        **_reported(run.report),
    }


def _baseline(baseline: Baseline) -> Json:
    return {
        "reproduction": baseline.reproduction,
        "fail_to_pass": _ids(baseline.fail_to_pass),
        "flaky": _ids(baseline.flaky),
        "green": _ids(baseline.green),
        "missing": _ids(baseline.missing),
        "runs": [_run(run) for run in baseline.runs],
        "note": baseline.note,
    }


def _scenario(match: Match) -> Json:
    known = match.scenario
    return {
        "id": known.id,
        "title": known.title,
        "score": match.score,
        "band": match.band,
        "reasons": match.reasons,
        "review_required": known.review_required,
        "path": known.path,
    }


def _context(context: Context) -> Json:
    text = context.text.encode("utf-8", "replace")
    return {
        "sha256": _sha256(text),
        "bytes": len(text),
        "tokens": context.tokens,
        "sections": [
            {
                "title": section.title,
                "path": section.path,
                "start": section.start,
                "end": section.end,
                "bytes": section.size,
                "tokens": section.tokens,
                "cut": section.cut,
            }
            for section in context.sections
        ],
        "omitted": context.omitted,
        "redactions": [asdict(redaction) for redaction in context.redactions],
        "held_out": _ids(context.held_out),
    }


def _question(question: Question) -> Json:
    return {
        "id": question.id,
        "text": question.text,
        "options": [option.text for option in question.options],
        "reason": question.reason,
    }


def _attempt(attempt: Attempt) -> Json:
    candidate = attempt.candidate
    diff = candidate.diff if candidate else attempt.draft.diff
    return {
        "id": attempt.id,
        "round": attempt.round,
        "backend": attempt.backend,
        "rank": attempt.rank or None,
        "rank_why": attempt.rank_why,
        "name": attempt.draft.name,
        "label": attempt.draft.label,
        "rationale": attempt.draft.rationale,
        "verdict": attempt.verdict.decision,
        "reasons": attempt.verdict.reasons,
        "findings": [_finding(finding) for finding in attempt.findings],
        "base_tree": candidate.base_tree if candidate else None,
        "tree": candidate.tree if candidate else None,
        "changes": [_change(change) for change in candidate.changes] if candidate else [],
        "notes": candidate.notes if candidate else (),
        "diff_sha256": _sha256(diff) if diff else None,
        "diff_bytes": len(diff),
        "risk": asdict(attempt.risk) if attempt.risk else None,
        "trial": _trial(attempt.trial) if attempt.trial else None,
    }


def _finding(finding: Finding) -> Json:
    return asdict(finding)


def _trial(trial: Trial) -> Json:
    return {
        "fail_to_pass": _changes(trial.fail_to_pass),
        "broken": _changes(trial.broken),
        "new_red": _changes(trial.new_red),
        "excused": _ids(trial.excused),
        "pass_to_pass": trial.pass_to_pass,
        "problems": trial.problems,
        "notes": trial.notes,
        "signals": [asdict(signal) for signal in trial.signals],
        "seconds": trial.seconds,
        "runs": [_run(run) for run in trial.runs],
    }


def _proposal(proposal: Proposal) -> Json:
    return {
        "backend": proposal.backend,
        "model": proposal.model,
        "drafts": len(proposal.drafts),
        "analysis": proposal.analysis,
        "question": _question(proposal.question) if proposal.question else None,
        "usage": asdict(proposal.usage),
        "raw_name": proposal.raw_name,
        "notes": proposal.notes,
        "exhausted": proposal.exhausted,
    }


def _ids(ids: Iterable[CaseId]) -> list[Json]:
    return [asdict(each) for each in ids]


def _changes(changes: Iterable[CaseChange]) -> list[Json]:
    return [
        {**asdict(change.id), "before": change.before, "after": change.after} for change in changes
    ]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
