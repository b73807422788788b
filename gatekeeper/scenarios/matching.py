"""Which known failure this one is, with the arithmetic.

0.7 for the tests, 0.2 for the code, 0.1 for what the failure says, as the public demo of this
idea weighs them; but by how much of each agrees. And where a scenario knows what its failure
says, and this one says nothing of it, the match is a candidate at most: a second fault that
breaks the same test must not be taken for the first.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatekeeper.domain import Band, CaseResult, Match, Scenario, Suspect
from gatekeeper.errors import UsageError
from gatekeeper.scenarios.signature import comparable, contains, everything_said

_TESTS, _CODE, _SAID = 0.7, 0.2, 0.1
_LEAST = 0.15
"""Below this nothing worth asking about agrees: a common word in a message alone is 0.1."""

_MOST_CASES = 10
_SAME_PLACE = 0.35  # another test of the same class or file
_SAME_FILE = 0.5  # another definition in the file that is named
_ENDING = re.compile(r"\.(?:py|[cm]?[jt]sx?|java|kt|groovy|scala|go|rs|rb|php|cs|c|cc|cpp|exs?)$")


@dataclass(frozen=True, slots=True)
class Bands:
    """From which score on a match is high, and from which medium; both in 0..1."""

    high: float = 0.8
    medium: float = 0.5

    def __post_init__(self) -> None:
        if self.medium > self.high:
            raise UsageError(
                f"scenarios.medium ({self.medium:g}) is above scenarios.high ({self.high:g})",
                hint="A match that is attached must be surer than one that is a candidate.",
            )

    def of(self, score: float) -> Band:
        """The band of a score."""
        if score >= self.high:
            return Band.HIGH
        return Band.MEDIUM if score >= self.medium else Band.LOW


def best_match(
    known: Sequence[Scenario],
    failing: Sequence[CaseResult],
    suspects: Sequence[Suspect],
    bands: Bands | None = None,
) -> Match | None:
    """The scenario that fits best; None where none has anything to do with the failure.

    Pure and deterministic: of two that fit alike, the first by id.
    """
    bands = bands or Bands()
    if not failing or not known:
        return None
    said = everything_said(failing)
    found = [_match(one, failing, suspects, said, bands) for one in known]
    best = min(found, key=lambda match: (-match.score, match.scenario.id))
    return best if best.score >= _LEAST else None


def _match(
    scenario: Scenario,
    failing: Sequence[CaseResult],
    suspects: Sequence[Suspect],
    said: str,
    bands: Bands,
) -> Match:
    says = list(_signatures(scenario, said))
    terms = [*_tests(scenario, failing[:_MOST_CASES]), *_code(scenario, suspects), *says]
    score = round(sum(value for value, _ in terms), 2)
    band = bands.of(score)
    reasons = [f"{value:+.2f} {why}" for value, why in terms]
    if band is Band.HIGH and scenario.failure_signatures and not says:
        reasons.append(f"= {score:.2f}, but this failure says something else: a candidate at most")
        band = Band.MEDIUM
    return Match(scenario, score, band, tuple(reasons))


_Term = tuple[float, str]


# --- tests ------------------------------------------------------------------------------


def _tests(scenario: Scenario, failing: Sequence[CaseResult]) -> Iterator[_Term]:
    entries = [_Named.of(text) for text in scenario.affected_tests]
    grades = [max((entry.grade(case) for entry in entries), default=0.0) for case in failing]
    share = sum(grades) / len(grades)
    if not share:
        return
    exact, near = grades.count(1.0), sum(0 < grade < 1 for grade in grades)
    also = f", {near} stand(s) beside one that is" if near else ""
    yield _TESTS * share, f"{exact} of {len(grades)} failing test(s) named in it{also}"


@dataclass(frozen=True, slots=True)
class _Named:
    """An entry of `affected_tests`: as it is, the parts of its place, and its name or ""."""

    text: str
    place: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, text: str) -> _Named:
        place, _, name = text.strip().rpartition("::")
        if place:
            return cls(text, _parts(place), _bare(name))
        if "/" in name or _ENDING.search(name) or re.fullmatch(r"\w+(?:\.\w+)+", name):
            return cls(text, _parts(name), "")
        return cls(text, (), _bare(name))

    def grade(self, case: CaseResult) -> float:
        """1 the same test, or anywhere in a place that is named; less beside it; 0 elsewhere."""
        if self.text == str(case.id):
            return 1.0
        if not self.place and self.name.startswith("("):  # a stand-in of ours for no name
            return 0.0
        own = [_parts(case.id.classname), _parts(case.file)]
        here = not self.place or any(_within(self.place, parts) for parts in own if parts)
        if not here:
            return 0.0
        if not self.name or self.name == _bare(case.id.name):
            return 1.0
        return _SAME_PLACE if self.place else 0.0


def _bare(name: str) -> str:
    """The name without the parameters that pytest, JUnit and NUnit write behind it."""
    return re.sub(r"(?<=\w)[\[(].*$", "", name, flags=re.DOTALL)


def _parts(place: str) -> tuple[str, ...]:
    """`tests/test_a.py::T` and `tests.test_a.T` alike."""
    pieces = [_ENDING.sub("", piece) for piece in re.split(r"::|[/\\]", place)]
    return tuple(part for piece in pieces for part in piece.split(".") if part)


def _within(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the shorter stands in the longer, part by part: runners cut folders off."""
    short, long = sorted((one, other), key=len)
    return any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


# --- code -------------------------------------------------------------------------------


def _code(scenario: Scenario, suspects: Sequence[Suspect]) -> Iterator[_Term]:
    best, where = 0.0, ""
    for area in scenario.likely_code_areas:
        for suspect in suspects:
            grade = _in_area(area, suspect)
            if grade > best:
                best, where = grade, suspect.path
    if best:
        beside = "" if best == 1 else ", another part of it"
        yield _CODE * best, f"suspected code lies where it says ({where}{beside})"


def _in_area(area: str, suspect: Suspect) -> float:
    path, _, symbol = area.partition("::")
    path = path.removeprefix("./").rstrip("/")
    below = suspect.path == path or suspect.path.startswith(f"{path}/")
    if not below and not fnmatch.fnmatchcase(suspect.path, path):
        return 0.0
    names = suspect.symbol.replace("::", ".").split(".")
    if not symbol or not suspect.symbol or symbol.rpartition(".")[2] in names:
        return 1.0
    return _SAME_FILE


# --- what it says -----------------------------------------------------------------------


def _signatures(scenario: Scenario, said: str) -> Iterator[_Term]:
    for text in scenario.failure_signatures:
        if contains(said, comparable(text)):
            shown = " ".join(text.split())
            shown = shown if len(shown) <= 80 else f"{shown[:80]}..."
            yield _SAID, f"the failure says `{shown}`"
            return
