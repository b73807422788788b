"""Places that may hold the cause, ranked: see `intake.reach`, and what the author changed."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.domain import CaseResult, Delta, Frame, Suspect
from gatekeeper.intake.code.place import Place
from gatekeeper.intake.coverage_data import Spectrum
from gatekeeper.intake.places import is_test
from gatekeeper.intake.reach import reach
from gatekeeper.ports import Tree

MAX_SUSPECTS = 10

_LEAST = 0.03  # a place of which less speaks is none
_ONLY_CHANGED = 0.05  # changed, and nothing else ties it to the failure
_TEST = 0.04  # the test itself, and its support at most


def suspects(
    failing: Sequence[CaseResult],
    delta: Delta,
    tree: Tree,
    frames: Sequence[Frame],
    roots: Sequence[str] = (),
    run: Spectrum | None = None,
) -> tuple[Suspect, ...]:
    """At most ten, best first, one for a definition; scores in 0..1 with their reasons."""
    places = reach(failing, frames, tree, roots, delta, run)
    changed = {change.path for change in delta.files if change.status != "D"}
    best: dict[tuple[str, str, int | None], Suspect] = {}
    for place in places:
        suspect = _suspect(place)
        key = (suspect.path, suspect.symbol, place.begins if suspect.symbol else suspect.start)
        if suspect.score >= _LEAST and (key not in best or best[key].score < suspect.score):
            best[key] = suspect
    named = {suspect.path for suspect in best.values()}
    alone = [
        Suspect(path, None, None, _ONLY_CHANGED, "changed by the author, not seen in the failure")
        for path in sorted(changed - named)
        if not is_test(path)
    ]
    ranked = sorted(
        (*best.values(), *alone), key=lambda one: (-one.score, one.path, one.start or 0)
    )
    return tuple(ranked[:MAX_SUSPECTS])


def _suspect(place: Place) -> Suspect:
    score, why = place.score, place.why
    if is_test(place.path):
        score = _TEST if place.depth == 0 else min(_TEST, score)
        why = "the test itself" if place.depth == 0 else why
    return Suspect(place.path, place.start, place.end, round(score, 2), why, place.symbol)
