"""The lines of a log that bear a sign, wherever they are, with what stands around them.

A log may have a gigabyte, so it is read in blocks and nearly nothing of it is kept. One
expression over each block finds the words that a sign needs; only lines with such a word are
looked at closely. Of each sign the first and the last lines that bear it are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from gatekeeper.domain import LogText, Passage
from gatekeeper.intake.logs.cleaning import MAX_LINE, clean

BLOCK = 1 << 20  # bytes read at a time
AROUND = 1 << 15  # bytes on either side of a line that are looked through for its passage
LINE = 1 << 13  # bytes of one line that are looked at
BEFORE = 30  # lines of a passage before the one that was noticed
NEAR = 6  # so many of them are kept where nothing shows where the passage begins
AFTER = 14
FIRST = 3  # of each sign so many passages from its first on,
LAST = 3  # and so many to its last
TAIL = 25  # lines

_SECTION = b"section_"
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

    `words` are in lower case. `recognise` gives the name of the sign that a line bears, or "".
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
    held = b""
    while block := stream.read(BLOCK):
        held = reader.take(held + block, last=False)
    return reader.result(reader.take(held, last=True))


@dataclass(frozen=True)
class _Seen:
    """A line that bears a sign, by its place in the buffer."""

    begin: int
    stop: int
    number: int
    line: str
    section: str


class _Reader:
    def __init__(self, source: str, alphabet: Alphabet) -> None:
        self._source = source
        self._words = alphabet.expression()
        self._recognise = alphabet.recognise
        self._kept: dict[str, _Kept] = {}
        self._latest: dict[str, _Seen] = {}  # in this buffer, of signs that were seen often
        self._section = ""
        self._gone = 0  # bytes that were read and dropped
        self._done = 0  # bytes at the head of the buffer that were looked through
        self._number = 1  # line at `_done`

    def take(self, buffer: bytes, *, last: bool) -> bytes:
        """Look through the buffer, but for an end that may be around a line; what to keep of it."""
        end = len(buffer) if last else buffer.rfind(b"\n", 0, max(0, len(buffer) - AROUND)) + 1
        if not last and end <= self._done:
            if len(buffer) < 4 * BLOCK:
                return buffer
            end = len(buffer) - AROUND  # one line of megabytes
        self._look_through(buffer, self._done, end)
        for sign, seen in self._latest.items():
            self._kept[sign].add(self._passage(buffer, seen, sign))
        self._latest.clear()
        self._number += buffer.count(b"\n", self._done, end)
        if last:
            return buffer
        kept = max(0, end - AROUND)
        self._gone += kept
        self._done = end - kept
        return buffer[kept:]

    def _look_through(self, buffer: bytes, begin: int, end: int) -> None:
        low = buffer[begin:end].lower()
        at, counted, number = 0, 0, self._number
        while found := self._words.search(low, at):
            start = found.start()
            number += low.count(b"\n", counted, start)
            counted = start
            if found[0] == _SECTION:
                self._mark(low, start)
                at = found.end()
                continue
            stop = low.find(b"\n", start, start + LINE)
            at = stop + 1 if stop >= 0 else start + LINE
            self._look(buffer, begin + start, number)
            section = low.rfind(_SECTION, start, at)
            if section >= 0:
                self._mark(low, section)

    def _mark(self, low: bytes, at: int) -> None:
        if found := _NEW_SECTION.match(low, at):
            self._section = found[2].decode() if found[1] == b"start" else ""

    def _look(self, buffer: bytes, offset: int, number: int) -> None:
        begin = buffer.rfind(b"\n", max(0, offset - LINE), offset) + 1 or max(0, offset - LINE)
        stop = buffer.find(b"\n", offset, offset + LINE)
        stop = stop if stop >= 0 else min(len(buffer), offset + LINE)
        if stop - begin > MAX_LINE:  # what is looked at must be in what is kept
            line = clean(buffer[max(begin, offset - 250) : min(stop, offset + 340)])
        else:
            line = clean(buffer[begin:stop])
        sign = self._recognise(line)
        if not sign:
            return
        seen = _Seen(begin, stop, number, line, self._section)
        kept = self._kept.setdefault(sign, _Kept())
        if len(kept.first) < FIRST:
            kept.add(self._passage(buffer, seen, sign))
        else:  # of a flood only the last in each block is worth the reading around
            self._latest[sign] = seen

    def _passage(self, buffer: bytes, seen: _Seen, sign: str) -> Passage:
        before = _cut_before(buffer[max(0, seen.begin - AROUND) : seen.begin])
        after = buffer[seen.stop + 1 : seen.stop + AROUND].split(b"\n", AFTER)[:AFTER]
        lines = [*before, seen.line, *map(clean, after)]
        while not lines[-1]:
            lines.pop()
        start = seen.number - len(before)
        return Passage(self._source, start, seen.number, tuple(lines), sign, seen.section)

    def result(self, buffer: bytes) -> LogText:
        """Everything that was kept, in the order of the log; `buffer` is its end."""
        total = self._number - 1 + bool(buffer and not buffer.endswith(b"\n"))
        end = buffer[-2 * AROUND :]
        text = end.rstrip(b"\r\n")
        blank = end[len(text) :].count(b"\n")
        lines = tuple(map(clean, text.split(b"\n")[-TAIL:])) if text else ()
        last = total - max(0, blank - 1)
        tail = Passage(self._source, last - len(lines) + 1, last, lines) if lines else None
        passages = [p for kept in self._kept.values() for p in (*kept.first, *kept.last)]
        ordered = tuple(sorted(passages, key=lambda p: (p.at, p.sign)))
        return LogText(self._source, total, self._gone + len(buffer), ordered, tail)


def _cut_before(raw: bytes) -> list[str]:
    """The lines before, from where something shows that the passage begins."""
    rows = [clean(row) for row in raw.split(b"\n")[-BEFORE - 1 : -1]]
    for back in range(len(rows) - 1, -1, -1):
        if _BEGIN.search(rows[back]):
            return rows[back:]
    near = rows[-NEAR:]
    blanks = [index for index, row in enumerate(near) if not row]
    return near[blanks[-1] + 1 :] if blanks and blanks[-1] < len(near) - 1 else near
