from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from gatekeeper import runners
from gatekeeper.domain import Baseline, Completed, Ending, Reproduction, RunSpec
from gatekeeper.runners.model import JUNIT, Reporting
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.trial import LONG_SUITE, Ground, reject_early, try_candidate
from gatekeeper.verdict import judge
from tests.support.runs import ids, report, run
from tests.support.trees import tree

BASE = "bug=failure ok=passed"


@dataclass
class Scripted:
    """A snapshot whose runs leave one report after the other, the last one for good."""

    reports: list[str]
    digest: str = ""
    commands: list[str] = field(default_factory=list)

    def run(self, spec: RunSpec) -> Completed:
        """The next report."""
        self.commands.append(spec.command)
        states = self.reports.pop(0) if len(self.reports) > 1 else self.reports[0]
        return Completed(
            int("failure" in states), Ending.EXITED, b"", ((spec.reports[0], _xml(states)),), 0.1
        )

    def warm(self) -> None:
        """Nothing to start."""


def _xml(states: str) -> bytes:
    cases = "".join(
        f'<testcase classname="t" name="{name}">{"<failure/>" * (state == "failure")}</testcase>'
        for name, state in (word.split("=") for word in states.split())
    )
    return f"<testsuite>{cases}</testsuite>".encode()


def bench(snapshot: Scripted) -> Bench:
    """A bench whose runner can select cases."""
    plan = runners.Plan("custom", "run", Reporting("run", (JUNIT,)), template="only {cases}")
    return Bench(snapshot, plan, tree({}), 60, {})


def ground(*, seconds: float = 1.0, reruns: int = 2) -> Ground:
    """A baseline with one failing case."""
    baseline = Baseline(Reproduction.RED, ids("bug"), runs=(run(BASE),), selected=True)
    return Ground(replace(run(BASE), seconds=seconds), baseline, reruns)


@pytest.mark.parametrize("seconds", [1.0, LONG_SUITE + 1], ids=["short suite", "long suite"])
@pytest.mark.parametrize(
    ("after", "accepted"),
    [
        (["bug=passed ok=passed"], True),
        (["bug=passed ok=passed", "bug=failure ok=passed"], False),
    ],
    ids=["always green", "green once"],
)
def test_a_fix_passes_as_often_as_the_failure_was_shown(
    after: Sequence[str], accepted: bool, seconds: float
) -> None:
    """A failing case that turns green by luck, in one run of two, is no fix."""
    snapshot = Scripted(list(after))
    trial = try_candidate(bench(snapshot), (), ground(seconds=seconds))
    assert (judge(trial).decision == "accepted") is accepted, judge(trial).reasons
    assert len(snapshot.commands) == 2


def test_what_is_rejected_anyway_is_not_run_again() -> None:
    """Only a candidate that would be accepted costs a second run."""
    snapshot = Scripted(["bug=passed ok=passed new=failure"])
    try_candidate(bench(snapshot), (), ground(reruns=5))
    assert len(snapshot.commands) == 1


def test_the_exit_status_of_a_selection_is_no_reason_to_reject() -> None:
    """A demand on the whole suite's coverage fails when few cases run; the suite run decides."""
    wanted = report("bug=failure").failing
    assert reject_early(run("bug=passed", exit_code=1), ids("bug"), wanted) is None
