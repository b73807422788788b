"""The hunks between two trees, and taking some of them back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gatekeeper.domain import FileChange

_RANGES = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines `start..start+count` (from 1) of the old and the new file that differ.

    With `whole`, the file cannot be taken back in parts (added, deleted, binary, another
    mode or type) and the line figures are 0. A count of 0 stands after its start line.
    """

    change: FileChange
    old_start: int = 0
    old_count: int = 0
    new_start: int = 0
    new_count: int = 0
    whole: bool = False

    @property
    def path(self) -> str:
        """The file."""
        return self.change.path


def can_split(change: FileChange) -> bool:
    """Whether single hunks of this file make sense."""
    return change.status == "M" and not change.binary and change.old_mode == change.new_mode


def parse_hunks(change: FileChange, diff: bytes) -> Iterator[Hunk]:
    """The hunks of the diff of one file, without context, as git renders it."""
    for line in diff.split(b"\n"):
        # Every line of content has a mark before it, so this can only be a hunk's head.
        if found := _RANGES.match(line):
            a, b, c, d = (1 if part is None else int(part) for part in found.groups())
            yield Hunk(change, a, b, c, d)


def take_back(old: bytes, new: bytes, hunks: Iterable[Hunk]) -> bytes:
    """`new` with the lines of these hunks as they are in `old`."""
    before, after = _lines(old), _lines(new)
    for hunk in sorted(hunks, key=lambda h: h.new_start, reverse=True):
        at = hunk.new_start - (1 if hunk.new_count else 0)
        source = hunk.old_start - (1 if hunk.old_count else 0)
        after[at : at + hunk.new_count] = before[source : source + hunk.old_count]
    return b"".join(after)


def _lines(content: bytes) -> list[bytes]:
    """Lines as git counts them: only at LF, with their ends."""
    return [part for part in re.split(rb"(?<=\n)", content) if part]
