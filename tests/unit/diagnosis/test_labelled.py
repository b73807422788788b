"""Category of 102 real failures of six runners, each labelled by the name of its test."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.diagnosis.rules import diagnose
from gatekeeper.domain import CaseResult, Delta, Diagnosis, RunReport
from gatekeeper.intake.junit import read_reports
from gatekeeper.intake.stacktrace import case_frames
from tests.support.trees import tree

HERE = Path(__file__).resolve().parents[2] / "assets" / "failures"
ROWS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "failures.toml").read_text("utf-8"))
LABEL = re.compile(
    r"(product_bug|test_bug|build|dependency|configuration|infrastructure|timeout|resource|unknown)"
    r"(?:\(\))?$"
)
# Wrong, and why it stays so: an exception without a word, raised by the test itself.
WRONG = {"java silent_unknown()"}


def failing(name: str) -> tuple[CaseResult, ...]:
    return read_reports([(name, (HERE / f"{name}.xml").read_bytes())]).failing


CASES = [(name, case) for name in ROWS for case in failing(name) if LABEL.search(case.id.name)]


def diagnosed(name: str, *cases: CaseResult) -> Diagnosis:
    files = tree({path: text.removeprefix("\n") for path, text in ROWS[name]["tree"].items()})
    report = RunReport(cases=cases)
    frames = case_frames(cases, files.paths())
    return diagnose(report, cases, Delta(head="h", tree="t"), files, frames)


@pytest.mark.parametrize(("name", "case"), CASES, ids=lambda each: str(getattr(each, "id", each)))
def test_category(name: str, case: CaseResult) -> None:
    """What the runner wrote is enough to say what kind of failure it is."""
    label = LABEL.search(case.id.name)
    assert label is not None
    right = diagnosed(name, case).category == label[1].replace("_", "-")
    assert right is (f"{name} {case.id.name}" not in WRONG)


def test_there_are_enough() -> None:
    """Each category of failures inside of tests is there several times."""
    labels = [found[1] for _, case in CASES if (found := LABEL.search(case.id.name))]
    assert len(labels) >= 100
    assert {label: labels.count(label) >= 2 for label in labels} == dict.fromkeys(labels, True)


def test_confidence_is_no_boast() -> None:
    """Where the confidence is high the category is right at least as often as it says."""
    high = [
        diagnosed(name, case).category == LABEL.search(case.id.name)[1].replace("_", "-")  # type: ignore[index]
        for name, case in CASES
        if diagnosed(name, case).confidence >= 0.8
    ]
    assert len(high) > 10
    assert sum(high) / len(high) >= 0.9
