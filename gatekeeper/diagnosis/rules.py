"""Diagnosis by rules: category, summary, suspects, and a confidence with its arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.diagnosis.causes import Grouped, group
from gatekeeper.diagnosis.reading import Reading, compares, place
from gatekeeper.diagnosis.suspects import suspects
from gatekeeper.diagnosis.told import one_line
from gatekeeper.domain import (
    CaseResult,
    Category,
    Delta,
    Diagnosis,
    Frame,
    RunReport,
    Suspect,
)
from gatekeeper.intake.coverage_data import Spectrum
from gatekeeper.intake.places import is_test
from gatekeeper.ports import Tree

_BASE = 0.30
_CLEAN_ASSERTION = 0.35
_PRODUCT_PLACE = 0.20
_IN_DELTA = 0.10
_CLEAR_SIGN = 0.30
_MIXED = -0.15
_HIGHEST = 0.90


def diagnose(
    report: RunReport,
    failing: Sequence[CaseResult],
    delta: Delta,
    tree: Tree,
    frames: Sequence[Frame],
    roots: Sequence[str] = (),
    run: Spectrum | None = None,
) -> Diagnosis:
    """What kind of failure this is and where its cause may be; never raises, never guesses high.

    `frames` are those of the failing cases (`intake.stacktrace.case_frames`). With no failing
    case the category is unknown and the confidence 0. `run` is what coverage data tells.
    """
    if not failing:
        return Diagnosis(Category.UNKNOWN, f"No case fails: {_totals(report)}.")
    grouped = group(report, failing, tree, delta, roots)
    first, reading = grouped.first, grouped.reading
    ranked = suspects(failing, delta, tree, frames, roots, run)
    confidence, reasons = _confidence(first, ranked, delta, grouped.mixed, reading)
    return Diagnosis(
        reading.category,
        _summary(report, grouped, len(failing)),
        ranked,
        _advice(reading, ranked),
        confidence,
        reasons,
        grouped.causes,
        grouped.left_out,
    )


def _confidence(
    first: CaseResult,
    ranked: Sequence[Suspect],
    delta: Delta,
    mixed: bool,
    reading: Reading,
) -> tuple[float, tuple[str, ...]]:
    changed = {change.path for change in delta.files}
    terms = [(_BASE, "a failing case was read")]
    if reading.category is Category.UNKNOWN:
        terms.append((-0.20, "nothing names a cause"))
    elif reading.clear:
        terms.append((_CLEAR_SIGN, f"a clear sign: {reading.why}"))
    elif compares(first):
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


def _summary(report: RunReport, grouped: Grouped, failing: int) -> str:
    first, reading, cause = grouped.first, grouped.reading, grouped.causes[0]
    where = f" at {place(reading.frames[0])}" if reading.frames else ""
    said = one_line(first)
    reason = f": {said}" if said else ""
    return (
        f"{first.id} fails{where}{reason}. It looks like this: {reading.why}."
        f"{_more(grouped, cause.count, failing)} {_totals(report)}."
    )


def _more(grouped: Grouped, alike: int, failing: int) -> str:
    """The other failing cases: those that fail alike, and those that do not."""
    others = failing - alike
    parts = [f" {alike - 1} more fail like it."] if alike > 1 else []
    if others:
        causes = len(grouped.causes) - 1
        kinds = f" for {causes} other reason{'s' if causes > 1 else ''}" if causes else ""
        unread = " that were not looked at" if not causes else ""
        parts.append(f" {others} more fail{kinds}{unread}.")
    return "".join(parts)


def _totals(report: RunReport) -> str:
    counts = report.counts
    return f"Of {counts.tests} tests {counts.failures + counts.errors} are red"


def _advice(reading: Reading, ranked: Sequence[Suspect]) -> str:
    first = next((one for one in ranked if not is_test(one.path)), None)
    if first is None or reading.category is not Category.PRODUCT_BUG:
        return reading.advice
    place = first.path + (f":{first.start}" if first.start else "")
    name = f" ({first.symbol})" if first.symbol else ""
    return f"{reading.advice} Start at {place}{name}: {first.why}."
