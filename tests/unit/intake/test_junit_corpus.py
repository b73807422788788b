"""Every report of the corpus is counted as its manifest says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from gatekeeper.domain import SourceState
from gatekeeper.intake.junit import read_files, read_reports

JUNIT = Path(__file__).resolve().parents[4] / "shared/corpora/junit"
MANIFEST = JUNIT / "MANIFEST.csv"
ROWS = list(csv.DictReader(MANIFEST.read_text("utf-8").splitlines())) if MANIFEST.exists() else []
GOOD = [row for row in ROWS if row["parse"] == "ok"]
BAD = {
    "enricomi__jenkins__NUnit-sec1752-file.xml": (SourceState.REFUSED, 0),
    "enricomi__junit-xml__non-junit.xml": (SourceState.NOT_JUNIT, 0),
    "enricomi__mstest__pickles.xml": (SourceState.NOT_JUNIT, 0),
    "mikepenz__junit-web-test__expectedRetries.xml": (SourceState.MALFORMED, 0),
    "enricomi__pytest__corrupt-xml.xml": (SourceState.TRUNCATED, 1),
    "mikepenz__sf-reports__TEST-test.CorruptTest.xml": (SourceState.TRUNCATED, 1),
}
DISABLED = {"mikepenz__issues__testDisabled.xml": 10, "enricomi__tst__disabled.xml": 5}
"""Cases with `status="disabled"` and no child, which the independent parser takes for passed."""
COLUMNS = ("tests", "failures", "errors", "skipped", "passed")

pytestmark = pytest.mark.corpus


def test_the_corpus_is_whole() -> None:
    """All 43 reports are there, and each is judged below."""
    assert len(ROWS) == 43
    assert {row["file"] for row in ROWS} - {row["file"] for row in GOOD} == set(BAD)


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row["file"])
def test_counts(row: dict[str, str]) -> None:
    """Counts and errors outside of a testcase are those of an independent parser."""
    report = read_files([JUNIT / "files" / row["file"]], JUNIT)
    expected = {column: int(row[column]) for column in COLUMNS}
    expected["skipped"] += DISABLED.get(row["file"], 0)
    expected["passed"] -= DISABLED.get(row["file"], 0)
    assert {column: getattr(report.counts, column) for column in COLUMNS} == expected
    assert len(report.suite_errors) == int(row["orphan_fails"])
    state = SourceState.READ if int(row["tests"]) else SourceState.EMPTY
    assert [source.state for source in report.sources] == [state]
    assert report.sources[0].path == f"files/{row['file']}"


@pytest.mark.parametrize("row", GOOD, ids=lambda row: row["file"])
def test_memory_and_disk_agree(row: dict[str, str]) -> None:
    """The same bytes give the same report, wherever they come from."""
    path = JUNIT / "files" / row["file"]
    assert read_reports([(f"files/{row['file']}", path.read_bytes())]) == read_files([path], JUNIT)


@pytest.mark.parametrize(("name", "state", "cases"), [(k, *v) for k, v in BAD.items()])
def test_broken_and_foreign(name: str, state: SourceState, cases: int) -> None:
    """What cannot be read says why; a red case before the cut is kept."""
    report = read_files([JUNIT / "files" / name], JUNIT)
    assert report.sources[0].state is state
    assert report.sources[0].note
    assert report.counts.tests == report.sources[0].cases == cases
