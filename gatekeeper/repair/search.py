"""The search: record which lines the tests run, then try edits in turns, within its limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from gatekeeper.domain import CaseResult
from gatekeeper.repair.orders import Order, carry_out
from gatekeeper.repair.ranking import shuffled, variants
from gatekeeper.repair.source import Variant
from gatekeeper.repair.spectrum import Coverage, read_coverage
from gatekeeper.validation.bench import Bench

TURN = 400
"""Edits of one turn; after it what passed the red tests is tried on the whole suite."""

ENOUGH = 12
"""Edits of one turn that pass the red tests; more would not be told apart by more tests."""


@dataclass
class Search:
    """Edits that turn `cases` green and keep the suite as it was, found as they are asked for.

    At most `tries` edits are tried within `seconds`, `jobs` at a time; `order` is `ranked` or
    `random`, by `seed`. `allowed` says which files may be changed; `favoured` multiplies the
    suspicion of lines.
    """

    bench: Bench
    cases: Sequence[CaseResult]
    allowed: Callable[[str], bool]
    favoured: Mapping[tuple[str, int], float]
    seconds: float = 90.0
    tries: int = 4000
    seed: int = 0
    order: str = "ranked"
    jobs: int = 1
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
            "first": list(self._first) if self._first else None,
            "seed": self.seed,
            "order": self.order,
        }

    # --- the places -----------------------------------------------------------------------

    def _look(self, ends: float) -> None:
        left = max(1.0, ends - time.monotonic())
        whole = Order("trace", left / 4, min(10.0, left / 8))
        alone = Order("trace", left / 2, min(15.0, left / 4))
        with ThreadPoolExecutor(2) as pool:
            suite = pool.submit(carry_out, self.bench, whole, None)
            failing = carry_out(self.bench, alone, self.cases)
            told = suite.result()
        coverage = read_coverage(_last(failing), _last(told))
        self._coverage = coverage
        if not coverage.wanted:
            self.ended = "the recorded run showed no red test, so no place is suspicious"
            return
        found = variants(coverage, self.bench.tree.read, self.allowed, self.favoured)
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
        """Try the next edits; those that hold are in `_found` afterwards."""
        coverage, left = self._coverage, ends - time.monotonic()
        if coverage is None or not self._waiting or left <= 1:
            self.ended = "every edit was tried" if left > 1 else "the time of the search is over"
            return
        turn, self._waiting = self._waiting[:TURN], self._waiting[TURN:]
        live = [v for v in turn if v.live]
        early = [v for v in turn if not v.live]
        limit = min(30.0, 2.0 + 5 * coverage.longest)
        green = self._tries("live", live, left * 0.8, limit)
        green += self._tries("early", early, ends - time.monotonic(), limit + 3)
        order = {id(v): n for n, v in enumerate(turn)}
        green.sort(key=lambda v: order[id(v)])
        self.say(f"edits: {self._tried} tried, {len(green)} pass the red tests")
        left = ends - time.monotonic()
        if green and left > 1:
            self._found = self._suite(green[:ENOUGH], left)
        if self._found and self._first is None:
            since = self._spent + time.monotonic() - self._began
            self._first = (self._tried, round(since, 1))

    def _tries(
        self, mode: str, chosen: Sequence[Variant], seconds: float, limit: float
    ) -> list[Variant]:
        if not chosen or seconds <= 1 or self._coverage is None:
            return []
        parts = [chosen[n :: self.jobs] for n in range(self.jobs)]
        wanted = self._coverage.wanted

        def part(some: Sequence[Variant]) -> tuple[int, list[Variant]]:
            order = Order(mode, seconds, limit, some, wanted, enough=ENOUGH, only=True)
            told = carry_out(self.bench, order, self.cases)
            return len(told), [some[n] for n in _green(told, len(some))]

        with ThreadPoolExecutor(self.jobs) as pool:
            done = list(pool.map(part, [each for each in parts if each]))
        self._tried += sum(count for count, _ in done)
        return [variant for _, found in done for variant in found]

    def _suite(self, chosen: Sequence[Variant], seconds: float) -> list[Variant]:
        """Those with which the whole suite is as it was, in a process of its own each."""
        if self._coverage is None:
            return []
        order = Order(
            "early",
            seconds,
            max(20.0, seconds / 2),
            chosen,
            self._coverage.wanted,
            self._coverage.allowed,
        )
        told = carry_out(self.bench, order, None)
        held = [chosen[n] for n in _green(told, len(chosen))]
        self.say(f"edits: {len(held)} of {len(chosen)} keep the whole suite as it was")
        return held


def _last(told: Sequence[Any]) -> Mapping[str, Any]:
    return told[-1] if told else {}


def _green(told: Sequence[Any], count: int) -> list[int]:
    numbers = [one.get("id") for one in told if one.get("ok") is True]
    return [n for n in numbers if isinstance(n, int) and 0 <= n < count]
