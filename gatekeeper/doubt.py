"""Whether what a search found is sure enough to be accepted by tests alone.

A search tries edits until the tests pass, so that they pass says less than of a fix that somebody
had a reason for: on real bugs with one test, most of what such searches find is wrong (Smith and
others, 2015; benchmarks/README.md has our figures). So a second sign is wanted: it is the only edit
that passes, and it lies where the failure points. Else a person chooses.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.diagnosis.clarification.questions import MODEL
from gatekeeper.domain import Attempt, Diagnosis, Effect, Option, Question
from gatekeeper.risk import elsewhere

SEARCHED = "search"
"""The label of what no model and no person wrote."""

ID = f"{MODEL}-choice"
"""What an answer to this question is filed under."""


def doubt(passed: Sequence[Attempt], diagnosis: Diagnosis | None) -> Question | None:
    """The question whether the first of `passed` is right, None where nothing speaks against it.

    `passed` are the accepted attempts of a round, the best first.
    """
    different = {each.candidate.tree: each for each in reversed(passed) if each.candidate}
    winner, candidate, count = passed[0], passed[0].candidate, len(different)
    if winner.draft.label != SEARCHED or candidate is None:
        return None
    away = elsewhere(candidate, diagnosis.suspects if diagnosis else ())
    if count > 1:
        text = f"Which of these {count} edits is right? Each passes every test."
        why = f"{count} different edits pass every test, so the tests do not say which is right"
    elif away:
        text = "Is this edit right? It passes every test, and the failure points elsewhere."
        why = f"{away.rstrip('.')}, so the tests may pass by chance"
    else:
        return None
    rows = sorted(different.values(), key=lambda each: each.rank)
    options = tuple(Option(_said(each), Effect.TAKE, mark(each)) for each in rows)
    none = Option("None of them: look further.", Effect.NOTE)
    return Question(text, (*options, none), f"Found by trying edits: {why}.", ID)


def mark(attempt: Attempt) -> str:
    """What an answer names a candidate by: its content, as numbers may differ in another run."""
    return attempt.candidate.tree[:10] if attempt.candidate else ""


def _said(attempt: Attempt) -> str:
    what = attempt.draft.rationale.partition(": with this")[0]
    return f"{what}."
