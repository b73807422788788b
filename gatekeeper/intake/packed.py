"""The testcases of one reading. Passed ones are kept as columns: a big report has many of them."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import overload

from gatekeeper.domain import CaseId, CaseResult, CaseState
from gatekeeper.intake.identity import masked_all

FEW = 5_000
"""Up to this many cases a plain tuple is as good."""
BATCH = 1_000


def number(text: str) -> float:
    """Seconds as reports write them, at times with commas between the thousands; else NaN."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return math.nan


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class PackedCases(Sequence[CaseResult]):
    """A sequence that makes the result of a passed case anew, each time somebody asks for it.

    About 30 bytes and the name for a passed case, where a CaseResult takes 280.
    """

    def __init__(self) -> None:
        self._places: dict[tuple[str, str, str], int] = {}
        self._place = array("I")  # index into `_places`
        self._lines = array("i")  # -1: not known
        self._names = bytearray()
        self._ends = array("Q")  # where the name of each case ends in `_names`
        self._seconds = array("d")  # NaN: not known
        self._told: dict[int, CaseResult] = {}  # those that have more to tell
        self._new_names: list[str] = []  # to be packed by the thousand, which is quicker
        self._new_seconds: list[str] = []

    def place(self, classname: str, file: str, suite: str) -> int:
        """The number under which `add_passed` knows these three."""
        return self._places.setdefault((classname, file, suite), len(self._places))

    def add_passed(self, place: int, name: str, line: int, seconds: str) -> None:
        """Add a case that passed and says nothing.

        The name is as the report writes it; `line` is -1 and `seconds` "nan" if not known.
        """
        self._place.append(place)
        self._lines.append(line)
        self._new_names.append(name)
        self._new_seconds.append(seconds)
        if len(self._new_names) == BATCH:
            self._pack()

    def add(self, case: CaseResult) -> None:
        """Add any other case."""
        self._told[len(self)] = case
        self.add_passed(self.place("", "", ""), "", -1, "nan")

    def extend(self, cases: PackedCases) -> None:
        """Add all the cases of another reading."""
        self._pack()
        cases._pack()
        first = len(self)
        here = [self.place(*place) for place in cases._places]
        self._place.extend(here[place] for place in cases._place)
        self._lines.extend(cases._lines)
        self._ends.extend(len(self._names) + end for end in cases._ends)
        self._names += cases._names
        self._seconds.extend(cases._seconds)
        self._told.update((first + index, case) for index, case in cases._told.items())

    def settled(self) -> Sequence[CaseResult]:
        """What to hand out: a tuple where the cases are few."""
        return self if len(self) > FEW else tuple(self)

    def _pack(self) -> None:
        names = masked_all(self._new_names)
        text = "".join(names)
        sizes = map(len, names) if text.isascii() else (len(_bytes(name)) for name in names)
        self._ends.extend(islice(accumulate(sizes, initial=len(self._names)), 1, None))
        self._names += _bytes(text)
        try:
            self._seconds.extend(list(map(float, self._new_seconds)))
        except ValueError:
            self._seconds.extend(map(number, self._new_seconds))
        self._new_names.clear()
        self._new_seconds.clear()

    def __len__(self) -> int:
        return len(self._place)

    @overload
    def __getitem__(self, index: int) -> CaseResult: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[CaseResult]: ...

    def __getitem__(self, index: int | slice) -> CaseResult | Sequence[CaseResult]:
        self._pack()
        places = list(self._places)
        chosen = range(len(self))[index]
        if isinstance(chosen, int):
            return self._case(chosen, places)
        return tuple(self._case(each, places) for each in chosen)

    def __iter__(self) -> Iterator[CaseResult]:
        self._pack()
        places = list(self._places)
        return (self._case(index, places) for index in range(len(self)))

    def _case(self, index: int, places: Sequence[tuple[str, str, str]]) -> CaseResult:
        told = self._told.get(index)
        if told is not None:
            return told
        classname, file, suite = places[self._place[index]]
        line, seconds = self._lines[index], self._seconds[index]
        return CaseResult(
            CaseId(classname, self._name(index)),
            CaseState.PASSED,
            file=file,
            line=line if line >= 0 else None,
            seconds=None if math.isnan(seconds) else seconds,
            suite=suite,
        )

    def _name(self, index: int) -> str:
        begin = self._ends[index - 1] if index else 0
        return self._names[begin : self._ends[index]].decode("utf-8", "surrogatepass")
