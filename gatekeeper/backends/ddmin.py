"""Delta debugging: the smallest sets of numbered items for which a costly probe still holds.

The items are whatever the caller numbers from 0. The algorithm is ddmin (Zeller, Hildebrandt
2002): of a set that holds it tries ever finer parts and complements, and ends with one of which
no single item can be left out.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Items = frozenset[int]


class LimitReached(Exception):
    """No more probes, or no more time; the message says which."""


@dataclass
class Probes:
    """A probe that remembers: no set is tried twice. `ends` is by time.monotonic()."""

    probe: Callable[[Items], bool]
    limit: int
    ends: float
    known: dict[Items, bool] = field(default_factory=dict)

    @property
    def spent(self) -> int:
        """How many times the probe really ran."""
        return len(self.known)

    def __call__(self, items: Items) -> bool:
        """Whether `items` hold. Raises LimitReached instead of running the probe too often."""
        if items not in self.known:
            if self.spent >= self.limit:
                raise LimitReached(f"the limit of {self.limit} probes")
            if time.monotonic() >= self.ends:
                raise LimitReached("the time limit")
            self.known[items] = self.probe(items)
        return self.known[items]


@dataclass(frozen=True, slots=True)
class Found:
    """A set that holds. `stopped` says what kept it from being minimal, "" if it is."""

    items: Items
    stopped: str = ""


def minimise(start: Items, probes: Probes) -> Found:
    """The 1-minimal subset of `start`, which must hold; or how far it came until a limit."""
    best = start
    try:
        for smaller in shrink(start, probes):
            best = smaller
    except LimitReached as reached:
        return Found(best, str(reached))
    return Found(best)


def shrink(start: Items, probe: Callable[[Items], bool]) -> Iterator[Items]:
    """Ever smaller subsets of `start` that hold; of the last, no single item can be left out."""
    current, parts = start, 2
    while len(current) > 1:
        smaller, parts_then = _reduce(current, min(parts, len(current)), probe)
        if smaller is not None:
            yield smaller
            current, parts = smaller, parts_then
        elif parts >= len(current):
            return
        else:
            parts *= 2


def _reduce(current: Items, parts: int, probe: Callable[[Items], bool]) -> tuple[Items | None, int]:
    """One part, else one complement that holds, and into how many parts to cut that next."""
    pieces = list(_split(current, parts))
    for piece in pieces:
        if probe(piece):
            return piece, 2
    for piece in pieces:
        rest = current - piece
        if rest and probe(rest):
            return rest, max(parts - 1, 2)
    return None, parts


def _split(items: Items, parts: int) -> Iterator[Items]:
    """Neighbours stay together: hunks of one file tend to belong together."""
    ordered = sorted(items)
    for part in range(parts):
        low, high = len(ordered) * part // parts, len(ordered) * (part + 1) // parts
        yield frozenset(ordered[low:high])


def minimal_sets(whole: Items, probes: Probes) -> Iterator[Found]:
    """Distinct minimal sets, none of which holds an earlier one, until none is left.

    Where a set was found, each of its items is left out in turn and the rest is searched.
    Raises LimitReached where a limit ends the search between two sets.
    """
    found: list[Found] = []
    queue: deque[Items] = deque([frozenset()])
    seen: set[Items] = set(queue)
    while queue:
        left_out = queue.popleft()
        overlap = next((f for f in found if not f.items & left_out), None)
        if overlap is None:
            if not probes(whole - left_out):
                continue
            overlap = minimise(whole - left_out, probes)
            found.append(overlap)
            yield overlap
        for item in sorted(overlap.items):
            further = left_out | {item}
            if further not in seen and further != whole:
                seen.add(further)
                queue.append(further)
