"""One run of the tests, as its reports tell it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain


class CaseState(enum.StrEnum):
    """What a report says of one testcase. A case that is not in the report has no state."""

    PASSED = "passed"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"

    @property
    def red(self) -> bool:
        """Failure or error."""
        return self in (CaseState.FAILURE, CaseState.ERROR)


@dataclass(frozen=True, order=True, slots=True)
class CaseId:
    """Identity of a testcase across runs; volatile parts (times, addresses, UUIDs) are masked.

    A suite-level error without a case has the name of its suite and `name == SUITE_LEVEL`.
    """

    classname: str
    name: str

    def __str__(self) -> str:
        return f"{self.classname}::{self.name}" if self.classname else self.name


SUITE_LEVEL = "(suite)"
"""`CaseId.name` of an error that a report attaches to a suite and to no case."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One testcase element. Texts are bounded by the reader (head and tail kept)."""

    id: CaseId
    state: CaseState
    message: str = ""  # the runner's one-line reason
    kind: str = ""  # the runner's `type`: an exception class, mostly
    details: str = ""  # the body: stack trace, diff of values
    output: str = ""  # system-out and system-err of the case
    file: str = ""  # as the report writes it; may be "" or outside the workspace
    line: int | None = None
    seconds: float | None = None
    suite: str = ""
    flaky: bool = False  # the report itself says that it failed, then passed on a rerun


class SourceState(enum.StrEnum):
    """What became of one report file."""

    READ = "read"
    TRUNCATED = "truncated"  # what came before the cut was kept
    REPAIRED = "repaired"  # control bytes or a wrong encoding were mended
    EMPTY = "empty"
    NOT_JUNIT = "not-junit"
    MALFORMED = "malformed"
    REFUSED = "refused"  # entities, too large: a threat rather than a report


@dataclass(frozen=True, slots=True)
class Source:
    """One report file and what was read of it."""

    path: str
    state: SourceState
    cases: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts from the testcase elements, never from suite attributes."""

    tests: int = 0
    passed: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class RunReport:
    """What the reports of one run of the tests say, in the order of the files.

    `cases` holds every testcase element (a tuple, or for a huge report another sequence that
    takes less memory); an id may repeat (then its worst state counts, see `states`).
    `suite_errors` are errors and failures that belong to no case.
    """

    cases: Sequence[CaseResult] = ()
    suite_errors: tuple[CaseResult, ...] = ()
    sources: tuple[Source, ...] = ()

    @cached_property
    def failing(self) -> tuple[CaseResult, ...]:
        """Red cases in order, then suite-level errors; each id once."""
        seen: dict[CaseId, CaseResult] = {}
        for case in chain(self.cases, self.suite_errors):
            if case.state.red:
                seen.setdefault(case.id, case)
        return tuple(seen.values())

    @property
    def states(self) -> dict[CaseId, CaseState]:
        """Id to state; where an id repeats, the worst: error, failure, skipped, passed."""
        worst: dict[CaseId, CaseState] = {}
        for case in chain(self.cases, self.suite_errors):
            known = worst.get(case.id)
            if known is None or _SEVERITY[case.state] > _SEVERITY[known]:
                worst[case.id] = case.state
        return worst

    @property
    def occurrences(self) -> dict[CaseId, int]:
        """Id to how many testcase elements carry it."""
        found: dict[CaseId, int] = {}
        for case in self.cases:
            found[case.id] = found.get(case.id, 0) + 1
        return found

    @cached_property
    def counts(self) -> Counts:
        """Counts over every testcase element."""
        states = [case.state for case in self.cases]
        return Counts(
            tests=len(states),
            passed=states.count(CaseState.PASSED),
            failures=states.count(CaseState.FAILURE),
            errors=states.count(CaseState.ERROR),
            skipped=states.count(CaseState.SKIPPED),
        )


_SEVERITY = {
    CaseState.PASSED: 0,
    CaseState.SKIPPED: 1,
    CaseState.FAILURE: 2,
    CaseState.ERROR: 3,
}


def worst(states: Iterable[CaseState]) -> CaseState | None:
    """The worst of some states (error, failure, skipped, passed); None of none."""
    return max(states, key=_SEVERITY.__getitem__, default=None)
