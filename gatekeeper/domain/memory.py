"""What is known of failures that were there before: scenarios, and how well one fits."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """One failure that people have looked at, as `scenarios/ID.yml` keeps it.

    Texts hold no control characters but line breaks and tabs.
    """

    id: str  # lower case letters, digits, `-` and `_`
    title: str = ""
    origin: str = ""  # where the knowledge is from
    failure_signatures: tuple[str, ...] = ()  # parts of what such a failure says
    affected_tests: tuple[str, ...] = ()  # CLASS::NAME, FILE::NAME, FILE or NAME
    likely_code_areas: tuple[str, ...] = ()  # PATH, PATH::SYMBOL, FOLDER or a glob
    invariants: tuple[str, ...] = ()
    accepted_fix_patterns: tuple[str, ...] = ()
    rejected_fix_patterns: tuple[str, ...] = ()
    review_required: bool = True
    path: str = ""  # the file that it was read from; "" for a draft


class Band(enum.StrEnum):
    """How sure a match is, and so what is done with it."""

    HIGH = "high"  # attached to the context
    MEDIUM = "medium"  # attached as a candidate, with a warning
    LOW = "low"  # not attached; at most something to ask about


@dataclass(frozen=True, slots=True)
class Match:
    """The scenario that fits the failure best; `score` is in 0..1, `reasons` its arithmetic."""

    scenario: Scenario
    score: float
    band: Band
    reasons: tuple[str, ...] = ()
