"""Guard `hidden`: added text that a reviewer does not see as the compiler reads it.

Bidirectional controls reorder what is shown; zero-width characters make two names look like
one; other control characters hide text in a terminal; code behind a wide gap is off the screen;
a name with letters of two alphabets looks like another. Lines that were there before are free.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, FileChange, Finding, Level
from gatekeeper.ports import Guard, Tree

_HIDDEN = re.compile(
    "[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad"
    "\x00-\x08\x0b\x0e-\x1f\x7f\U000e0000-\U000e007f]"
)


def no_hidden_text() -> Guard:
    """A guard on invisible and reordering characters in the lines that a candidate adds."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for change in candidate.changes:
            if not change.binary and change.status != "D":
                yield from _added(change, before, after)

    return look


def _added(change: FileChange, before: Tree, after: Tree) -> Iterator[Finding]:
    there = Counter(_lines(before.read(change.path)))
    for number, line in enumerate(_lines(after.read(change.path)), 1):
        if there[line] > 0:
            there[line] -= 1
            continue
        if why := _misleading(line):
            message = f"line {number} of `{change.path}` {why}."
            yield Finding("hidden", Level.BLOCK, message, change.path, number)
            return
        found = _HIDDEN.search(line)
        if found and not (number == 1 and found[0] == "\ufeff" and found.start() == 0):
            message = (
                f"line {number} of `{change.path}` holds the invisible character "
                f"U+{ord(found[0]):04X}: write it as an escape, or leave it out."
            )
            yield Finding("hidden", Level.BLOCK, message, change.path, number)
            return


_GAP = re.compile(r"\S[^\S\n]{80,}(?=\S)")
_WORD = re.compile(r"[^\W\d]\w*")
_ALIKE = re.compile("[\u0370-\u03ff\u0400-\u052f]")  # Greek and Cyrillic: letters that look Latin


def _misleading(line: str) -> str:
    """What of a line is not as it looks, as what follows its place; "" where it is."""
    if _GAP.search(line):
        return "has code far to the right, where nobody sees it: put it on a line of its own"
    if not _ALIKE.search(line):
        return ""
    for word in _WORD.findall(line):
        if _ALIKE.search(word) and re.search("[A-Za-z]", word):
            return f"mixes two alphabets in one name (`{word!a}`): write it in one"
    return ""


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode("utf-8", "replace").split("\n")
