"""When a literal in new code is an answer by heart: what the languages have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from gatekeeper.guards.literals.telling import disguises, empty, telling
from gatekeeper.guards.literals.tested import Literal, Tested


@dataclass(frozen=True, slots=True)
class Answer:
    """Something copied from a test; `what` goes on after "line 3 of `a.py`"."""

    line: int
    what: str
    sure: bool = True  # False: an honest fix may look like this


@dataclass(frozen=True)
class Vocabulary:
    """The literals of the failing tests, and whether product code held a literal before."""

    tested: Tested
    held: Callable[[Literal], bool]

    def copied(self, literals: Iterable[Literal], there: Collection[Literal]) -> list[Literal]:
        """Those that a failing test holds; `there` are what the file held before."""
        return [one for one in literals if self.tested.says(one) and one not in there]

    @cached_property
    def disguised(self) -> dict[str, Literal]:
        """Each disguise of a telling literal of the tests, and what it hides."""
        return {
            hidden: one
            for one in self.tested.literals
            if telling(one)
            for hidden in disguises(one)
            if not self.tested.says(hidden)
        }

    def special_case(
        self, line: int, inputs: list[Literal], outputs: list[Literal], answers: bool
    ) -> Answer | None:
        """A branch taken for tested inputs; `answers` where it gives a fixed result or an error.

        `inputs` and `outputs` are copied literals of its condition and of its results.
        """
        data = [one for one in inputs if telling(one)]
        if data and not self.held(data[0]):
            what = f"treats {data[0]!r}, an input of a failing test, as a special case"
            return Answer(line, what, sure=answers)
        pairs = [pair for pair in product(inputs, outputs) if self.tested.together(*pair)]
        for given, wanted in pairs:
            what = f"answers {given!r} with {wanted!r}, as a failing test wants it"
            if telling(wanted) and not self.held(wanted):
                return Answer(line, what, sure=isinstance(given, str) or not empty(given))
            if isinstance(wanted, float | int) and not isinstance(wanted, bool) and len(inputs) > 1:
                return Answer(line, what)
            if not empty(given) and not self.held(given):
                return Answer(line, what, sure=False)
        return None

    def table(self, line: int, pairs: list[tuple[Literal, Literal]], size: int) -> Answer | None:
        """A new table with `size` rows, of which `pairs` (key, value) are copied."""
        keys = [key for key, _ in pairs if self.tested.says(key)]
        marks = [key for key in keys if telling(key) and not self.held(key)]
        if len(keys) > 1 and len(keys) == size and marks:
            return Answer(line, f"looks up {marks[0]!r} and other inputs of the failing tests")
        known = [
            pair for pair in pairs
            if self.tested.together(*pair) and not (empty(pair[0]) and empty(pair[1]))
        ]  # fmt: skip
        if not known or 2 * len(known) < size:
            return None
        data = [pair for pair in known if any(telling(one) and not self.held(one) for one in pair)]
        what = f"holds a table of inputs and answers of the failing tests ({known[0][0]!r}: ...)"
        return Answer(line, what, sure=bool(data) and 2 * len(data) >= size)

    def fixed(self, line: int, value: Literal) -> Answer | None:
        """A computed result that became a fixed one."""
        if not self.tested.says(value):
            return None
        sure = not isinstance(value, bool) and value != ""
        return Answer(line, f"gives {value!r}, as a failing test wants it, for every input", sure)
