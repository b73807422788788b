"""A unified diff as data: what is a header, what is a hunk, and what is only talk around them.

git reads a diff generously: what it does not understand between two files it skips. Here
everything that looks like a part of a change is either read or refused, so that no diff is
applied only in part without a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from gatekeeper.candidates.refusal import NotADiff

_RANGES = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(.*)", re.DOTALL)
_EXTENDED = (
    b"old mode ", b"new mode ", b"deleted file mode ", b"new file mode ", b"copy from ",
    b"copy to ", b"rename from ", b"rename to ", b"rename old ", b"rename new ",
    b"similarity index ", b"dissimilarity index ", b"index ", b"Binary files ",
)  # fmt: skip
_NO_NEWLINE = b"\\ No newline at end of file"


@dataclass(frozen=True, slots=True)
class TextHunk:
    """One hunk. `lines` have their mark in front and no LF at the end."""

    old_start: int
    new_start: int
    lines: tuple[bytes, ...]
    tail: bytes = b""
    recounted: bool = False

    def side(self, marks: bytes) -> list[bytes]:
        """The lines with one of these marks, without it."""
        return [line[1:] for line in self.lines if line[:1] in (marks[:1], marks[1:])]

    @property
    def old(self) -> list[bytes]:
        """What the file holds before."""
        return self.side(b" -")

    @property
    def new(self) -> list[bytes]:
        """What the file holds after."""
        return self.side(b" +")

    def render(self) -> list[bytes]:
        """The hunk as lines of a diff, with the right counts."""
        sizes = (self.old_start, len(self.old), self.new_start, len(self.new))
        return [b"@@ -%d,%d +%d,%d @@%s" % (*sizes, self.tail), *self.lines]


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The part of a diff that is about one file; `names` are as written after --- and +++."""

    git_line: bytes = b""  # "diff --git ..."
    extended: tuple[bytes, ...] = ()
    names: tuple[bytes, bytes] | None = None
    hunks: tuple[TextHunk, ...] = ()
    binary: tuple[bytes, ...] = ()

    def render(self) -> list[bytes]:
        """The part as lines of a diff."""
        head = [*([self.git_line] if self.git_line else []), *self.extended]
        if self.names:
            head += [b"--- " + self.names[0], b"+++ " + self.names[1]]
        return [*head, *(line for hunk in self.hunks for line in hunk.render()), *self.binary]

    @property
    def moves(self) -> bool:
        """Whether the header says that the file comes from another one."""
        return any(line.startswith((b"rename ", b"copy ")) for line in self.extended)

    @property
    def sizes(self) -> tuple[int, int] | None:
        """Lines added and removed; None for a binary patch."""
        if self.binary:
            return None
        marks = [line[:1] for hunk in self.hunks for line in hunk.lines]
        return marks.count(b"+"), marks.count(b"-")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole diff, and whether other text stood around it."""

    files: tuple[FilePatch, ...]
    talk: bool = False


@dataclass(slots=True)
class _Draft:
    """A FilePatch while it is read."""

    git_line: bytes = b""
    extended: list[bytes] = field(default_factory=list)
    names: tuple[bytes, bytes] | None = None
    hunks: list[TextHunk] = field(default_factory=list)
    binary: list[bytes] = field(default_factory=list)

    def done(self) -> FilePatch:
        if self.names and not self.hunks:
            raise NotADiff(f"there is no hunk for {_show(self.names[1])}")
        if not (self.names or self.extended or self.binary):
            raise NotADiff(f"nothing follows `{_show(self.git_line)}`")
        return FilePatch(
            self.git_line, tuple(self.extended), self.names, tuple(self.hunks), tuple(self.binary)
        )


def parse(text: bytes) -> Parsed:
    """Read a diff with LF or CRLF line ends. Raises NotADiff."""
    return _Reader(text.removesuffix(b"\n").split(b"\n")).read()


class _Reader:
    def __init__(self, lines: Sequence[bytes]) -> None:
        self.lines = lines
        self.at = 0
        self.drafts: list[_Draft] = []
        self.talk = False

    def read(self) -> Parsed:
        while self.at < len(self.lines):
            self._step()
        if not self.drafts:
            raise NotADiff("there is no unified diff in it")
        return Parsed(tuple(draft.done() for draft in self.drafts), self.talk)

    def _step(self) -> None:
        line = self._line(self.at)
        current = self.drafts[-1] if self.drafts else None
        if line.startswith(b"diff --git "):
            self.drafts.append(_Draft(git_line=line))
        elif self._names_at(self.at):
            self._read_names(current)
            return
        elif line.startswith(b"@@ "):
            self._read_hunk(current)
            return
        elif current and line == b"GIT binary patch":
            self._read_binary(current)
            return
        elif current and current.git_line and _open(current) and line.startswith(_EXTENDED):
            current.extended.append(line)
        elif line.startswith(b"+++ "):
            raise NotADiff(
                f"line {self.at + 1}: this file name has no `---` before or no `@@` after"
            )
        elif line.strip():
            self.talk = True
        self.at += 1

    def _line(self, at: int) -> bytes:
        """A line outside of hunks, where a CR can only come from the way it was carried."""
        return self.lines[at].removesuffix(b"\r") if at < len(self.lines) else b""

    def _names_at(self, at: int) -> bool:
        return (
            self._line(at).startswith(b"--- ")
            and self._line(at + 1).startswith(b"+++ ")
            and self._line(at + 2).startswith(b"@@ ")
        )

    def _read_names(self, current: _Draft | None) -> None:
        if current is None or not current.git_line or not _open(current):
            current = _Draft()
            self.drafts.append(current)
        current.names = (self._line(self.at)[4:], self._line(self.at + 1)[4:])
        self.at += 2

    def _read_binary(self, current: _Draft) -> None:
        while self.at < len(self.lines) and not self._line(self.at).startswith(b"diff --git "):
            current.binary.append(self._line(self.at))
            self.at += 1

    def _read_hunk(self, current: _Draft | None) -> None:
        found = _RANGES.fullmatch(self._line(self.at))
        if not found:
            raise NotADiff(f"line {self.at + 1}: the line numbers of the hunk cannot be read")
        if current is None or current.names is None:
            raise NotADiff(f"line {self.at + 1}: there is no file name before this hunk")
        old_start, old, new_start, new = (1 if p is None else int(p) for p in found.groups()[:4])
        start = self.at + 1
        end = self._end_by_counts(start, old, new)
        recounted = end is None
        if end is None:
            end = self._end_by_shape(start)
        lines = tuple(_normal(line) for line in self.lines[start:end])
        if not any(line[:1] in (b"+", b"-") for line in lines):
            raise NotADiff(f"line {self.at + 1}: this hunk changes nothing")
        if not markers_fit(lines):
            raise NotADiff(f"line {self.at + 1}: only the last line of a file can be without end")
        current.hunks.append(TextHunk(old_start, new_start, lines, found.group(5), recounted))
        self.at = end
        self._check_gap(end, strict=recounted)

    def _end_by_counts(self, at: int, old: int, new: int) -> int | None:
        """Where the hunk ends if its header counts right, else None."""
        while (old > 0 or new > 0) and at < len(self.lines):
            mark = _mark(self.lines[at])
            if mark == b"":
                return None
            old -= mark in (b" ", b"-")
            new -= mark in (b" ", b"+")
            at += 1
        if old or new:
            return None
        if at < len(self.lines) and self.lines[at].startswith(b"\\"):
            at += 1
        goes_on = at < len(self.lines) and self.lines[at][:1] in (b" ", b"+", b"-", b"\\")
        return None if goes_on and not self._ends_at(at) else at

    def _end_by_shape(self, at: int) -> int:
        """Where the hunk ends if only the look of the lines counts."""
        start = at
        while at < len(self.lines) and _mark(self.lines[at]) and not self._ends_at(at):
            at += 1
        while at > start and not self._line(at - 1):
            at -= 1
        return at

    def _ends_at(self, at: int) -> bool:
        """Whether something else than a change begins here, though it looks like one."""
        signature = self._line(at) == b"-- " and not self._line(at + 2).strip()
        return self._names_at(at) or signature

    def _check_gap(self, at: int, *, strict: bool) -> None:
        """Refuse lines of a change that follow the end of a hunk."""
        parted = not strict and self._line(at) in (b"", b"-- ")
        for number in range(at, len(self.lines)):
            line = self._line(number)
            if line.startswith((b"diff --git ", b"@@ ")) or self._names_at(number):
                return
            if not parted and (line.startswith((b"+", b"-")) and line not in (b"-- ", b"---")):
                raise NotADiff(
                    f"line {at + 1}: this is neither context nor a change, but the hunk goes on "
                    "after it; begin every line of a hunk with a blank, + or -"
                )


def _open(draft: _Draft) -> bool:
    """Whether the header of this file is not complete yet."""
    return draft.names is None and not draft.hunks and not draft.binary


def _mark(line: bytes) -> bytes:
    """The mark of a line of a hunk, "" for any other; an empty line lost its blank."""
    if line in (b"", b"\r"):
        return b" "
    return line[:1] if line[:1] in (b" ", b"+", b"-", b"\\") else b""


def markers_fit(lines: Sequence[bytes]) -> bool:
    """Whether "No newline" only stands after the last line of a side, and that is not empty.

    Git takes other ones too, and then loses lines.
    """
    for at, line in enumerate(lines):
        if line != _NO_NEWLINE:
            continue
        marked = lines[at - 1] if at else b""
        sides = {b" ": b" +-", b"-": b" -", b"+": b" +"}.get(marked[:1], b"")
        if len(marked) < 2 or any(later[:1] in sides for later in lines[at + 1 :]):
            return False
    return True


def _normal(line: bytes) -> bytes:
    if line.startswith(b"\\"):
        return _NO_NEWLINE
    return b" " + line if line in (b"", b"\r") else line


def _show(name: bytes) -> str:
    return name.decode("utf-8", "replace")
