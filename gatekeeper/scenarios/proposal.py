"""A scenario drafted from a run, for a person to read, correct and approve; or to throw away.

Nothing here is stored: the draft becomes the artifact `scenario_proposal.json`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from gatekeeper.domain import (
    Attempt,
    Band,
    CaseResult,
    Category,
    Decision,
    Diagnosis,
    Report,
    Scenario,
)
from gatekeeper.intake.places import is_test
from gatekeeper.ports import Tree
from gatekeeper.scenarios.invariants import stated
from gatekeeper.scenarios.schema import SHORTEST_SIGNATURE, clean
from gatekeeper.scenarios.signature import known_part, signature

SURE = 0.8
"""Confidence of the diagnosis from which on a failure is worth a draft without a fix."""

_MOST_TESTS = 50
_MOST_SIGNATURES = 5
_MOST_AREAS = 6
_MOST_REJECTED = 8
_MOST_INVARIANTS = 8
_LONGEST_TITLE = 120
_LONGEST_WHY = 500
_LONGEST_REASON = 300
_LONGEST_LINE = 120
_DIFF_LINES = 60
_DIFF_CHARACTERS = 3000
_Redact = Callable[[str], str]


def draft(
    report: Report,
    failing: Sequence[CaseResult],
    tree: Tree,
    redact: _Redact,
    taken: Collection[str] = (),
    roots: Sequence[str] = (),
) -> Scenario | None:
    """A scenario of this failure, where it is new or known in part, and understood.

    Understood means that a candidate was accepted, or that the diagnosis is sure (`SURE`) of
    anything but "unknown" and "flaky". `failing` are the cases that it is about, `taken` the ids
    that are given away. Every text is redacted, bounded and free of control characters.
    """
    accepted = next((one for one in report.attempts if one.id == report.accepted), None)
    known = report.match is not None and report.match.band is Band.HIGH
    if known or not failing or not (accepted or _sure(report.diagnosis)):
        return None

    def said(text: str) -> str:
        return clean(redact(text)).strip()

    return Scenario(
        id=_free(_slug(failing[0]), taken),
        title=said(_title(failing)),
        origin=said(_origin(report)),
        failure_signatures=_signatures(failing, redact),
        affected_tests=tuple(said(str(case.id)) for case in failing[:_MOST_TESTS]),
        likely_code_areas=tuple(map(said, _areas(report.diagnosis, accepted))),
        invariants=tuple(map(said, stated(failing, tree, roots)[:_MOST_INVARIANTS])),
        accepted_fix_patterns=tuple(map(said, _fix(accepted))) if accepted else (),
        rejected_fix_patterns=tuple(dict.fromkeys(map(said, _rejected(report.attempts)))),
    )


def redacted(scenario: Scenario, redact: _Redact) -> Scenario:
    """The same without secrets, which somebody may have written into it since."""
    cleaned: dict[str, Any] = {}
    for field in dataclasses.fields(scenario):
        value = getattr(scenario, field.name)
        if isinstance(value, tuple):
            cleaned[field.name] = tuple(map(redact, value))
        elif field.name in ("title", "origin"):
            cleaned[field.name] = redact(value)
    return dataclasses.replace(scenario, **cleaned)


def _sure(diagnosis: Diagnosis | None) -> bool:
    if diagnosis is None or diagnosis.category in (Category.UNKNOWN, Category.FLAKY):
        return False
    return diagnosis.confidence >= SURE


# --- what failed ------------------------------------------------------------------------


def _slug(case: CaseResult) -> str:
    """`tests.test_cart::test_discount[3]` is `cart-test-discount`."""
    module = re.split(r"[./\\]", case.id.classname)[-1]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", f"{_topic(module)}-{case.id.name}").lower()
    words = re.sub(r"[\[(].*", "", words, flags=re.DOTALL)
    slug = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:60].strip("-")
    return slug or "failure"


def _topic(module: str) -> str:
    return re.sub(r"(?i)^tests?_|_tests?$|tests?$|^test(?=[A-Z])", "", module)


def _free(slug: str, taken: Collection[str]) -> str:
    number, name = 1, slug
    while name in taken:
        number += 1
        name = f"{slug}-{number}"
    return name


def _title(failing: Sequence[CaseResult]) -> str:
    first = failing[0]
    more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
    said = signature(first)
    text = f"{first.id.name}: {said}" if said else f"{first.id.name} fails"
    text = " ".join(text.split())
    return (text if len(text) <= _LONGEST_TITLE else f"{text[:_LONGEST_TITLE]}...") + more


def _origin(report: Report) -> str:
    head = f" on commit {report.delta.head[:12]}" if report.delta and report.delta.head else ""
    near = ""
    if report.match is not None:
        near = f"; the nearest known one is {report.match.scenario.id} ({report.match.score:.2f})"
    return (
        f"drafted by gatekeeper {report.version} ({report.command}), {report.started}{head}{near}"
    )


def _signatures(failing: Sequence[CaseResult], redact: _Redact) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for case in failing:
        text = clean(known_part(redact(signature(case))))
        if len(text) >= SHORTEST_SIGNATURE:
            found[text] = None
        if len(found) == _MOST_SIGNATURES:
            break
    return tuple(found)


# --- where, and what was done -----------------------------------------------------------


def _areas(diagnosis: Diagnosis | None, accepted: Attempt | None) -> list[str]:
    """What the accepted candidate changed, with the suspected definitions in it; else suspects."""
    suspects = [one for one in diagnosis.suspects if not is_test(one.path)] if diagnosis else []
    named = [f"{one.path}::{one.symbol}" if one.symbol else one.path for one in suspects]
    if accepted is None or accepted.candidate is None:
        return list(dict.fromkeys(named))[:_MOST_AREAS]
    changed = [change.path for change in accepted.candidate.changes]
    inside = [name for name in named if name.partition("::")[0] in changed]
    covered = {name.partition("::")[0] for name in inside}
    whole = [path for path in changed if path not in covered]
    return list(dict.fromkeys([*inside, *whole]))[:_MOST_AREAS]


def _fix(accepted: Attempt) -> Iterator[str]:
    changed = accepted.candidate.changes if accepted.candidate else ()
    files = ", ".join(change.path for change in changed[:_MOST_AREAS])
    did = "Took back the author's change of" if accepted.draft.label == "revert" else "Changed"
    why = " ".join(accepted.draft.rationale.split())[:_LONGEST_WHY]
    yield f"{did} {files}: {why}" if why else f"{did} {files}."
    if accepted.candidate is not None:
        hunks = _hunks(accepted.candidate.diff.decode("utf-8", "replace"))
        if hunks:
            yield hunks


def _hunks(diff: str) -> str:
    """The hunks with the names of their files, bounded; no object ids, which say nothing."""
    kept = [
        line.rstrip()  # so that YAML can write it as it is read
        for line in diff.split("\n")
        if not line.startswith(("diff --git ", "index ", "--- a/", "old mode", "new mode"))
    ]
    shown = "\n".join(kept[:_DIFF_LINES])[:_DIFF_CHARACTERS].rstrip()
    left = len(kept) - shown.count("\n") - 1
    return f"{shown}\n[cut: about {left} lines]" if left > 1 else shown


def _rejected(attempts: Sequence[Attempt]) -> Iterator[str]:
    rejected = [one for one in attempts if one.verdict.decision is Decision.REJECTED]
    for attempt in rejected[:_MOST_REJECTED]:
        changes = attempt.candidate.changes if attempt.candidate else ()
        files = ", ".join(change.path for change in changes[:_MOST_AREAS]) or "nothing that applies"
        reason = " ".join(attempt.verdict.reasons[0].split()) if attempt.verdict.reasons else ""
        gist = _first_added(attempt.candidate.diff) if attempt.candidate else ""
        yield f"Changed {files}{gist}: {reason[:_LONGEST_REASON]}"


def _first_added(diff: bytes) -> str:
    """The first added line that says anything, to tell one rejected attempt from another."""
    found = re.search(rb"^\+(?!\+\+ )[ \t]*(\S.{2,})$", diff, re.MULTILINE)
    return f" (`{found[1].decode('utf-8', 'replace')[:_LONGEST_LINE].strip()}`)" if found else ""
