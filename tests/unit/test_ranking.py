"""Which of several accepted candidates is offered."""

from __future__ import annotations

import pytest

from gatekeeper.domain import Attempt, Candidate, Decision, Draft, FileChange, Risk, Verdict
from gatekeeper.ranking import ranked


def attempt(
    id_: str, *, tree: str = "", lines: int = 2, risk: int = 0, label: str = "", good: bool = True
) -> Attempt:
    draft = Draft(label=label)
    change = FileChange("a.py", "M", "100644", "100644", False, lines, 0)
    candidate = Candidate(id_, draft, "base", tree or id_, (change,), b"")
    decision = Decision.ACCEPTED if good else Decision.REJECTED
    return Attempt(id_, 1, draft, Verdict(decision, ()), candidate, risk=Risk(risk))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"label": "", "risk": 90}, {"label": "revert", "risk": 0}),
        ({"risk": 5, "lines": 40}, {"risk": 30, "lines": 1}),
        ({"risk": 12, "lines": 3}, {"risk": 11, "lines": 9}),  # equally risky
        ({}, {}),  # the earlier one
    ],
)
def test_order(better: dict[str, object], worse: dict[str, object]) -> None:
    """Repair before revert, then risk by tens, then size, then the order they came in."""
    found = ranked([attempt("1.1", **better), attempt("1.2", **worse)])  # type: ignore[arg-type]
    assert [each.rank for each in found] == [1, 2]
    if better != worse:
        turned = ranked([attempt("1.1", **worse), attempt("1.2", **better)])  # type: ignore[arg-type]
        assert [each.rank for each in turned] == [2, 1]


def test_agreement_counts_before_size() -> None:
    """The same tree from two drafts, of which the second was not tried, goes before a smaller."""
    same = [attempt("1.1", tree="t", lines=9), attempt("1.2", tree="t", lines=9, good=False)]
    found = ranked([*same, attempt("1.3", lines=1)])
    assert [each.rank for each in found] == [1, 0, 2]
    assert "2 drafts agree on it" in found[0].rank_why


def test_what_was_rejected_has_no_rank() -> None:
    """Only accepted attempts are ranked; the others come back as they were."""
    rejected = attempt("1.1", good=False)
    assert ranked([rejected]) == (rejected,)
