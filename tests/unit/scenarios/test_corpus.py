"""The memory over real failures of many runners: each is known again, none is taken for another."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from gatekeeper.domain import (
    Band,
    CaseResult,
    Category,
    Diagnosis,
    Outcome,
    Report,
    RunReport,
    Scenario,
)
from gatekeeper.intake.junit import read_reports
from gatekeeper.scenarios import best_match, draft, dump, parse
from tests.support.trees import tree

pytestmark = pytest.mark.corpus

ROOT = Path(__file__).resolve().parents[3]
FILES = (
    Path(os.environ.get("GATEKEEPER_CORPORA", ROOT.parent / "shared" / "corpora")) / "junit/files"
)
SURE = Diagnosis(Category.PRODUCT_BUG, "", confidence=0.9)
EACH = 12  # cases of one report


def _failures() -> list[CaseResult]:
    reports = (read_reports([(path.name, path.read_bytes())]) for path in sorted(FILES.iterdir()))
    return [case for report in reports for case in report.failing[:EACH]]


def _remembered(cases: list[CaseResult]) -> list[Scenario]:
    """A scenario of each case: drafted, written, read back; without code, which is not there."""
    known: list[Scenario] = []
    for case in cases:
        report = Report("run", Outcome.REJECTED, 1, "", diagnosis=SURE, failures=RunReport((case,)))
        taken = {one.id for one in known}
        made = draft(report, [case], tree({}), lambda text: text, taken)
        assert made is not None
        known.append(parse(f"scenarios/{made.id}.yml", dump(made)))
    return known


def _function(case: CaseResult | str) -> str:
    return re.sub(r"(?<=\w)\[.*", "", str(case if isinstance(case, str) else case.id))


def test_each_is_known_again_and_none_is_another() -> None:
    """Its own scenario is high, or medium where the report holds no message; no other is high.

    Another is medium only for the same test with other parameters.
    """
    cases = _failures()
    known = _remembered(cases)
    assert len(cases) > 90
    sure = 0
    for case, own in zip(cases, known, strict=True):
        found = best_match([own], [case], [])
        assert found is not None, case.id
        assert found.band is (Band.HIGH if own.failure_signatures else Band.MEDIUM), case.id
        sure += found.band is Band.HIGH
        others = [one for one in known if str(case.id) not in one.affected_tests]
        wrong = best_match(others, [case], [])
        if wrong is not None and wrong.band is not Band.LOW:
            assert wrong.band is Band.MEDIUM, (case.id, wrong)
            assert _function(wrong.scenario.affected_tests[0]) == _function(case), case.id
    assert sure / len(cases) > 0.9
