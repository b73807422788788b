"""Which lines of a failing test say most of the failure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from gatekeeper.domain import CaseResult, Frame
from gatekeeper.intake.code.place import Place
from gatekeeper.intake.code.sources import Sources

_LONG_TEST = 45  # lines; of a longer test only this is shown:
_HEAD, _BEFORE, _AFTER, _MOST_LINES = 4, 14, 6, 3
_SHORT_TITLE = 5  # letters; less of a title stands anywhere


class Telling:
    """Lines of a test that say most of the failure: the row of its table, where it broke."""

    def __init__(
        self, cases: Sequence[CaseResult], frames: Sequence[Frame], sources: Sources
    ) -> None:
        self._cases, self._frames, self._sources = cases, frames, sources

    def of(self, test: Place) -> list[int]:
        """1-based, rows of a table first; empty where nothing is told."""
        if test.start is None or test.end is None:
            return []
        text = self._sources.text(test.path).split("\n")[test.start - 1 : test.end]
        rows = [_spoken(line) for line in text]
        titles = {_spoken(_row_of(case.id.name)) for case in self._cases}
        named = [
            test.start + at
            for title in sorted(titles)
            if len(title) > _SHORT_TITLE
            for at, row in enumerate(rows)
            if title in row
        ]
        broke = [f.line for f in self._frames if f.path == test.path and f.line]
        inside = [line for line in broke if test.start <= line <= test.end]
        return list(dict.fromkeys((*named[:_MOST_LINES], *inside[:_MOST_LINES])))


def _row_of(name: str) -> str:
    """What a runner adds for a row of a table: `TestX/ROW`, `test_x[ROW]`."""
    return name.partition("/")[2] or name.partition("[")[2].rstrip("]")


def _spoken(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().lower()


def focused(test: Place, lines: Sequence[int]) -> list[Place]:
    """Of a long test its beginning and what is around the lines that tell most."""
    if test.start is None or test.end is None or test.end - test.start < _LONG_TEST:
        return [test]
    parts = [(test.start, test.start + _HEAD - 1)]
    parts += [
        (max(test.start, line - _BEFORE), min(test.end, line + _AFTER))
        for line in lines[: 2 * _MOST_LINES]
    ]
    if len(parts) == 1:
        parts = [(test.start, test.start + _LONG_TEST)]
    return [replace(test, start=start, end=end) for start, end in parts]
