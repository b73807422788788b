"""Which of several accepted candidates is offered, and why before the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from gatekeeper.domain import Attempt, Decision

ALIKE = 10
"""Points of risk within which two candidates count as equally risky; its sum is no finer."""


def ranked(attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """The same attempts in the same order, the accepted ones with rank and reason.

    A repair goes before a revert, the less risky before the riskier, what several drafts agree
    on before what one says, the smaller before the larger, the earlier before the later.
    """
    times = Counter(each.candidate.tree for each in attempts if each.candidate)
    accepted = [each for each in attempts if each.verdict.decision is Decision.ACCEPTED]

    def key(attempt: Attempt) -> tuple[bool, int, int, int]:
        return _reverts(attempt), _risk(attempt) // ALIKE, -_times(attempt, times), _size(attempt)

    order = {each.id: number for number, each in enumerate(sorted(accepted, key=key), 1)}
    return tuple(
        replace(each, rank=order[each.id], rank_why=_why(each, _times(each, times)))
        if each.id in order
        else each
        for each in attempts
    )


def _reverts(attempt: Attempt) -> bool:
    return attempt.draft.label == "revert"


def _risk(attempt: Attempt) -> int:
    return attempt.risk.score if attempt.risk else 0


def _times(attempt: Attempt, times: Counter[str]) -> int:
    return times[attempt.candidate.tree] if attempt.candidate else 0


def _size(attempt: Attempt) -> int:
    changes = attempt.candidate.changes if attempt.candidate else ()
    return sum(change.added + change.removed for change in changes)


def _why(attempt: Attempt, times: int) -> str:
    parts = [f"risk {_risk(attempt)}", f"{_size(attempt)} line(s)"]
    if times > 1:
        parts.append(f"{times} drafts agree on it")
    if _reverts(attempt):
        parts.append("takes the author's change back")
    return ", ".join(parts)
