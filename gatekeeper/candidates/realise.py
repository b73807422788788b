"""From a draft to a candidate: the change made in a tree of its own, the diff rendered by git."""

from __future__ import annotations

import re

from gatekeeper.candidates.edits import EditRefused, edit_files
from gatekeeper.candidates.mend import mend
from gatekeeper.candidates.paths import path_problem
from gatekeeper.candidates.refusal import Refusal
from gatekeeper.domain import Candidate, Draft, FileChange
from gatekeeper.git import PatchRefused, Repository

_MOVED = re.compile(r"succeeded at \d+ \(offset")


def realise(draft: Draft, repository: Repository, base_tree: str, name: str) -> Candidate | Refusal:
    """Apply a draft to `base_tree`. The candidate has `name` as its id.

    What the guards judge is the difference of the two trees, never the text of the draft.
    """
    if draft.edits and draft.diff:
        return Refusal(("the draft has both edits and a diff; give one of them",))
    if not draft.edits and not draft.diff.strip():
        return Refusal(("the draft holds no change",))
    try:
        if draft.edits:
            contents, remarks = edit_files(draft.edits, repository.view(base_tree))
            tree, notes = repository.write_tree_with(base_tree, contents), tuple(remarks)
        else:
            applied = _apply(draft.diff, repository, base_tree)
            if isinstance(applied, Refusal):
                return applied
            tree, notes = applied
    except (EditRefused, PatchRefused) as error:
        return Refusal((str(error),))
    changes = repository.changes(base_tree, tree)
    if reasons := _problems(changes):
        return Refusal(reasons, notes)
    diff = repository.diff(base_tree, tree)
    return Candidate(name, draft, base_tree, tree, changes, diff, notes)


def _apply(
    diff: bytes, repository: Repository, base_tree: str
) -> tuple[str, tuple[str, ...]] | Refusal:
    mended = mend(diff, repository.view(base_tree))
    if isinstance(mended, Refusal):
        return mended
    try:
        tree, said = repository.apply_to_tree(base_tree, mended.diff, mended.flags)
        if repository.patch_sizes(mended.diff, mended.flags) != mended.sizes:
            return Refusal(("git would apply only a part of this diff",), mended.notes)
    except PatchRefused as error:
        return Refusal((f"git does not apply the diff: {error}",), mended.notes)
    notes = list(mended.notes)
    if moved := len(_MOVED.findall(said)):
        notes.append(f"{moved} hunks were found at other lines than they say.")
    return tree, tuple(notes)


def _problems(changes: tuple[FileChange, ...]) -> tuple[str, ...]:
    if not changes:
        return ("the draft changes nothing",)
    new = ((c.path, path_problem(c.path)) for c in changes if c.status == "A")
    return tuple(f"the path {path!r} {problem}" for path, problem in new if problem)
