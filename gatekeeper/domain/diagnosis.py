"""What a failure is taken for, and what a backend is told of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gatekeeper.domain.cases import CaseId


class Category(enum.StrEnum):
    """What kind of failure it is."""

    PRODUCT_BUG = "product-bug"
    TEST_BUG = "test-bug"
    FLAKY = "flaky"
    BUILD = "build"
    DEPENDENCY = "dependency"
    CONFIGURATION = "configuration"
    INFRASTRUCTURE = "infrastructure"
    TIMEOUT = "timeout"
    RESOURCE = "resource"
    LINT = "lint"
    UNKNOWN = "unknown"


class Origin(enum.StrEnum):
    """Whose code a frame of a stack trace is."""

    OURS = "ours"  # a file of the workspace, not vendored
    VENDORED = "vendored"  # a package of somebody else, in the workspace or installed
    LIBRARY = "library"  # the language's own: runtime, standard library
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a stack trace, mapped to a file of the workspace where that is possible."""

    path: str  # workspace path, or as written where it is not ours
    line: int | None
    function: str = ""
    ours: bool = False  # `origin` is OURS
    origin: Origin = Origin.UNKNOWN


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place that may hold the cause. `score` is in 0..1; higher is more suspicious."""

    path: str
    start: int | None
    end: int | None
    score: float
    why: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Failing cases that look like one failure."""

    category: Category
    summary: str  # one line
    cases: tuple[CaseId, ...]  # the first ones
    count: int  # of all of them
    path: str = ""  # where it shows, "" if no file of the workspace is named
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Category, summary and suspects, with the arithmetic of the confidence.

    `causes` has the one that category and summary speak of first; `left_out` are failing cases
    of causes that were not taken on. `prose` is who wrote summary and suggested fix: "rules", or
    the name of a model; `dropped` is what a model named that does not exist.
    """

    category: Category
    summary: str
    suspects: tuple[Suspect, ...] = ()
    suggested_fix: str = ""
    confidence: float = 0.0
    confidence_reasons: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    left_out: tuple[CaseId, ...] = ()
    prose: str = "rules"
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the context, in the order in which it is sent."""

    title: str
    text: str
    path: str = ""
    start: int | None = None
    end: int | None = None
    tokens: int = 0  # estimate
    cut: str = ""  # what was left out, "" if nothing

    @property
    def size(self) -> int:
        """Bytes of the text as UTF-8."""
        return len(self.text.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Redaction:
    """How many secrets of one kind were removed; never the value."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Context:
    """What a backend is told about the failure. `text` is `context.txt`, byte for byte."""

    text: str
    sections: tuple[Section, ...] = ()
    tokens: int = 0  # estimate
    omitted: tuple[str, ...] = ()  # what did not fit, announced in the text too
    redactions: tuple[Redaction, ...] = ()
    held_out: tuple[CaseId, ...] = ()  # failing cases that are not in the text
