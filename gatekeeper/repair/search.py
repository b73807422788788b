"""The search: record which lines the tests run, then try edits in turns, within its limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gatekeeper.domain import CaseResult
from gatekeeper.repair.history import Past
from gatekeeper.repair.orders import Order, carry_out
from gatekeeper.repair.ranking import shuffled, variants
from gatekeeper.repair.source import Variant
from gatekeeper.repair.spectrum import Coverage, codes_of, read_coverage
from gatekeeper.validation.bench import Bench

ENOUGH = 12
"""Edits that hold, after which no more are looked for: tests would not tell them apart."""

MORE = 150
"""Tries after the first edit that holds (or half as many as it took): another may be likelier."""

SLICE = 300
"""Tries of one of several sandboxes, before all hear what the others have found."""

OTHERS = 5.0
"""Seconds that the green tests of one function may take in one try; the gate runs all of them."""

EARLY = 0.25
"""Share of the time for edits outside of functions, each of which starts the tests anew."""


Tried = tuple[list[Variant], list[Variant]]
"""The edits that hold, and those that were not tried yet."""


@dataclass
class Search:
    """Edits that turn `cases` green and keep the suite as it was, found as they are asked for.

    At most `tries` edits are tried within `seconds`, in `sandboxes` with `workers` processes each;
    `order` is `ranked` or `random`, by `seed`. `allowed` says which files may be changed;
    `favoured` multiplies the suspicion of lines; `past` tells a file's recent changes.
    """

    bench: Bench
    cases: Sequence[CaseResult]
    allowed: Callable[[str], bool]
    favoured: Mapping[tuple[str, int], float]
    seconds: float = 60.0
    tries: int = 20_000
    seed: int = 0
    order: str = "ranked"
    sandboxes: int = 1
    workers: int = 1
    past: Callable[[str], Past] = field(default=lambda _: (), repr=False)
    say: Callable[[str], None] = field(default=lambda _: None, repr=False)
    ended: str = field(default="", init=False)
    _coverage: Coverage | None = field(default=None, init=False, repr=False)
    _waiting: list[Variant] = field(default_factory=list, init=False, repr=False)
    _found: list[Variant] = field(default_factory=list, init=False, repr=False)
    _began: float = field(default=0.0, init=False, repr=False)
    _first: tuple[int, float] | None = field(default=None, init=False, repr=False)
    _tried: int = field(default=0, init=False, repr=False)
    _spent: float = field(default=0.0, init=False, repr=False)
    _places: int = field(default=0, init=False, repr=False)

    def next(self, wanted: int, late: float) -> tuple[Variant, ...]:
        """The next edits that hold, () where there are none; `late` is by time.monotonic()."""
        self._began = time.monotonic()
        ends = min(late, self._began + self.seconds - self._spent)
        if self._coverage is None:
            self._look(ends)
        while not self._found and not self.ended:
            self._turn(ends)
        self._spent += time.monotonic() - self._began
        given, self._found = tuple(self._found[:wanted]), self._found[wanted:]
        return given

    def facts(self) -> dict[str, Any]:
        """What was done so far, for the stored answer; `first` is tries and seconds."""
        return {
            "places": self._places,
            "tries": self._tried,
            "waiting": len(self._waiting),
            "seconds": round(self._spent, 1),
            "first": dict(zip(("tries", "seconds"), self._first, strict=False))
            if self._first
            else None,
            "seed": self.seed,
            "order": self.order,
        }

    # --- the places -----------------------------------------------------------------------

    def _look(self, ends: float) -> None:
        left = max(1.0, ends - time.monotonic())
        alone = Order("trace", left / 4, min(5.0, left / 8))
        failing = _last(carry_out(self.bench, alone, self.cases))
        left = max(1.0, ends - time.monotonic())
        # Only what red tests run can be to blame: watching no more makes it several times faster.
        whole = Order("trace", left / 3, min(10.0, left / 6), codes=codes_of(failing))
        coverage = read_coverage(failing, _last(carry_out(self.bench, whole, None)))
        self._coverage = coverage
        if not coverage.wanted:
            self.ended = "the recorded run showed no red test, so no place is suspicious"
            return
        found = variants(coverage, self.bench.tree.read, self.allowed, self.favoured, self.past)
        if self.order == "random":
            found = shuffled(found, self.seed)
        self._places = len({(v.path, v.line) for v in found})
        self._waiting = found[: self.tries]
        self.say(
            f"edits: {len(self._waiting)} at {self._places} suspicious lines,"
            f" {len(coverage.wanted)} red test(s)"
        )

    # --- the tries ------------------------------------------------------------------------

    def _turn(self, ends: float) -> None:
        """Try the next edits; those that hold are in `_found` afterwards, the likeliest first."""
        left = ends - time.monotonic()
        if not self._waiting or left <= 1:
            self.ended = "every edit was tried" if left > 1 else "the time of the search is over"
            return
        live = [v for v in self._waiting if v.live]
        early = [v for v in self._waiting if not v.live]
        for_live = left - (EARLY * self.seconds if early else 0.0)
        if live and for_live > 1:
            # Side by side none hears that another has found something: so they go in slices.
            cut = SLICE * self.sandboxes if self.sandboxes > 1 else len(live)
            self._found, waiting = self._live(live[:cut], for_live)
            self._waiting = [*waiting, *live[cut:], *early]
        elif early:
            self._found, waiting = self._early(early, ends)
            self._waiting = [*live, *waiting]
        self._say_found()

    def _say_found(self) -> None:
        self.say(f"edits: {self._tried} tried, {len(self._found)} hold")
        if self._found and self._first is None:
            since = self._spent + time.monotonic() - self._began
            self._first = (self._tried, round(since, 1))

    def _live(self, chosen: Sequence[Variant], seconds: float) -> Tried:
        """Of edits of functions those that hold, and those that were not tried yet."""
        coverage = self._known()
        parts = [chosen[n :: self.sandboxes] for n in range(self.sandboxes)]

        @cache
        def others(path: str, first: int) -> Sequence[int]:
            return coverage.others(path, first, OTHERS)

        def part(some: Sequence[Variant]) -> list[Any]:
            order = Order(
                "live",
                seconds,
                min(10.0, 1.0 + 5 * coverage.longest),
                some,
                coverage.wanted,
                coverage.allowed,
                coverage.tests,
                [others(v.path, v.first) for v in some],
                after=2 * OTHERS + 2,
                enough=ENOUGH,
                more=MORE // self.sandboxes,
                workers=self.workers,
            )
            return carry_out(self.bench, order, None)

        return self._carried(parts, part)

    def _early(self, chosen: Sequence[Variant], ends: float) -> Tried:
        """The same of edits outside of functions, which the whole suite is run for."""
        coverage = self._known()
        limit = min(20.0, 5.0 + 5 * coverage.longest)

        def part(some: Sequence[Variant]) -> list[Any]:
            left = (ends - time.monotonic()) * 0.7
            order = Order("early", left, limit, some, coverage.wanted, enough=ENOUGH, only=True)
            return carry_out(self.bench, order, self.cases)

        green, waiting = self._carried([chosen], part)
        left = ends - time.monotonic()
        if not green or left <= 1:
            return [], waiting
        whole = Order(
            "early",
            left,
            limit,
            green,
            coverage.wanted,
            coverage.allowed,
            after=max(20.0, left / 2),
        )
        told = carry_out(self.bench, whole, None)
        return [green[n] for n in _ids(told, len(green), green=True)], waiting

    def _carried(
        self,
        parts: Sequence[Sequence[Variant]],
        part: Callable[[Sequence[Variant]], list[Any]],
    ) -> Tried:
        """The parts carried out side by side: edits that hold, and those nobody tried, in order."""
        parts = [each for each in parts if each]
        with ThreadPoolExecutor(max(1, len(parts))) as pool:
            done = list(pool.map(part, parts))
        held, waiting = [], []
        for some, told in zip(parts, done, strict=True):
            tried = set(_ids(told, len(some)))
            self._tried += len(tried)
            held += [some[n] for n in _ids(told, len(some), green=True)]
            # A run that said nothing of any would say nothing of them again.
            waiting += [v for n, v in enumerate(some) if n not in tried] if tried else []
        place = {id(v): n for n, v in enumerate(self._waiting)}
        return (
            sorted(held, key=lambda v: place.get(id(v), 0)),
            sorted(waiting, key=lambda v: place.get(id(v), 0)),
        )

    def _known(self) -> Coverage:
        return self._coverage or Coverage()


def _last(told: Sequence[Any]) -> Mapping[str, Any]:
    return told[-1] if told else {}


def _ids(told: Sequence[Any], count: int, *, green: bool = False) -> list[int]:
    numbers = [one.get("id") for one in told if not green or one.get("ok") is True]
    return sorted({n for n in numbers if isinstance(n, int) and 0 <= n < count})
