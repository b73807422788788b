"""Cases that a backend is not told of: a fix of the cause turns them green all the same.

A candidate made to fit what was shown (a table of the tested inputs, the expected value as a
constant) leaves them red. Only cases that fail as others do are held out, so that nobody must
guess a cause of which nothing was shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from gatekeeper.domain import CaseId, CaseResult
from gatekeeper.intake.code.place import Place
from gatekeeper.intake.reach import own_source
from gatekeeper.intake.stacktrace import case_frames
from gatekeeper.ports import Tree

ALIKE = 3
"""So many tests must fail in one way before some of them are held out."""


def hold_out(
    failing: Sequence[CaseResult], share: float, tree: Tree, roots: Sequence[str] = ()
) -> tuple[CaseResult, ...]:
    """About `share` (0 to 0.5) of the failing tests of each cause; a test's cases stay together.

    Same input, same choice. A test whose source cannot be told from the rest of its file is
    shown, as it could not be hidden.
    """
    places = own_source(failing, tree, roots) if share and len(failing) >= ALIKE else {}
    held: set[CaseId] = set()
    for tests in _by_cause(failing, places, tree, roots).values():
        if len(tests) >= ALIKE:
            ordered = sorted(tests, key=_chance)
            count = max(1, int(len(tests) * share))
            held |= {id_ for place in ordered[:count] for id_ in tests[place]}
    return tuple(case for case in failing if case.id in held)


def _by_cause(
    failing: Sequence[CaseResult],
    places: Mapping[CaseId, Place],
    tree: Tree,
    roots: Sequence[str],
) -> dict[tuple[str, str], dict[Place, list[CaseId]]]:
    """The tests (by their place) that fail with the same exception in the same product function."""
    known = tree.paths()
    causes: dict[tuple[str, str], dict[Place, list[CaseId]]] = {}
    for case in failing:
        if case.id not in places:
            continue
        place = places[case.id]
        ours = [f for f in case_frames([case], known, roots) if f.ours and f.path != place.path]
        where = f"{ours[0].path}:{ours[0].function}" if ours else place.path
        kind = case.kind or case.message.partition(":")[0]
        causes.setdefault((kind, where), {}).setdefault(place, []).append(case.id)
    return causes


def _chance(place: Place) -> bytes:
    return hashlib.sha256(f"{place.path}:{place.symbol}".encode("utf-8", "replace")).digest()
