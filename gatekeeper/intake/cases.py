"""One testcase element to one CaseResult, its texts bounded."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element  # the type only: defusedxml parses

from junitparser import Error, Failure, Skipped, SystemErr, SystemOut, xunit2

from gatekeeper.domain import SUITE_LEVEL, CaseId, CaseResult, CaseState
from gatekeeper.intake.identity import case_id, masked
from gatekeeper.intake.packed import PackedCases, number

MESSAGE = 2_000
DETAILS = 16_000
OUTPUT = 16_000
FILE = 500
WHOLE_TEXTS = 8 * 1024**2
"""Bytes of texts that one reading keeps whole; after that only short messages are kept."""
SHORT_TEXTS = 4 * 1024**2
SHORT = 200
KNOWN = 20_000

_RED = {
    Error: CaseState.ERROR,
    xunit2.RerunError: CaseState.ERROR,
    Failure: CaseState.FAILURE,
    xunit2.RerunFailure: CaseState.FAILURE,
}
_FLAKY = frozenset({xunit2.FlakyFailure, xunit2.FlakyError})
_ORPHANS: dict[str, Callable[[Element], Any]] = {
    "error": Error.fromelem,
    "failure": Failure.fromelem,
}
_SILENT = frozenset({"system-out", "system-err", "properties"})
_testcase: Callable[[Element], Any] = xunit2.TestCase.fromelem
_OUTPUTS = frozenset({SystemOut, SystemErr})
_UNNAMED = "(no name)"
_NOT_RUN = frozenset({"disabled", "notrun", "suppressed", "skipped", "pending", "ignored"})
"""`status` or `result` of a testcase without children that did not run (CTest, GoogleTest)."""


def bounded(text: str, limit: int) -> str:
    """At most `limit` characters and a remark: the head, and twice as much of the tail."""
    if len(text) <= limit:
        return text
    head = limit // 3
    cut = len(text) - limit
    return f"{text[:head]}\n[... {cut} characters left out ...]\n{text[head + cut :]}"


@dataclass(slots=True, eq=False)
class Suite:
    """What a testsuite element says of the cases in it."""

    name: str
    file: str


_Written = tuple[Suite, str | None, str | None]
"""What decides on the place of a case: suite, classname and file as they are written."""


class _Place(NamedTuple):
    file: str
    line: int | None
    seconds: float | None
    suite: str


@dataclass(slots=True)
class Texts:
    """How many bytes of text may still be kept, over all the files of one reading."""

    whole: int = WHOLE_TEXTS
    short: int = SHORT_TEXTS
    cut: int = 0  # cases whose texts were shortened for want of room

    def keep(self, *texts: tuple[str, int]) -> tuple[str, ...]:
        """Each (text, limit) bounded; in want of room the first one short, the others ""."""
        kept = tuple([bounded(text, limit) for text, limit in texts])
        size = sum(map(sys.getsizeof, kept))
        if self.whole >= size:
            self.whole -= size
            return kept
        self.cut += 1
        first = kept[0][:SHORT]
        self.short -= sys.getsizeof(first)
        return (first if self.short > 0 else "", *("" for _ in kept[1:]))


@dataclass(slots=True)
class CaseReader:
    """Turns elements into results, collected in `cases` and `orphans`."""

    texts: Texts
    cases: PackedCases = field(default_factory=PackedCases)
    orphans: list[CaseResult] = field(default_factory=list)
    places: dict[_Written, int] = field(default_factory=dict)
    errors: int = 0  # cases whose state is that

    def passed(self, attributes: Mapping[str, str], suite: Suite) -> None:
        """Add a testcase that passed: nearly all of a report, so this must be quick."""
        get = attributes.get
        if ("status" in attributes or "result" in attributes) and _not_run(attributes):
            self._unrun(attributes, suite)
            return
        file = attributes["file"] if "file" in attributes else get("filepath")
        written = (suite, get("classname"), file)
        place = self.places.get(written)
        if place is None:
            place = self._place(written)
        line = -1
        if "line" in attributes or "lineno" in attributes:
            line = _line(get("line") or get("lineno"))
        self.cases.add_passed(place, get("name") or _UNNAMED, line, get("time") or "nan")

    def case(self, element: Element, suite: Suite) -> None:
        """Add a testcase with children, read by junitparser; they alone make its state."""
        if _SILENT.issuperset([child.tag for child in element]):
            self.passed(element.attrib, suite)
            return
        self.cases.add(self._told(*_where(element.attrib, suite), list(_testcase(element))))

    def _unrun(self, attributes: Mapping[str, str], suite: Suite) -> None:
        identity, place = _where(attributes, suite)
        self.cases.add(
            CaseResult(
                identity, CaseState.SKIPPED, file=place.file, line=place.line, suite=place.suite
            )
        )

    def orphan(self, element: Element, suite: Suite) -> None:
        """Add a failure or error element that stands in a suite and in no testcase."""
        identity = CaseId(masked(suite.name), SUITE_LEVEL)
        place = _Place(suite.file, None, None, suite.name)
        self.orphans.append(self._told(identity, place, [_ORPHANS[element.tag](element)]))

    def _told(self, identity: CaseId, place: _Place, entries: Sequence[Any]) -> CaseResult:
        """The case with its state and the texts that explain it."""
        kinds = set(map(type, entries))
        state = CaseState.SKIPPED if _to_do(entries) else _state(kinds)
        self.errors += state is CaseState.ERROR
        reasons = [entry for entry in entries if type(entry) not in _OUTPUTS]
        if len(reasons) > 1:  # the deciding one first
            reasons.sort(key=lambda entry: _RED.get(type(entry)) is not state)
        details = "\n\n".join(filter(None, map(_body, reasons)))
        outputs = [_body(entry) for entry in entries if type(entry) in _OUTPUTS]
        message, kind, details, output = self.texts.keep(
            (_reason(reasons, "message") or _first_line(details, identity), MESSAGE),
            (_reason(reasons, "type"), SHORT),
            (details, DETAILS),
            ("\n".join(filter(None, outputs)), OUTPUT),
        )
        return CaseResult(
            identity,
            state,
            message,
            kind,
            details,
            output,
            file=place.file,
            line=place.line,
            seconds=place.seconds,
            suite=place.suite,
            flaky=not state.red and not kinds.isdisjoint(_FLAKY),
        )

    def _place(self, written: _Written) -> int:
        """The number of a place; those that come again soon are remembered."""
        suite, classname, file = written
        file = bounded(file, FILE) if file else suite.file
        place = self.cases.place(masked(classname or suite.name), file, suite.name)
        if len(self.places) > KNOWN:
            self.places.clear()
        self.places[written] = place
        return place


def _where(attributes: Mapping[str, str], suite: Suite) -> tuple[CaseId, _Place]:
    """Identity and place of a testcase, by its attributes."""
    get = attributes.get
    identity = case_id(get("classname") or suite.name, get("name") or _UNNAMED)
    file = bounded(get("file") or get("filepath") or suite.file, FILE)
    line, seconds = _line(get("line") or get("lineno")), number(get("time") or "nan")
    place = _Place(
        file,
        line if line >= 0 else None,
        None if math.isnan(seconds) else seconds,
        suite.name,
    )
    return identity, place


def _not_run(attributes: Mapping[str, str]) -> bool:
    return not _NOT_RUN.isdisjoint(
        {attributes.get("status", "").lower(), attributes.get("result", "").lower()}
    )


def _to_do(entries: Sequence[Any]) -> bool:
    """Node's `todo`: what such a test does counts for nothing, and its run stays green."""
    return any(type(entry) is Skipped and entry.type == "todo" for entry in entries)


def _first_line(details: str, identity: CaseId) -> str:
    """The first line that says more than the name of the test, which PHPUnit begins with."""
    for line in details.strip().split("\n", 3)[:3]:
        if line.strip() and not line.startswith(str(identity)):
            return line
    return details.strip().partition("\n")[0]


def _state(kinds: Set[type]) -> CaseState:
    """Error before failure before skipped; reruns decide only where there is no final result."""
    if Error in kinds:
        return CaseState.ERROR
    if Failure in kinds:
        return CaseState.FAILURE
    if Skipped in kinds:
        return CaseState.SKIPPED
    if xunit2.RerunError in kinds:
        return CaseState.ERROR
    return CaseState.FAILURE if xunit2.RerunFailure in kinds else CaseState.PASSED


def _reason(reasons: Sequence[Any], attribute: str) -> str:
    return (getattr(reasons[0], attribute) or "") if reasons else ""


def _body(entry: Any) -> str:
    element: Element = entry._elem
    return "".join(element.itertext()) if len(element) else element.text or ""


def _line(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else -1
