"""Guard `size`: a fix that nobody can review is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.ports import Guard, Tree


def size_limits(lines: int = 200, files: int = 10, diff_bytes: int = 256 * 1024) -> Guard:
    """A guard on lines (added and removed), files and bytes of the diff; 0 means no limit."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        del before, after
        return _findings(candidate, lines, files, diff_bytes)

    return look


def _findings(candidate: Candidate, lines: int, files: int, diff_bytes: int) -> Iterator[Finding]:
    changes = candidate.changes
    measured = (
        ("lines", sum(change.added + change.removed for change in changes), lines, "size_lines"),
        ("files", len(changes), files, "size_files"),
        ("bytes of diff", len(candidate.diff), diff_bytes, ""),
    )
    for unit, found, limit, key in measured:
        if limit and found > limit:
            allowed = f"the {limit} that `guards.{key}` allows" if key else f"the limit of {limit}"
            way_out = "make a smaller fix, or raise the limit" if key else "make a smaller fix"
            message = f"changes {found} {unit}, more than {allowed}: {way_out}."
            yield Finding("size", Level.BLOCK, message)
