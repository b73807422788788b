"""What is kept of a judged attempt: its verdict, another model's doubt, its risk and its rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gatekeeper.domain import (
    Attempt,
    Candidate,
    CaseResult,
    Decision,
    Opinion,
    Signal,
    Standing,
)
from gatekeeper.gate import heard
from gatekeeper.paying import aside, paid_aside
from gatekeeper.ports import Judge
from gatekeeper.ranking import ranked
from gatekeeper.risk import assess
from gatekeeper.steps import Tools


def record(
    tools: Tools, attempt: Attempt, folder: int | None = None, failing: Sequence[CaseResult] = ()
) -> Attempt:
    """Store a judged attempt and say its verdict; what is accepted, a judge may still doubt."""
    opinion = b""
    if tools.judge and attempt.candidate and attempt.verdict.decision is Decision.ACCEPTED:
        said = _doubt(tools, tools.judge, attempt.candidate, failing)
        attempt, opinion = heard(attempt, said), said.raw
    others = (*tools.journal.report.attempts, attempt)
    attempt = replace(attempt, risk=assess(attempt, tools.journal.report.diagnosis, others))
    tools.journal.attempt(attempt, folder or tools.journal.next_folder(), opinion)
    tools.progress.say(f"candidate {attempt.id}: {attempt.verdict.decision}")
    for reason in attempt.verdict.reasons[:5]:
        tools.progress.say(f"  {reason}")
    return attempt


def _doubt(
    tools: Tools, judge: Judge, candidate: Candidate, failing: Sequence[CaseResult]
) -> Opinion:
    """The judge's opinion; a missing one where the budget does not allow to ask."""
    cases = "".join(f"{case.message}{case.details}" for case in failing)
    told = candidate.diff.decode("utf-8", "replace") + cases
    may = aside(tools, judge.model, told)
    if may.refused:
        why = f"The judge was not asked: {may.refused}."
        tools.journal.warn(why)
        return Opinion(Signal("judge", Standing.MISSING, why))
    said = judge(candidate, failing, may.output_tokens)
    paid_aside(tools, said.model, said.usage, told, may)
    return said


def compared(tools: Tools) -> None:
    """Assess and rank every attempt again, now that all the others are known."""
    known = tools.journal.report.attempts
    assessed = tuple(
        replace(each, risk=assess(each, tools.journal.report.diagnosis, known)) for each in known
    )
    tools.journal.note(attempts=ranked(assessed))
