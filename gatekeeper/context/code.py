"""The code that a failure touches, as sections that fit."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from gatekeeper.context.budget import estimate, head, split_lines
from gatekeeper.context.fence import fenced, one_line, shown_path
from gatekeeper.domain import Section
from gatekeeper.intake.code.place import Place
from gatekeeper.ports import Tree
from gatekeeper.redact import Redactor

_SHORT_FILE = 120  # lines; such a file is shown whole, once any place in it matters
_SMALLEST = 120  # tokens; a smaller rest of the budget is not worth a broken excerpt


class Sources:
    """Files as they may be shown: decoded, redacted, with as many lines as they have."""

    def __init__(self, tree: Tree, redactor: Redactor) -> None:
        self._tree = tree
        self._redactor = redactor
        self.lines = functools.cache(self._lines)

    def _lines(self, path: str) -> tuple[tuple[str, ...], str]:
        """The lines with their ends, and what a reader must know of the file."""
        data = self._tree.read(path)
        if data is None or b"\0" in data:
            return (), "binary"
        text = data.decode("utf-8", "replace")
        shown = self._redactor.text(text)
        notes = []
        if text.encode("utf-8") != data:
            notes.append("not UTF-8, some bytes are shown as U+FFFD")
        if shown != text:
            notes.append("secrets removed, lines with [redacted:...] cannot be edited")
        if text and not text.endswith("\n"):
            notes.append("no newline at the end")
        return tuple(split_lines(shown)), "; ".join(notes)


def code_sections(
    places: Sequence[Place], sources: Sources, tokens: int, hidden: Sequence[Place] = ()
) -> tuple[list[Section], list[str]]:
    """Sections in the order of the places as far as the tokens last, and what was omitted.

    No line of a `hidden` place is shown or named.
    """
    sections: list[Section] = []
    omitted: list[str] = []
    covered: dict[str, set[int]] = {}
    for place in hidden:
        lines = range(place.start or 1, (place.end or 0) + 1)
        covered.setdefault(place.path, set()).update(lines)
    for place in places:
        for start, end in _uncovered(place, sources, covered.setdefault(place.path, set())):
            section = _excerpt(place, start, end, sources, tokens)
            if section is None:
                omitted.append(f"{shown_path(place.path)} lines {start}-{end}")
                continue
            covered[place.path].update(range(start, end + 1))
            tokens -= section.tokens
            sections.append(section)
    return sections, list(dict.fromkeys(omitted))


def _uncovered(place: Place, sources: Sources, covered: set[int]) -> Iterator[tuple[int, int]]:
    """Ranges of the place that were not shown yet; a short file counts whole."""
    total = len(sources.lines(place.path)[0])
    whole = place.start is None or total <= _SHORT_FILE
    first = 1 if whole else max(1, place.start or 1)
    last = total if whole else min(total, place.end or total)
    start: int | None = None
    for line in range(first, last + 2):
        missing = line <= last and line not in covered
        if missing and start is None:
            start = line
        elif not missing and start is not None:
            yield start, line - 1
            start = None


def _excerpt(place: Place, start: int, end: int, sources: Sources, tokens: int) -> Section | None:
    lines, note = sources.lines(place.path)
    text = "".join(lines[start - 1 : end])
    section = _section(place, start, end, text, len(lines), note)
    if section.tokens <= tokens:
        return section
    room = tokens - (section.tokens - estimate(text)) - 20  # the announcement itself
    if room < _SMALLEST:
        return None
    kept, cut = head(text, room)
    if not kept:
        return None
    last = start + len(split_lines(kept)) - 1
    said = f"{cut} lines of {shown_path(place.path)}"
    section = _section(place, start, last, kept, len(lines), note, said)
    return section if section.tokens <= tokens else None


def _section(
    place: Place, start: int, end: int, text: str, total: int, note: str, cut: str = ""
) -> Section:
    said = f"lines {start}-{end} of {total}; {one_line(place.why, 150)}"
    said = f"{said}; {note}" if note else said
    title = f"FILE: {shown_path(place.path)}"
    return fenced(title, said, text, cut=cut, path=place.path, lines=(start, end))
