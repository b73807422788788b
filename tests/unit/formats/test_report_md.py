"""What people read: says everything that matters, and does nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from gatekeeper.domain import CaseId, CaseResult, CaseState, Outcome, RunReport
from gatekeeper.formats.report_md import ReportMarkdown
from tests.support.reports import full, minimal


def render(report: object) -> str:
    return ReportMarkdown().render(report).decode("utf-8")  # type: ignore[arg-type]


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("made", [minimal, full])
def test_the_verdict_comes_first(outcome: Outcome, made: object) -> None:
    """Every outcome has a headline of its own, then the reason."""
    lines = render(made(outcome)).split("\n")  # type: ignore[operator]
    assert lines[0].startswith("# ")
    assert lines[2].startswith("**Why:** ")


def test_headlines_differ() -> None:
    """No two outcomes look the same."""
    assert len({render(minimal(outcome)).split("\n")[0] for outcome in Outcome}) == len(Outcome)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_untrusted_text_does_nothing(outcome: Outcome) -> None:
    """No line begins with a quick action; no mention, HTML, image or link is left outside code."""
    text = render(full(outcome))
    assert not re.search(r"^\s*/", re.sub(r"^ .*", "", text, flags=re.MULTILINE), re.MULTILINE)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in tokens} & {"html_block"} == set()
    assert {child.type for child in inline} & {"html_inline", "image", "link_open"} == set()
    plain = "".join(child.content for child in inline if child.type == "text")
    assert not re.search(r"@\w|!\d|#\d|\w://", re.sub(r"#1", "", plain))
    for control in "\x00\x1b\u202e":
        assert control not in text


def test_the_diff_cannot_leave_its_fence() -> None:
    """The diff is one block of code, though it holds fences itself."""
    tokens = MarkdownIt("commonmark").parse(render(full(Outcome.ACCEPTED)))
    (block,) = [token for token in tokens if token.type == "fence" and token.info == "diff"]
    assert block.content.startswith("diff --git")
    assert "```` ~~~" in block.content


def test_what_an_accepted_report_holds() -> None:
    """Failing test with place, cause, validation, gaps, other attempts, how to apply, footer."""
    text = render(full(Outcome.ACCEPTED))
    for title in (
        "## Failing tests (1 of 2)",
        "## Cause",
        "## Candidate `2.2` (revert)",
        "## How it was validated",
        "## What was not checked",
        "## Other attempts",
        "## How to apply it",
    ):
        assert f"\n{title}\n" in text
    assert "`pkg/test_a.py:7`" in text
    assert "gatekeeper apply" in text
    assert "| failure | passed |" in text
    assert "`pytest -q ¦ tee log` | 0 | 2 | 2 | 0 | 0 | 0 |" in text
    assert "does not isolate" in text
    assert text.rstrip().split("\n")[-1].startswith("gatekeeper `1.0` · backend `responses`")
    assert "`1200 in, 300 out`" in text
    assert "c" * 40 in text


def test_a_rejected_report_offers_nothing() -> None:
    """Without an accepted candidate there is no diff and no word of applying it."""
    text = render(full(Outcome.REJECTED))
    assert "How to apply" not in text
    assert "\n## Attempts\n" in text
    assert "No such file." in text


def test_many_failures_are_cut() -> None:
    """A thousand failing tests make a short report that says how many there are."""
    cases = tuple(
        CaseResult(CaseId("c", f"n{number}"), CaseState.FAILURE, message="x\n" * 100)
        for number in range(1000)
    )
    text = render(replace(minimal(Outcome.ANALYZED), failures=RunReport(cases)))
    assert "Failing tests (1000 of 1000)" in text
    assert "... and 980 more" in text
    assert text.count("\n") < 400
