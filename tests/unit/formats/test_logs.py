"""Passages of raw logs in the report and the analysis: text of strangers, shown, not obeyed."""

from __future__ import annotations

import json

from gatekeeper.domain import Category, Diagnosis, LogText, Outcome, Passage, Report
from gatekeeper.formats.analysis_json import AnalysisJson
from gatekeeper.formats.report_md import ReportMarkdown

EVIL = ("```", "/close", "@all <img src=x> [a](http://x)", "error: no ```` ::set-output")
PASSAGE = Passage("job 1 (`b`)", 9, 12, EVIL, "compiler", "step_script")
REPORT = Report(
    command="analyze",
    outcome=Outcome.ANALYZED,
    exit_code=0,
    reason="x",
    logs=(LogText("job 1 (`b`)", 20, 400, (PASSAGE,)),),
    diagnosis=Diagnosis(Category.BUILD, "x"),
)


def test_a_passage_is_shown_with_its_numbers_in_a_fence_that_it_cannot_end() -> None:
    """The line that counts is marked; every line stands behind its number, so none is a command."""
    text = ReportMarkdown().render(REPORT).decode()
    section = text.partition("## What the log says")[2]
    fence = section.split("\n\n")[2].split("\n")
    assert fence[0] == "`````text"
    assert fence[5] == "`````"
    assert fence[1:5] == [f"{'>' if n == 12 else ' '} {n:2} | {EVIL[n - 9]}" for n in range(9, 13)]


def test_the_analysis_has_the_passage_with_its_numbers() -> None:
    """Counted from 1, as an editor counts; `says` is the line that counts."""
    (log,) = json.loads(AnalysisJson().render(REPORT) or b"")["logs"]
    assert (log["source"], log["lines"], log["bytes"]) == ("job 1 (`b`)", 20, 400)
    assert log["passages"] == [
        {"start": 9, "says": 12, "section": "step_script", "lines": list(EVIL)}
    ]


def test_a_report_without_logs_has_no_section_for_them() -> None:
    """Nothing is said of what was not read."""
    bare = Report(command="run", outcome=Outcome.GREEN, exit_code=0, reason="x")
    assert "What the log says" not in ReportMarkdown().render(bare).decode()
