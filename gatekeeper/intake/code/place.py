"""Lines that a failure may be about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file, 1-based and inclusive; `start` None is the whole file."""

    path: str
    start: int | None
    end: int | None
    why: str
    symbol: str = ""
    depth: int = 0  # 0: a failing test; else so many files away, at least 1
    score: float = 0.0  # 0..1, how much speaks for it
    begins: int | None = None  # first line of the definition that it is a part of
