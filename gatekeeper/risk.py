"""How likely it is that a candidate only fits the tests: a sum whose every item is shown. Pure.

It is read beside the verdict, by whoever decides whether to merge. Nothing is accepted because
of it, and a low score proves nothing: it says that none of these signs was seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gatekeeper.candidates.names import Header
from gatekeeper.candidates.refusal import NotADiff
from gatekeeper.candidates.unified import FilePatch, TextHunk, parse
from gatekeeper.domain import (
    Attempt,
    Candidate,
    Decision,
    Diagnosis,
    Finding,
    Level,
    Risk,
    Signal,
    Standing,
    Suspect,
    Trial,
)

Item = tuple[int, str]
"""Points, and the clause that says for what."""

POINTS_OF_GUARDS = {"literals": 20, "equality": 20, "harness": 20, "swallowed": 15, "patience": 10}
"""Points of a warning by its guard; of any other, `OTHER_WARNING`."""
OTHER_WARNING = 5
MOST_BY_WARNINGS = 45
SIZES = ((150, 15), (80, 10), (30, 5))
"""From so many changed lines on, so many points."""
FAR = 10
"""Lines around a suspected place that still belong to it."""
SUSPECTS = 5
"""So many suspects, the most suspicious first, are what the failure points at."""
MISSING = 5
MOST_BY_MISSING = 20


def assess(attempt: Attempt, diagnosis: Diagnosis | None, others: Sequence[Attempt]) -> Risk:
    """The risk of one attempt; `others` are the other attempts at the same failure.

    The score is the sum of the points in the reasons, 100 at most; 0 without a candidate.
    """
    candidate = attempt.candidate
    if candidate is None:
        return Risk(0)
    items = [
        *_warnings(attempt.findings),
        *_size(candidate),
        *(_untouched(candidate, diagnosis.suspects) if diagnosis else ()),
        *_revert(attempt),
        *_searched(attempt),
        *_disagreement(attempt, others),
        *(_trial(attempt.trial) if attempt.trial else ()),
    ]
    reasons = tuple(f"+{points} {why}" for points, why in items)
    return Risk(min(100, sum(points for points, _ in items)), reasons)


def _warnings(findings: Sequence[Finding]) -> Iterator[Item]:
    left = MOST_BY_WARNINGS
    for finding in findings:
        if finding.level is Level.WARN and left > 0:
            points = min(left, POINTS_OF_GUARDS.get(finding.guard, OTHER_WARNING))
            left -= points
            yield points, f"guard {finding.guard} warns: {finding.message}"


def _size(candidate: Candidate) -> Iterator[Item]:
    lines = sum(change.added + change.removed for change in candidate.changes)
    points = next((points for least, points in SIZES if lines >= least), 0)
    if points:
        yield points, f"it changes {lines} lines: the larger, the more that no test looks at."


# --- where it changes something ---------------------------------------------------------


def elsewhere(candidate: Candidate, suspects: Sequence[Suspect]) -> str:
    """Why a candidate lies away from where the failure points; "" where it does not."""
    return next((why for _, why in _untouched(candidate, suspects)), "")


def _untouched(candidate: Candidate, suspects: Sequence[Suspect]) -> Iterator[Item]:
    """Nothing changes where the stack trace, the delta and the diagnosis point."""
    wanted = sorted(suspects, key=lambda suspect: -suspect.score)[:SUSPECTS]
    if not wanted:
        return
    files = dict.fromkeys(suspect.path for suspect in wanted)
    touched = {change.path for change in candidate.changes}
    if touched.isdisjoint(files):
        named = ", ".join(f"`{path}`" for path in files)
        yield 15, f"it changes none of the files that the failure points at ({named})."
        return
    places = [one for one in wanted if one.path in touched and one.start is not None]
    lines = _lines(candidate)
    if places and not any(_near(one, lines.get(one.path, ())) for one in places):
        one = places[0]
        yield 5, f"it does not come near the suspected lines, such as `{one.path}:{one.start}`."


def _near(suspect: Suspect, lines: Sequence[int]) -> bool:
    start = suspect.start or 1
    end = suspect.end or start
    return any(start - FAR <= line <= end + FAR for line in lines)


def _lines(candidate: Candidate) -> Mapping[str, tuple[int, ...]]:
    """Path to the lines, as the file was before, that are removed or after which some are added."""
    return {
        path: tuple(line for hunk in file.hunks for line in _of(hunk))
        for path, file in _parts(candidate).items()
    }


def _parts(candidate: Candidate) -> Mapping[str, FilePatch]:
    """The parts of the diff, which git rendered, by path."""
    try:
        files = parse(candidate.diff).files
    except NotADiff:  # only binaries, or nothing but modes
        return {}
    headers = [(Header.of(file), file) for file in files]
    return {header.old_path(1) or header.new.partition("/")[2]: file for header, file in headers}


def _of(hunk: TextHunk) -> Iterator[int]:
    at = hunk.old_start
    for line in hunk.lines:
        if line[:1] in (b"+", b"-"):
            yield at
        at += line[:1] in (b" ", b"-")


# --- the other candidates, the author, the trial ----------------------------------------


def _revert(attempt: Attempt) -> Iterator[Item]:
    if attempt.draft.label == "revert":
        yield 10, "it takes the author's change back, and what that was for with it."


def _searched(attempt: Attempt) -> Iterator[Item]:
    """Of the patches that such searches find, many fit the tests only (Smith and others, 2015)."""
    if attempt.draft.label == "search":
        yield (
            20,
            "it was found by trying edits until the tests passed, without knowing what is meant.",
        )


def _disagreement(attempt: Attempt, others: Sequence[Attempt]) -> Iterator[Item]:
    """Another candidate passes as well and is another fix: the tests do not tell them apart."""
    mine = attempt.candidate
    for other in others:
        theirs = other.candidate
        accepted = other.verdict.decision is Decision.ACCEPTED and other.id != attempt.id
        if mine is None or theirs is None or not accepted or theirs.tree == mine.tree:
            continue
        if _added(mine) == _added(theirs):
            continue
        if _apart(_lines(mine), _lines(theirs)):
            why = "passes as well and changes other places: no test tells which is right."
            yield 15, f"candidate {other.id} {why}"
        else:
            yield (
                5,
                f"candidate {other.id} passes as well and changes the same place in another way.",
            )
        return


def _added(candidate: Candidate) -> frozenset[tuple[str, bytes]]:
    """What is added, without how it is laid out."""
    return frozenset(
        (path, b"".join(line[1:].split()))
        for path, file in _parts(candidate).items()
        for hunk in file.hunks
        for line in hunk.lines
        if line.startswith(b"+") and line[1:].strip()
    )


def _apart(mine: Mapping[str, Sequence[int]], theirs: Mapping[str, Sequence[int]]) -> bool:
    return not any(
        abs(line - other) <= FAR
        for path in mine.keys() & theirs.keys()
        for line in mine[path]
        for other in theirs[path]
    )


def _trial(trial: Trial) -> Iterator[Item]:
    if trial.fail_to_pass and not trial.pass_to_pass:
        yield 10, "no test that passed before says that it breaks nothing."
    if trial.excused:
        yield 5, f"{len(trial.excused)} broken case(s) were excused as flaky."
    missing = [signal for signal in trial.signals if signal.standing is Standing.MISSING]
    for number, signal in enumerate(missing):
        if number * MISSING < MOST_BY_MISSING:
            yield MISSING, _said(signal, "is missing")
    for signal in trial.signals:
        if signal.standing is Standing.AGAINST:
            yield 25, _said(signal, "speaks against it")
        elif signal.name == "durations" and signal.standing is Standing.CLEAN and signal.why:
            yield 10, _said(signal, "is odd")


def _said(signal: Signal, what: str) -> str:
    return f"the signal {signal.name} {what}{f': {signal.why}' if signal.why else '.'}"
