"""What people know of this failure, as sections: a match as a fact, a candidate as a hint.

    # SCENARIO_MATCH            which known failure this is, and by what arithmetic
    # TEST_SCENARIO_RECORD      what its reviewed file says
    # SCENARIO_CANDIDATE        both, where the match is of medium confidence only

A match of low confidence adds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from gatekeeper.context.budget import head
from gatekeeper.context.fence import fenced
from gatekeeper.domain import Band, CaseId, Match, Scenario, Section
from gatekeeper.intake.code.place import Place
from gatekeeper.intake.python_code import parse
from gatekeeper.ports import Tree
from gatekeeper.redact import Redactor

_OVERHEAD = 40  # tokens of a section beside its text
_DEPTH = 1  # as near as a file that the test imports

_RECORD_NOTE = "reviewed by the project's people"
_CAUTION = (
    "possibly the same failure, not certainly: use it only where the code above agrees with it"
)


def scenario_sections(
    match: Match | None, tokens: int, redactor: Redactor, held_out: Collection[CaseId] = ()
) -> list[Section]:
    """The sections of a match within so many tokens; none for a low one, or where none fits.

    What names or quotes a held-out case is left out: of that, no backend is told.
    """
    if match is None or match.band is Band.LOW:
        return []
    about = redactor.text(_about(match, held_out))
    record = redactor.text(_record(match.scenario, held_out))
    if match.band is Band.MEDIUM:
        return _fitting("SCENARIO_CANDIDATE", _CAUTION, f"{about}{record}", tokens)
    first = _fitting("SCENARIO_MATCH", "", about, tokens)
    left = tokens - sum(section.tokens for section in first)
    return [*first, *_fitting("TEST_SCENARIO_RECORD", _RECORD_NOTE, record, left)] if first else []


def scenario_places(match: Match | None, tree: Tree) -> Iterator[Place]:
    """Code that a known failure names and that is there; of a candidate nothing is taken."""
    if match is None or match.band is not Band.HIGH:
        return
    known = tree.paths()
    why = f"named by the scenario {match.scenario.id}"
    for area in match.scenario.likely_code_areas:
        path, _, symbol = area.partition("::")
        if path not in known:
            continue
        code = parse(tree.read(path) or b"") if symbol and path.endswith(".py") else None
        start, end = (code.span(symbol) if code else None) or (None, None)
        yield Place(path, start, end, why, symbol if start else "", _DEPTH)


def _fitting(title: str, note: str, text: str, tokens: int) -> list[Section]:
    kept, cut = head(text, tokens - _OVERHEAD)
    if not kept:
        return []
    section = fenced(title, note, kept, cut=f"{cut} lines of the scenario" * bool(cut))
    return [section] if section.tokens <= tokens else []


def _about(match: Match, held_out: Collection[CaseId]) -> str:
    known = match.scenario
    lines = [f"id: {known.id}"]
    if not held_out:  # both may quote what a case says
        lines.append(f"title: {' '.join(known.title.split())}")
    lines.append(f"score: {match.score:.2f} ({match.band})")
    if not held_out:
        lines += [f"  {reason}" for reason in match.reasons]
    return "\n".join(lines) + "\n"


def _record(known: Scenario, held_out: Collection[CaseId]) -> str:
    """What helps to repair it first: the budget may end before the rest."""
    unsaid = {re.split(r"[\[(]", case.name, maxsplit=1)[0] for case in held_out}
    parts = (
        ("invariants", known.invariants),
        ("likely_code_areas", known.likely_code_areas),
        ("rejected_fix_patterns", known.rejected_fix_patterns),
        ("accepted_fix_patterns", known.accepted_fix_patterns),
        ("failure_signatures", () if held_out else known.failure_signatures),
    )
    told = [
        (name, [item for item in items if not any(map(item.__contains__, unsaid))])
        for name, items in parts
    ]
    return "".join(_listed(name, items) for name, items in told if items)


def _listed(name: str, items: Sequence[str]) -> str:
    lines = [f"{name}:"]
    for item in items:
        first, *rest = item.split("\n")
        lines += [f"- {first}", *(f"  {line}" for line in rest)]
    return "\n".join(lines) + "\n"
