"""What was read of the raw log of a job: the places that say why it failed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """Some lines of a log, cleaned of what only a terminal understands. Lines count from 1.

    `sign` is the name of the sign that line `at` bears, "" in a passage that bears none.
    """

    source: str
    start: int
    at: int
    lines: tuple[str, ...]
    sign: str = ""
    section: str = ""  # of GitLab's runner, "" outside of any

    @property
    def said(self) -> str:
        """The line that was noticed."""
        inside = 0 <= self.at - self.start < len(self.lines)
        return self.lines[self.at - self.start].strip() if inside else ""

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class LogText:
    """One log: how long it is, the passages that matter, and its last lines."""

    source: str
    lines: int
    size: int  # bytes
    passages: tuple[Passage, ...] = ()  # in the order of the log
    tail: Passage | None = None
