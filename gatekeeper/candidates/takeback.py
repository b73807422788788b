"""Whether a candidate is nothing but the author's own change, taken back."""

from __future__ import annotations

from gatekeeper.domain import Candidate
from gatekeeper.git import Hunk, Repository


def takes_back(repository: Repository, base_tree: str, candidate: Candidate) -> bool:
    """Whether the candidate reverts a part of base..tree, and does nothing else.

    Decided by the result, whoever wrote the candidate: the parts of the author's change that
    it touches are taken back by us, and the trees compared.
    """
    tree, paths = candidate.base_tree, {change.path for change in candidate.changes}
    if not paths <= {change.path for change in repository.changes(base_tree, tree)}:
        return False
    mine = repository.hunks(tree, candidate.tree, only=paths)
    authors = repository.hunks(base_tree, tree, only=paths)
    touched = [hunk for hunk in authors if any(_meet(hunk, other) for other in mine)]
    return repository.revert_hunks(tree, touched) == candidate.tree


def _meet(author: Hunk, other: Hunk) -> bool:
    """Whether they change the same lines of the tree under test: new side and old side."""
    if author.path != other.path:
        return False
    if author.whole or other.whole:
        return True
    first, last = _span(author.new_start, author.new_count)
    start, end = _span(other.old_start, other.old_count)
    return first <= end and start <= last


def _span(start: int, count: int) -> tuple[float, float]:
    """First and last line; no lines at all lie between `start` and the next."""
    return (start, start + count - 1) if count else (start + 0.5, start + 0.5)
