from __future__ import annotations

from dataclasses import replace

import pytest

from gatekeeper.domain import Run, RunReport, Standing
from gatekeeper.validation.durations import duration_signal
from tests.support.runs import case, run


def timed(*cases: tuple[str, str, float | None]) -> Run:
    """A run of cases (name, state, seconds)."""
    results = tuple(replace(case(name, state), seconds=time) for name, state, time in cases)
    return replace(run(""), report=RunReport(results))


SLOW = timed(("a", "passed", 4.0), ("b", "passed", 2.0), ("bug", "failure", 9.0))


@pytest.mark.parametrize(
    ("before", "now", "standing", "remark"),
    [
        (SLOW, timed(("a", "passed", 0.01), ("b", "passed", 0.1)), Standing.CLEAN, "6.0 s"),
        (SLOW, timed(("a", "passed", 0.5), ("b", "passed", 0.2)), Standing.CLEAN, ""),
        (SLOW, timed(("a", "passed", 9.0), ("b", "passed", 9.0)), Standing.CLEAN, ""),
        # What no longer passes is another matter, and is not counted on either side.
        (SLOW, timed(("a", "skipped", 0.0), ("b", "passed", 2.0)), Standing.CLEAN, ""),
        (SLOW, timed(("bug", "passed", 0.0), ("b", "passed", 1.9)), Standing.CLEAN, ""),
        (timed(("a", "passed", 0.9)), timed(("a", "passed", 0.0)), Standing.CLEAN, ""),
        (timed(("a", "passed", None)), timed(("a", "passed", 0.0)), Standing.MISSING, "not say"),
        (SLOW, timed(), Standing.MISSING, "not say"),
    ],
    ids=["sudden", "faster", "slower", "skipped", "fixed", "quick before", "untimed", "empty"],
)
def test_a_suite_that_suddenly_takes_no_time_is_worth_a_remark(
    before: Run, now: Run, standing: Standing, remark: str
) -> None:
    """Under a tenth of at least a second is said; nothing of it ever speaks against a fix."""
    signal = duration_signal(now, before)
    assert signal.standing is standing
    assert remark in signal.why
    assert bool(signal.why) is bool(remark)
