"""Diagnosis by rules: category, summary, suspects, and a confidence with its arithmetic."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gatekeeper.diagnosis.signs import missing_module, signs
from gatekeeper.diagnosis.suspects import suspects
from gatekeeper.domain import (
    CaseResult,
    Category,
    Delta,
    Diagnosis,
    Frame,
    RunReport,
    Suspect,
)
from gatekeeper.intake.places import is_test
from gatekeeper.intake.reach import MAX_CASES
from gatekeeper.intake.stacktrace import frames as frames_of
from gatekeeper.ports import Tree

_ASSERTION = re.compile(  # every gap is bounded: the text is somebody else's
    r"\bAssert(?:ion|ed)?(?:Error|FailedError|ionFailedError)\b|ComparisonFailure|"
    r"ExpectationNotMet|Failed asserting|\bassertion\b.{0,300}\bfailed\b|ERR_ASSERTION|"
    r"\bexpect\(.{0,300}\)\.|\bexpected\b.{0,300}\b(?:but|got|actual|was|to)\b|"
    r"\bgot\b.{0,300}\bwant\b|^(?:E +)?assert |\bAssert\.\w+(?:\(\))? fail|"
    r"\bcheck_(?:eq|ne|lt|gt)\w*\(|Expected equality of|"
    r"^[ \t]{0,40}Expected:.{0,300}(?:\n.{0,300}){0,5}\n[ \t]{0,40}"
    r"(?:Actual|Received|But was|Got):",
    re.IGNORECASE | re.MULTILINE,
)
_SOURCE_LINE = re.compile(r"^(?:>|[ \t]+assert\b).*$", re.MULTILINE)  # the test's code, as quoted
_MAX_TEXT = 50_000  # characters of one case that are searched

_BASE = 0.30
_CLEAN_ASSERTION = 0.35
_PRODUCT_PLACE = 0.20
_IN_DELTA = 0.10
_CLEAR_SIGN = 0.30
_MIXED = -0.15
_HIGHEST = 0.90


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one failing case is, and why."""

    category: Category
    why: str
    advice: str
    clear: bool  # a sign of the table, not an inference


def diagnose(
    report: RunReport,
    failing: Sequence[CaseResult],
    delta: Delta,
    tree: Tree,
    frames: Sequence[Frame],
) -> Diagnosis:
    """What kind of failure this is and where its cause may be; never raises, never guesses high.

    `frames` are those of the failing cases (`intake.stacktrace.case_frames`). With no failing
    case the category is unknown and the confidence 0.
    """
    if not failing:
        return Diagnosis(Category.UNKNOWN, f"No case fails: {_totals(report)}.")
    known = tree.paths()
    readings = [(case, _read(case, known)) for case in failing[:MAX_CASES]]
    votes = Counter(reading.category for _, reading in readings)
    category = max(votes, key=lambda one: (one is not Category.UNKNOWN, votes[one]))
    first, reading = next(pair for pair in readings if pair[1].category is category)
    ranked = suspects(failing, delta, tree, frames)
    confidence, reasons = _confidence(first, ranked, delta, len(votes) > 1, reading)
    return Diagnosis(
        category,
        _summary(report, first, len(failing) - 1, frames, reading),
        ranked,
        _advice(reading, ranked),
        confidence,
        reasons,
    )


def _text(case: CaseResult) -> str:
    text = f"{case.kind}: {case.message}\n{case.details}"
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT // 2] + text[-_MAX_TEXT // 2 :]


def _read(case: CaseResult, known: frozenset[str]) -> _Reading:
    text = _text(case)
    if case.flaky:
        return _Reading(
            Category.FLAKY, "the report itself says that a rerun passed",
            "Find what differs between the runs: time, order, randomness, shared state.", True,
        )  # fmt: skip
    module = missing_module(text)
    if module:
        return _missing(module, known)
    if not _is_assertion(case):
        for sign, group in signs(text):
            return _Reading(sign.category, sign.says.format(group), sign.advice, True)
    return _by_place(case, known)


def _compares(case: CaseResult) -> bool:
    """Whether the failure is a comparison of values, by what the runner says of it."""
    said = "\n".join(re.findall(r"^E +.*$", case.details, re.MULTILINE))
    said = said or _SOURCE_LINE.sub("", case.details[:_MAX_TEXT])
    return _ASSERTION.search(f"{case.kind}\n{case.message}\n{said}") is not None


def _is_assertion(case: CaseResult) -> bool:
    """Whether the test compared values: then words in the values are no signs."""
    return bool(re.search(r"(?i)assert|comparison|expectation", case.kind)) or bool(
        re.match(r"(?i)assert|AssertionError", case.message)
    )


def _missing(module: str, known: frozenset[str]) -> _Reading:
    stem = re.sub(r"^\./|^\.\./", "", module).replace(".", "/").replace("\\", "/")
    top = stem.partition("/")[0]
    ours = any(
        f"/{path}".find(f"/{top}/") >= 0 or f"/{path}".endswith(f"/{top}.py") for path in known
    )
    if ours or module.startswith((".", "/")):
        return _Reading(
            Category.PRODUCT_BUG, f"a module of this project cannot be loaded ({module})",
            f"Restore `{module}`, or correct the place that imports it.", True,
        )  # fmt: skip
    return _Reading(
        Category.DEPENDENCY, f"the module `{module}` is not installed",
        f"Install `{module}` in the job's image, or declare it as a dependency.", True,
    )  # fmt: skip


def _by_place(case: CaseResult, known: frozenset[str]) -> _Reading:
    """No sign: the innermost frame of the workspace decides."""
    ours = [frame for frame in frames_of(case.details, known) if frame.ours]
    inner = ours[0] if ours else None
    if _compares(case):
        return _Reading(
            Category.PRODUCT_BUG, "an assertion of the test does not hold",
            "Make the code return what the test expects; the test is the contract.", False,
        )  # fmt: skip
    if inner and is_test(inner.path) and not any(not is_test(frame.path) for frame in ours):
        return _Reading(
            Category.TEST_BUG, f"the error arises in test code ({inner.path}:{inner.line})",
            "Look at the test first: no product code is in the stack trace.", False,
        )  # fmt: skip
    if inner:
        return _Reading(
            Category.PRODUCT_BUG, f"the error arises in {inner.path}:{inner.line}",
            f"Correct `{inner.function or inner.path}` for the input of the test.", False,
        )  # fmt: skip
    return _Reading(
        Category.UNKNOWN, "neither the message nor the stack trace names a cause",
        "Read the whole log of the job, then run the failing test alone.", False,
    )  # fmt: skip


def _confidence(
    first: CaseResult,
    ranked: Sequence[Suspect],
    delta: Delta,
    mixed: bool,
    reading: _Reading,
) -> tuple[float, tuple[str, ...]]:
    changed = {change.path for change in delta.files}
    terms = [(_BASE, "a failing case was read")]
    if reading.category is Category.UNKNOWN:
        terms.append((-0.20, "nothing names a cause"))
    elif reading.clear:
        terms.append((_CLEAR_SIGN, f"a clear sign: {reading.why}"))
    elif _compares(first):
        terms.append((_CLEAN_ASSERTION, "the test says which values it compared"))
    if any(not is_test(suspect.path) for suspect in ranked):
        terms.append((_PRODUCT_PLACE, "product code was found for it"))
    if any(suspect.path in changed for suspect in ranked):
        terms.append((_IN_DELTA, "the change under test touches that code"))
    if mixed:
        terms.append((_MIXED, "the failing cases look different from each other"))
    total = sum(value for value, _ in terms)
    reasons = [f"{value:+.2f} {why}" for value, why in terms]
    bounded = min(_HIGHEST, max(0.0, total))
    if bounded != total:
        reasons.append(f"= {total:.2f}, held at {bounded:.2f}")
    return round(bounded, 2), tuple(reasons)


def _summary(
    report: RunReport, first: CaseResult, others: int, frames: Sequence[Frame], reading: _Reading
) -> str:
    mine = frames_of(f"{first.message}\n{first.details}", {f.path for f in frames if f.ours})
    place = next((frame for frame in mine if frame.ours), None)
    where = f" at {place.path}:{place.line}" if place else ""
    said = _said(first)
    reason = f": {said}" if said else ""
    more = f" {others} more fail too." if others else ""
    return (
        f"{first.id} fails{where}{reason}. It looks like this: {reading.why}.{more} "
        f"{_totals(report)}."
    )


_SAYS_NOTHING = frozenset({
    "", "failed", "failure", "error", "test failed", "traceback (most recent call last):",
})  # fmt: skip


def _said(case: CaseResult) -> str:
    """The assertion or the message in one line, as the runner wrote it."""
    lines = [case.message.strip().partition("\n")[0]]
    lines += re.findall(r"^E +(.+)$", case.details, re.MULTILINE)
    body = [line for line in case.details.split("\n") if line.strip()]
    if body and body[0].startswith("Traceback "):
        body.reverse()  # CPython says what happened in the last line
    for line in (*lines, *body):
        found = " ".join(line.split())
        if found.lower() not in _SAYS_NOTHING:
            kind = f"{case.kind}: " if case.kind and case.kind not in found else ""
            return f"{kind}{found}"[:300].rstrip(".")
    return case.kind


def _totals(report: RunReport) -> str:
    counts = report.counts
    return f"Of {counts.tests} tests {counts.failures + counts.errors} are red"


def _advice(reading: _Reading, ranked: Sequence[Suspect]) -> str:
    first = next((one for one in ranked if not is_test(one.path)), None)
    if first is None or reading.category is not Category.PRODUCT_BUG:
        return reading.advice
    place = first.path + (f":{first.start}" if first.start else "")
    name = f" ({first.symbol})" if first.symbol else ""
    return f"{reading.advice} Start at {place}{name}: {first.why}."
