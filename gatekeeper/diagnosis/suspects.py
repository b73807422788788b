"""Places that may hold the cause, ranked: stack trace, imports of the test, the delta."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gatekeeper.domain import CaseResult, Delta, Frame, Suspect
from gatekeeper.intake.places import is_test
from gatekeeper.intake.reach import Place, reach
from gatekeeper.ports import Tree

MAX_SUSPECTS = 10

_FRAME = 0.60  # product code in the stack trace; each frame further out loses a bit
_FRAME_STEP = 0.05
_REACHED = 0.45  # one file away from the test; each further file loses a bit
_REACHED_STEP = 0.10
_CHANGED = 0.30  # the author changed these lines
_CHANGED_FILE = 0.15  # the author changed the file elsewhere
_ONLY_CHANGED = 0.20  # changed, and nothing else ties it to the failure
_TEST = 0.15  # the test itself


def suspects(
    failing: Sequence[CaseResult], delta: Delta, tree: Tree, frames: Sequence[Frame]
) -> tuple[Suspect, ...]:
    """At most ten, best first, one for a definition; scores in 0..1 with their reasons."""
    touched = _touched(delta.diff)
    changed = {change.path for change in delta.files if change.status != "D"}
    places = reach(failing, frames, tree)
    known = [
        _scored(place, frames, touched, changed)
        for place in places
        if place.start != place.end or place.start is None or place.path in changed
    ]  # a line such as `T = TypeVar("T")` is context, not a suspect
    named = {place.path for place in places}
    alone = [
        Suspect(path, None, None, _ONLY_CHANGED, "changed by the author, not seen in the failure")
        for path in sorted(changed - named)
        if not is_test(path)
    ]
    best: dict[tuple[str, str, int | None], Suspect] = {}
    for suspect in (*known, *alone):
        key = (suspect.path, suspect.symbol, suspect.start)
        if key not in best or best[key].score < suspect.score:
            best[key] = suspect
    finer = {suspect.path for suspect in best.values() if suspect.start is not None}
    kept = [one for one in best.values() if one.start is not None or one.path not in finer]
    ranked = sorted(kept, key=lambda one: (-one.score, one.path, one.start or 0))
    return tuple(ranked[:MAX_SUSPECTS])


def _scored(
    place: Place, frames: Sequence[Frame], touched: dict[str, set[int]], changed: set[str]
) -> Suspect:
    score, why = _own(place, frames)
    lines = touched.get(place.path, set())
    inside = place.start is None or any(
        place.start <= line <= (place.end or line) for line in lines
    )
    if lines and inside:
        score, why = score + _CHANGED, f"{why}, and changed by the author"
    elif place.path in changed:
        score, why = score + _CHANGED_FILE, f"{why}, in a file that the author changed"
    return Suspect(place.path, place.start, place.end, round(min(1.0, score), 2), why, place.symbol)


def _own(place: Place, frames: Sequence[Frame]) -> tuple[float, str]:
    if is_test(place.path):
        return _TEST, "the test itself" if place.depth == 0 else "support of the test"
    for position, frame in enumerate(frame for frame in frames if not is_test(frame.path)):
        within = place.start is None or (
            frame.line is not None and place.start <= frame.line <= (place.end or frame.line)
        )
        if frame.path == place.path and within:
            return max(0.3, _FRAME - _FRAME_STEP * position), "in the stack trace"
    score = _REACHED - _REACHED_STEP * (place.distance - 1)
    away = f" ({place.depth} files away)" if place.depth > 1 else ""
    return min(0.55, max(0.1, score)), f"{place.why}{away}"


def _touched(diff: bytes) -> dict[str, set[int]]:
    """Lines of the new side that the delta added or next to which it removed."""
    found: dict[str, set[int]] = {}
    path, line = "", 0
    for row in _rows(diff):
        if row.startswith("+++ "):
            path = row[6:] if row.startswith("+++ b/") else ""
        elif row.startswith("@@"):
            header = re.match(r"@@ -\S+ \+(\d+)", row)
            line = int(header[1]) if header else 0
        elif row.startswith(("+", "-")):
            found.setdefault(path, set()).add(line)
            line += row.startswith("+")
        elif row.startswith(" "):
            line += 1
    return found


def _rows(diff: bytes) -> Iterator[str]:
    yield from diff.decode("utf-8", "surrogateescape").split("\n")
