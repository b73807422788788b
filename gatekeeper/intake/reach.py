"""The code that a failure touches: the failing tests, then what they are about, best first.

Files are found by imports from the tests and the frames; their definitions are ranked by
`code.ranking`: what the tests lead to by the names that are used, and what speaks of the same
things as they do. Every step reads only the files that it needs.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.domain import CaseId, CaseResult, Delta, Frame
from gatekeeper.intake.code.place import Place
from gatekeeper.intake.code.sources import Sources
from gatekeeper.intake.code.start import source_of
from gatekeeper.intake.code.telling import Telling, focused
from gatekeeper.intake.code.weighing import Ranking
from gatekeeper.intake.coverage_data import Spectrum
from gatekeeper.ports import Tree

MAX_CASES = 10  # failing cases whose code is looked for; the others are only named
_MAX_PLACES = 80
_SHOWN_FIRST = 3  # tests; more of them tell less than the code that they test


def reach(
    failing: Sequence[CaseResult],
    frames: Sequence[Frame],
    tree: Tree,
    roots: Sequence[str] = (),
    delta: Delta | None = None,
    run: Spectrum | None = None,
) -> tuple[Place, ...]:
    """Places in the order of their value; a place is listed once.

    `run` is what coverage data tells of the failing tests, where the project has some.
    """
    sources = Sources(tree, roots)
    tests = _tests(failing[:MAX_CASES], sources, roots)
    ranked = Ranking(sources, failing[:MAX_CASES], tests, frames, delta, run).places()
    lines = Telling(failing[:MAX_CASES], frames, sources)
    first = [piece for test in tests[:_SHOWN_FIRST] for piece in focused(test, lines.of(test))]
    shown = {(p.path, p.start) for p in tests}
    others = [place for place in ranked if (place.path, place.start) not in shown]
    return tuple(dict.fromkeys((*first, *others[:_MAX_PLACES], *tests)))


def own_source(
    cases: Sequence[CaseResult], tree: Tree, roots: Sequence[str] = ()
) -> dict[CaseId, Place]:
    """The lines of each case's own test function; a case where they cannot be told is left out."""
    sources = Sources(tree, roots)
    found: dict[CaseId, Place] = {}
    for case in cases:
        where = source_of(case, sources, roots)
        if where and where[1] is not None:
            found[case.id] = Place(where[0], where[1], where[2], "", where[3])
    return found


def _tests(cases: Sequence[CaseResult], sources: Sources, roots: Sequence[str]) -> list[Place]:
    """The source of the failing cases, each place once."""
    found: dict[tuple[str, int | None], Place] = {}
    for case in cases:
        where = source_of(case, sources, roots)
        if where:
            path, start, end, symbol = where
            kind = "failing test" if start else "file of the failing test"
            found.setdefault(
                (path, start), Place(path, start, end, f"the {kind} {case.id}", symbol)
            )
    return list(found.values())
