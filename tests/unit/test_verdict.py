from __future__ import annotations

from dataclasses import replace

import pytest

from gatekeeper.domain import Decision, Ending, Finding, Level, Signal, Standing
from gatekeeper.validation.trial import compare
from gatekeeper.verdict import blocked, judge
from tests.support.runs import ids, run

BASE = "bug=failure ok=passed other=passed"

ACCEPTED = [
    pytest.param(BASE, "bug=passed ok=passed other=passed", id="fixed and nothing broken"),
    pytest.param(
        BASE + " later=skipped",
        "bug=passed ok=passed other=passed later=skipped",
        id="skipped before and after",
    ),
    pytest.param(
        BASE + " known=failure",
        "bug=passed ok=passed other=passed known=failure",
        id="red before, never demanded, red still",
    ),
    pytest.param(
        BASE, "bug=passed ok=passed other=passed extra=passed", id="a new case that passes"
    ),
    pytest.param(BASE + " ok=passed", "bug=passed ok=passed ok=passed other=passed", id="repeats"),
]

REJECTED = [
    pytest.param(BASE, "bug=failure ok=passed other=passed", "t::bug must pass", id="still red"),
    pytest.param(BASE, "bug=skipped ok=passed other=passed", "not passed", id="fix by skipping"),
    pytest.param(BASE, "ok=passed other=passed", "t::bug must pass and is missing", id="deleted"),
    pytest.param(BASE, "bug=error ok=passed other=passed", "red (error)", id="error now"),
    pytest.param(BASE, "bug=passed ok=failure other=passed", "t::ok passed before", id="broken"),
    pytest.param(BASE, "bug=passed ok=skipped other=passed", "is skipped", id="broken by skip"),
    pytest.param(BASE, "bug=passed other=passed", "t::ok passed before and is missing", id="gone"),
    pytest.param(
        BASE, "bug=passed ok=passed other=passed new=failure", "t::new is new", id="new red case"
    ),
    pytest.param(
        BASE + " later=skipped",
        "bug=passed ok=passed other=passed later=failure",
        "t::later was skipped before and is red",
        id="skipped before, red now",
    ),
    pytest.param(
        BASE, "bug=passed bug=failure ok=passed other=passed", "red", id="worst repeat counts"
    ),
    pytest.param(
        BASE + " ok=passed", "bug=passed ok=passed other=passed", "missing", id="fewer repeats"
    ),
    pytest.param(
        "bug=failure bug=passed ok=passed",
        "bug=passed ok=passed",
        "t::bug must pass and is missing",
        id="the red one of two with one name is gone",
    ),
]


@pytest.mark.parametrize(("before", "after"), ACCEPTED)
def test_accepts_only_where_nothing_speaks_against_it(before: str, after: str) -> None:
    """A candidate that turns the failing case green and breaks nothing is accepted."""
    verdict = judge(compare(run(after), run(before), ids("bug")))
    assert verdict.decision is Decision.ACCEPTED, verdict.reasons


@pytest.mark.parametrize(("before", "after", "reason"), REJECTED)
def test_rejects_with_a_reason_that_names_the_case(before: str, after: str, reason: str) -> None:
    """Skipped, missing, erroneous and less frequent are not passed; the reason names the case."""
    verdict = judge(compare(run(after), run(before), ids("bug")))
    assert verdict.decision is Decision.REJECTED
    assert any(reason in text for text in verdict.reasons), verdict.reasons


@pytest.mark.parametrize(
    ("suite", "reason"),
    [
        (run("", exit_code=0), "no readable report"),
        (run("bug=passed ok=passed other=passed", exit_code=3), "ended with 3"),
        (run("bug=passed ok=passed other=passed k=failure", exit_code=0), "ended with 0"),
        (run("bug=passed ok=passed other=passed", ending=Ending.TIMEOUT), "tests.timeout"),
        (run("bug=passed ok=passed other=passed", ending=Ending.MEMORY), "sandbox.memory"),
        (run("bug=passed ok=passed other=passed", ending=Ending.OUTPUT), "sandbox.output"),
        (run("bug=passed ok=passed other=passed", ending=Ending.DISK), "sandbox.disk"),
    ],
    ids=["no report", "exit 3", "exit 0 with red", "timeout", "memory", "output", "disk"],
)
def test_a_run_that_proves_nothing_is_never_accepted(suite: object, reason: str) -> None:
    """No report, a contradicting exit status or a broken limit reject, whatever the cases say."""
    verdict = judge(compare(suite, run(BASE + " k=failure"), ids("bug")))  # type: ignore[arg-type]
    assert verdict.decision is Decision.REJECTED
    assert any(reason in text for text in verdict.reasons), verdict.reasons


def test_a_project_that_always_exits_with_zero_is_told_so_and_not_refused() -> None:
    """Where the unchanged commit disagrees with its report in the same way, a note says so."""
    before = run(BASE + " k=failure", exit_code=0)
    after = run("bug=passed ok=passed other=passed k=failure", exit_code=0)
    verdict = judge(compare(after, before, ids("bug")))
    assert verdict.decision is Decision.ACCEPTED
    assert any("signal is missing" in text for text in verdict.reasons)


@pytest.mark.parametrize("standing", Standing)
def test_one_signal_against_it_is_enough_and_a_missing_one_is_said(standing: Standing) -> None:
    """Whatever the cases say, a signal against a candidate rejects it, in the signal's words."""
    trial = compare(run("bug=passed ok=passed other=passed"), run(BASE), ids("bug"))
    seen = Signal("canary", standing, "The failing canary was reported as passed.")
    verdict = judge(replace(trial, signals=(seen,)))
    told = " ".join(verdict.reasons)
    assert (verdict.decision is Decision.REJECTED) is (standing is Standing.AGAINST)
    assert ("reported as passed" in told) is (standing in (Standing.AGAINST, Standing.MISSING))


def test_a_blocking_finding_rejects_and_a_warning_does_not() -> None:
    """Only findings of level block reject; the reason says where and which guard."""
    warn = Finding("size", Level.WARN, "It is large.")
    block = Finding("paths", Level.BLOCK, "It edits a test.", "tests/test_a.py", 3)
    assert blocked([warn]) is None
    verdict = blocked([warn, block])
    assert verdict is not None
    assert verdict.reasons == ("It edits a test. (tests/test_a.py:3) [guard: paths]",)


def test_a_place_that_the_message_names_is_not_said_twice() -> None:
    """A guard that names the path itself is taken at its word; a line is always said."""
    message = "changes `ci.yml`, which configures the pipeline"
    for line, shown in ((None, ""), (3, " (ci.yml:3)")):
        verdict = blocked([Finding("paths", Level.BLOCK, message, "ci.yml", line)])
        assert verdict is not None
        said = f"Changes `ci.yml`, which configures the pipeline{shown} [guard: paths]"
        assert verdict.reasons == (said,)
