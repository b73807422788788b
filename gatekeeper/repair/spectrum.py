"""Which lines are suspicious: run by red tests, by few green ones, and near where it broke.

The figure is Ochiai's (Abreu and others 2006): red / sqrt(all red * all that run the line).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CUT_OFF = "_TooLong"
"""What the recorder calls the error of a test that took too long."""

_SENSELESS = (KeyError, TypeError, ValueError, AttributeError, OverflowError)

LATER, LAST = 0.35, 0.6
"""What a frame of the trace adds: any one, and the innermost."""


@dataclass(frozen=True)
class Coverage:
    """What the recorded runs say; `lines` and `frames` are of the red tests, each with a path."""

    wanted: tuple[str, ...] = ()  # node ids that are to become green
    allowed: tuple[str, ...] = ()  # node ids that are red as it stands
    errors: tuple[str, ...] = ()
    longest: float = 0.0  # seconds of all red tests together, without those that were cut off
    red: Mapping[tuple[str, int], int] = field(default_factory=dict)
    green: Mapping[tuple[str, int], int] = field(default_factory=dict)
    frames: Mapping[tuple[str, int], float] = field(default_factory=dict)
    tests: tuple[str, ...] = ()  # green node ids, in the order of the recorded run
    took: tuple[float, ...] = ()  # seconds of each
    ran: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Path and first line of a function to the green tests that ran it: bit n is `tests[n]`."""

    def others(self, path: str, first: int, seconds: float) -> list[int]:
        """The green tests that run a function, the shortest first, of `seconds` together."""
        mask, left, found = self.ran.get((path, first), 0), seconds, []
        for number in sorted(range(len(self.tests)), key=lambda n: (self.took[n], n)):
            if mask >> number & 1:
                left -= self.took[number]
                if left < 0:
                    break
                found.append(number)
        return found


def read_coverage(failing: Mapping[str, Any], suite: Mapping[str, Any]) -> Coverage:
    """The answers of the recorded runs of the red tests, and of the whole suite.

    They come from the sandbox: one that makes no sense is nothing.
    """
    try:
        return _read(failing, suite)
    except _SENSELESS:
        return Coverage()


def _read(failing: Mapping[str, Any], suite: Mapping[str, Any]) -> Coverage:
    red: Counter[tuple[str, int]] = Counter()
    frames: dict[tuple[str, int], float] = {}
    tests = _items(failing, "failed")
    for test in tests:
        lines = [(p, int(n)) for p, found in test["lines"].items() for n in found]
        red.update(set(lines) or _imported(failing))
        known = [(str(path), int(line)) for path, line in test["frames"]]
        for place in known:
            frames[place] = max(frames.get(place, 0.0), LATER)
        if known:
            frames[known[-1]] = LAST
    green: Counter[tuple[str, int]] = Counter()
    for path, counts in dict(suite.get("passed", {})).items():
        green.update({(path, int(line)): int(count) for line, count in counts.items()})
    # What an import runs it runs for every test, the green ones too, and only once for all.
    passed = sum(1 for state in dict(suite.get("tests", {})).values() if state == "passed")
    for place in _imported(failing):
        if place not in red:
            red[place], green[place] = len(tests), max(passed, green[place])
    bad = {str(test["id"]) for test in _items(suite, "failed")}
    wanted = tuple(dict.fromkeys(str(test["id"]) for test in tests))
    timed = list(zip(suite.get("green", ()), suite.get("took", ()), strict=True))
    return Coverage(
        wanted,
        tuple(sorted(bad - set(wanted))),
        tuple(dict.fromkeys(str(test["error"]) for test in tests if test["error"])),
        sum(float(test["s"]) for test in tests if test["error"] != CUT_OFF),
        red,
        green,
        frames,
        tuple(str(name) for name, _ in timed),
        tuple(float(seconds) for _, seconds in timed),
        _masks(suite.get("ran", {})),
    )


def codes_of(failing: Mapping[str, Any]) -> dict[str, list[int]]:
    """What the red tests ran: path to the first lines of functions."""
    found: dict[str, set[int]] = {}
    try:
        for test in _items(failing, "failed"):
            for path, firsts in test.get("codes", {}).items():
                found.setdefault(str(path), set()).update(map(int, firsts))
    except _SENSELESS:
        return {}
    return {path: sorted(firsts) for path, firsts in sorted(found.items())}


def _masks(said: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, int], int]:
    return {(p, int(n)): int(mask, 16) for p, masks in said.items() for n, mask in masks.items()}


def _imported(answer: Mapping[str, Any]) -> set[tuple[str, int]]:
    return {(p, int(n)) for p, found in dict(answer.get("imported", {})).items() for n in found}


def _items(answer: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = answer.get(key, ())
    return found if isinstance(found, list) else ()


def suspicion(coverage: Coverage) -> dict[tuple[str, int], float]:
    """Path and line to a figure in 0..2, for every line that a red test ran."""
    total = max(1, len(coverage.wanted))
    found = {}
    for place, red in coverage.red.items():
        green = coverage.green.get(place, 0)
        ochiai = red / math.sqrt(total * max(1, red + green))
        found[place] = ochiai + coverage.frames.get(place, 0.0)
    return found
