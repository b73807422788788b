"""Edits that the past suggests: a recent change undone, or made where it was forgotten.

`Past` is what a file was before and after each of its recent changes, the latest first.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence

from gatekeeper.repair.making import short
from gatekeeper.repair.source import Source, Variant

Past = Sequence[tuple[bytes, bytes]]

MOST_LINES = 12
"""Lines of a change that is undone; more is nobody's small mistake."""

MOST_PATTERNS = 40

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def history(source: Source, lines: Mapping[int, float], past: Past) -> Iterator[Variant]:
    """Edits of lines that are suspicious; `lines` gives each its figure."""
    yield from _undone(source, lines, past)
    yield from _forgotten(source, lines, past)


def _undone(source: Source, lines: Mapping[int, float], past: Past) -> Iterator[Variant]:
    """Each hunk of the recent changes the other way round, where its lines are as it left them."""
    current = source.content.splitlines(keepends=True)
    for age, (before, after) in enumerate(past):
        for old, new, ahead in _hunks(before, after):
            at = _where(current, new, ahead)
            if at is None:
                continue
            inside = range(at + 1, at + max(1, len(new)) + 1)
            line = max(inside, key=lambda n: lines.get(n, 0.0))
            if line not in lines:
                continue
            yield source.lines_replaced(
                at, at + len(new), b"".join(old).decode("utf-8", "replace"), line,
                f"a recent change of `{short(source.line(line))}` was undone", 0.8 * 0.9**age,
            )  # fmt: skip


def _hunks(before: bytes, after: bytes) -> Iterator[tuple[list[bytes], list[bytes], list[bytes]]]:
    """Old lines, new lines, and the two lines before them."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal" and j - i <= MOST_LINES and m - k <= MOST_LINES:
            yield old[i:j], new[k:m], new[max(0, k - 2) : k]


def _where(current: list[bytes], new: list[bytes], ahead: list[bytes]) -> int | None:
    """Where a change left its lines; None where they are not there, or more than once."""
    wanted = [*ahead, *new]
    if not wanted:
        return None
    size = len(wanted)
    found = [n for n in range(len(current) - size + 1) if current[n : n + size] == wanted]
    return found[0] + len(ahead) if len(found) == 1 else None


def _forgotten(source: Source, lines: Mapping[int, float], past: Past) -> Iterator[Variant]:
    """One word that recent changes replaced by another still stands at a suspicious line."""
    known: dict[tuple[str, str], None] = {}
    for before, after in past:
        for old, new, _ in _hunks(before, after):
            for pair in _replaced(old, new):
                known.setdefault(pair)
    for old_word, new_word in list(known)[:MOST_PATTERNS]:
        pattern = re.compile(rf"(?<!\w){re.escape(old_word)}(?!\w)")
        for line in lines:
            for found in pattern.finditer(source.line(line)):
                yield source.part_of_line(
                    line, found.start(), found.end(), new_word,
                    f"`{short(old_word)}` became `{short(new_word)}`, as a recent change did", 0.4,
                )  # fmt: skip


def _replaced(old: list[bytes], new: list[bytes]) -> Iterator[tuple[str, str]]:
    """The words of lines that differ in one word alone."""
    if len(old) != len(new):
        return
    for one, other in zip(old, new, strict=True):
        left = _TOKEN.findall(one.decode("utf-8", "replace"))
        right = _TOKEN.findall(other.decode("utf-8", "replace"))
        if len(left) != len(right):
            continue
        pairs = [(a, b) for a, b in zip(left, right, strict=True) if a != b]
        if len(pairs) == 1 and pairs[0][0].isidentifier() and pairs[0][1].isidentifier():
            yield pairs[0]
