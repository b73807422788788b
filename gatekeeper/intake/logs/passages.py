"""The lines of a log that bear a sign, wherever they are, with what stands around them.

A log may have a gigabyte, so it is read in blocks and nearly nothing of it is kept. Most lines of
a long log are like others but for their numbers: a line is looked at closely only where no line
of its shape was seen before, or one that has a word that a sign needs. Of each sign the first and
the last lines that bear it are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from gatekeeper.domain import LogText, Passage
from gatekeeper.intake.logs.cleaning import MAX_LINE, clean

BLOCK = 1 << 20  # bytes read at a time
LONG = 1 << 16  # bytes without a line break that are not waited for any longer
BEFORE = 30  # lines of a passage before the one that was noticed
NEAR = 6  # so many of them are kept where nothing shows where the passage begins
AFTER = 14
FIRST = 3  # of each sign so many passages from its first on,
LAST = 3  # and so many to its last
TAIL = 25  # lines
_SHAPES = 30_000  # that are remembered,
_SHAPE = 300  # bytes of the longest that is
_STEP = MAX_LINE - 150  # between two views of a line that is longer than what is kept of it

_SECTION = b"section_"
_DIGITS = b"0123456789"
_NEW_SECTION = re.compile(rb"section_(start|end):\d{1,12}:([\w.-]{1,100})")
_BEGIN = re.compile(
    r"^(?:\S+ )?Traceback \(most recent call last\)|^_{4,} .+ _{4,}$|^(?:FAIL|ERROR): \w|"
    r"^--- FAIL|^=== RUN |^\s*● |^\s*\d+\) \S|^Exception in thread|^thread '.+' panicked|"
    r"^=+ (?:ERRORS|FAILURES) =+$|^\$ |^\+ \S|^panic: |^PHP Fatal error|^={3,} ?FAIL"
)

Recognise = Callable[[str], str]


@dataclass(frozen=True)
class Alphabet:
    """What to look for: words, one of which every line with a sign has, and the signs.

    `words` are in lower case and have no digits. `recognise` gives the name of the sign that a
    line bears, or "".
    """

    words: Sequence[str]
    recognise: Recognise

    def expression(self) -> re.Pattern[bytes]:
        """Finds the words in a block in lower case."""
        words = sorted({_SECTION, *(word.encode() for word in self.words)})
        return re.compile(b"|".join(map(re.escape, words)))


@dataclass
class _Kept:
    """First and last passages of one sign."""

    first: list[Passage] = field(default_factory=list)
    last: list[Passage] = field(default_factory=list)

    def add(self, passage: Passage) -> None:
        if len(self.first) < FIRST:
            self.first.append(passage)
        else:
            self.last = [*self.last, passage][-LAST:]


def read_log(stream: BinaryIO, source: str, alphabet: Alphabet) -> LogText:
    """Read a log to its end. Memory is bounded by the number of signs, not by the log."""
    reader = _Reader(source, alphabet)
    while block := stream.read(BLOCK):
        reader.take(block)
    return reader.result()


class _Reader:
    def __init__(self, source: str, alphabet: Alphabet) -> None:
        self._source = source
        self._words = alphabet.expression()
        self._recognise = alphabet.recognise
        self._kept: dict[str, _Kept] = {}
        self._latest: dict[str, tuple[int, str, str]] = {}  # in this block, of frequent signs
        self._known: dict[bytes, bool] = {}  # shape of a line, and whether it has a word
        self._long: list[bytes] = []  # of them, those that are forgotten with the block
        self._section = ""
        self._size = 0
        self._rows: list[bytes] = []  # lines around those that were not looked at yet
        self._before = 0  # how many of them were
        self._part = b""  # of a line that has no end yet
        self._broken = False  # whether that line's head was looked at already
        self._number = 1  # of the first of the rows

    def take(self, block: bytes) -> None:
        """Look through one more block, but for its last lines, which are around later ones."""
        self._size += len(block)
        *rows, part = (self._part + block).split(b"\n")
        if self._broken and rows:
            self._broken = False
        self._rows += rows
        self._look_through(len(self._rows) - AFTER)
        if len(part) > LONG:
            self._look_at_part(part[:-MAX_LINE])
            part, self._broken = part[-MAX_LINE:], True
        self._part = part

    def _look_through(self, end: int) -> None:
        begin, rows = self._before, self._rows
        if end <= begin:
            return
        shapes = b"\n".join(rows[begin:end]).lower().translate(None, _DIGITS).split(b"\n")
        if self._any_word(set(shapes)):
            known = self._known
            for index, shape in enumerate(shapes, start=begin):
                if known[shape]:
                    self._look(index)
        for sign, (index, line, section) in self._latest.items():
            self._kept[sign].add(self._passage(index, line, sign, section))
        self._latest.clear()
        for shape in self._long:  # too long to be remembered beyond its block
            del self._known[shape]
        gone = max(0, end - BEFORE)
        self._number += gone
        self._before = end - gone
        del rows[:gone]

    def _any_word(self, shapes: set[bytes]) -> bool:
        """Whether any of the shapes has a word; now all of them are known."""
        known, search = self._known, self._words.search
        if len(known) > _SHAPES:
            known.clear()
        known.update({shape: search(shape) is not None for shape in shapes - known.keys()})
        found = any(map(known.__getitem__, shapes))
        self._long = [shape for shape in shapes if len(shape) > _SHAPE]
        return found

    def _look(self, index: int) -> None:
        raw = self._rows[index]
        if _SECTION in raw:
            for kind, name in _NEW_SECTION.findall(raw):
                self._section = name.decode() if kind == b"start" else ""
        for line in _views(raw):
            if sign := self._recognise(line):
                self._keep(sign, index, line)
                return

    def _keep(self, sign: str, index: int, line: str) -> None:
        kept = self._kept.setdefault(sign, _Kept())
        if len(kept.first) < FIRST:
            kept.add(self._passage(index, line, sign, self._section))
        else:  # of a flood only the last in each block is worth the reading around it
            self._latest[sign] = index, line, self._section

    def _passage(self, index: int, line: str, sign: str, section: str) -> Passage:
        before = _from_beginning(list(map(clean, self._rows[max(0, index - BEFORE) : index])))
        lines = [*before, line, *map(clean, self._rows[index + 1 : index + 1 + AFTER])]
        while not lines[-1]:
            lines.pop()
        at = self._number + index
        return Passage(self._source, at - len(before), at, tuple(lines), sign, section)

    def _look_at_part(self, part: bytes) -> None:
        """A line that does not come to its end is looked at in pieces, without what is around."""
        at = self._number + len(self._rows)
        if self._words.search(part.lower().translate(None, _DIGITS)):
            for line in _views(part):
                if sign := self._recognise(line):
                    passage = Passage(self._source, at, at, (line,), sign, self._section)
                    self._kept.setdefault(sign, _Kept()).add(passage)
                    return

    def result(self) -> LogText:
        """Everything that was kept, in the order of the log."""
        ended = not self._part and not self._broken
        if not ended:
            self._rows.append(self._part)
        self._look_through(len(self._rows))
        total = self._number + len(self._rows) - 1
        passages = [p for kept in self._kept.values() for p in (*kept.first, *kept.last)]
        ordered = tuple(sorted(passages, key=lambda p: (p.at, p.sign)))
        return LogText(self._source, total, self._size, ordered, self._tail(total))

    def _tail(self, total: int) -> Passage | None:
        lines = list(map(clean, self._rows[-TAIL:]))
        while lines and not lines[-1]:
            lines.pop()
            total -= 1
        if not lines:
            return None
        return Passage(self._source, total - len(lines) + 1, total, tuple(lines))


def _views(raw: bytes) -> Iterator[str]:
    """The line; one that is too long to be kept whole is shown in parts that overlap."""
    if len(raw) <= MAX_LINE:
        yield clean(raw)
        return
    for begin in range(0, min(len(raw), 4 * BLOCK), _STEP):
        yield clean(raw[begin : begin + MAX_LINE])


def _from_beginning(rows: list[str]) -> list[str]:
    """The lines before, from where something shows that the passage begins."""
    for back in range(len(rows) - 1, -1, -1):
        if _BEGIN.search(rows[back]):
            return rows[back:]
    near = rows[-NEAR:]
    blanks = [index for index, row in enumerate(near) if not row]
    return near[blanks[-1] + 1 :] if blanks and blanks[-1] < len(near) - 1 else near
