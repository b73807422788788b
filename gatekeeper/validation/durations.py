"""A suite that suddenly takes no time: a remark for the person who decides, and for the risk."""

from __future__ import annotations

from gatekeeper.domain import CaseId, CaseState, Run, Signal, Standing

SIGNAL = "durations"
LONG = 1.0
"""Seconds that cases must have taken before: below, a difference is noise."""
SUDDEN = 0.1
"""Part of it that they take now, below which it is worth a remark."""


def duration_signal(suite: Run, inventory: Run) -> Signal:
    """Compare the time of the cases that passed before and pass now.

    It never speaks against a candidate: the honest fix of a slow path looks just like it.
    """
    before, now = _seconds(inventory), _seconds(suite)
    both = before.keys() & now.keys()
    if not both:
        return Signal(SIGNAL, Standing.MISSING, "The reports do not say how long the cases took.")
    took, takes = sum(before[id_] for id_ in both), sum(now[id_] for id_ in both)
    if took < LONG or takes >= SUDDEN * took:
        return Signal(SIGNAL, Standing.CLEAN)
    return Signal(
        SIGNAL,
        Standing.CLEAN,
        f"{len(both)} case(s) that passed before and pass now took {took:.1f} s and take "
        f"{takes:.2f} s: see that they still do their work.",
    )


def _seconds(run: Run) -> dict[CaseId, float]:
    """Time of each case that passed, where the report says it; of one id, the sum."""
    found: dict[CaseId, float] = {}
    for case in run.report.cases:
        if case.state is CaseState.PASSED and case.seconds is not None:
            found[case.id] = found.get(case.id, 0.0) + case.seconds
    return found
