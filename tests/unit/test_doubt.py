"""Whether an edit that a search found is sure enough to be accepted by tests alone."""

from __future__ import annotations

import pytest

from gatekeeper.domain import (
    Attempt,
    Candidate,
    Category,
    Decision,
    Diagnosis,
    Draft,
    Effect,
    FileChange,
    Suspect,
    Verdict,
)
from gatekeeper.doubt import ID, doubt, mark


def diagnosed(path: str, line: int) -> Diagnosis:
    suspect = Suspect(path, line, line, 0.9, "in the stack trace")
    return Diagnosis(Category.PRODUCT_BUG, "", (suspect,))


def attempt(id_: str, *, tree: str = "", rank: int = 1, label: str = "search") -> Attempt:
    diff = (
        b"diff --git a/shop/cart.py b/shop/cart.py\n--- a/shop/cart.py\n+++ b/shop/cart.py\n"
        b"@@ -7 +7 @@\n-    return 10\n+    return 100\n"
    )
    draft = Draft(label=label, rationale=f"`10` became `{id_}`, line 7: with this the tests pass.")
    change = FileChange("shop/cart.py", "M", "100644", "100644", False, 1, 1)
    candidate = Candidate(id_, draft, "base", (tree or id_) * 10, (change,), diff)
    return Attempt(id_, 1, draft, Verdict(Decision.ACCEPTED, ()), candidate, rank=rank)


NEAR = diagnosed("shop/cart.py", 5)


def test_the_only_edit_that_passes_where_the_failure_points_is_accepted() -> None:
    """Nothing is asked; nor where the diagnosis knows of no place."""
    assert doubt([attempt("1.1")], NEAR) is None
    assert doubt([attempt("1.1")], None) is None


@pytest.mark.parametrize("label", ["", "revert"])
def test_what_a_model_or_the_author_wrote_is_not_doubted(label: str) -> None:
    """Somebody had a reason for it; several of them are ranked, as ever."""
    assert doubt([attempt("1.1", label=label), attempt("1.2", label=label, rank=2)], NEAR) is None


def test_several_edits_are_a_question_with_each_of_them() -> None:
    """The best first, each named by its content; and none of them is an answer too."""
    first, second = attempt("1.1"), attempt("1.2", rank=2)
    question = doubt([first, second], NEAR)
    assert question is not None
    assert question.id == ID
    assert "Which of these 2 edits" in question.text
    assert [option.effect for option in question.options] == [
        Effect.TAKE, Effect.TAKE, Effect.NOTE,
    ]  # fmt: skip
    assert question.options[0].text == "`10` became `1.1`, line 7."
    assert [option.target for option in question.options[:2]] == [mark(first), mark(second)]
    assert mark(first) != mark(second)


def test_the_same_change_twice_is_one() -> None:
    """Two drafts that lead to one tree agree: there is nothing to choose."""
    assert doubt([attempt("1.1", tree="t"), attempt("1.2", tree="t", rank=2)], NEAR) is None


@pytest.mark.parametrize("place", [("shop/other.py", 5), ("shop/cart.py", 500)])
def test_an_edit_away_from_where_the_failure_points_is_a_question(
    place: tuple[str, int],
) -> None:
    """Another file, or another part of the same one: it may pass by chance."""
    question = doubt([attempt("1.1")], diagnosed(*place))
    assert question is not None
    assert "the failure points elsewhere" in question.text
    assert "may pass by chance" in question.reason
