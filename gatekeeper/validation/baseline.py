"""Proof before spend: whether the failing cases are red every time on the unchanged commit."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace

from gatekeeper.domain import (
    Baseline,
    CaseId,
    CaseResult,
    CaseState,
    Reproduction,
    Run,
)
from gatekeeper.validation.bench import Bench, as_results, states_of, unreadable


def reproduce(bench: Bench, failing: Sequence[CaseResult], reruns: int, pool: Executor) -> Baseline:
    """Run the failing cases `reruns` times on the unchanged commit.

    Only those cases are run where the runner can select them and finds them all;
    else the whole suite is.
    """
    if runs := _selected_runs(bench, failing, reruns, pool):
        return replace(classify(failing, runs), selected=True)
    return classify(failing, _suite_runs(bench, reruns, pool))


def confirm(
    bench: Bench, inventory: Run, failing: Sequence[CaseResult], reruns: int, pool: Executor
) -> Baseline:
    """The same, where a run of the whole suite is at hand and counts as the first run."""
    if not failing or reruns <= 1:
        return classify(failing, (inventory,))
    if again := _selected_runs(bench, failing, reruns - 1, pool):
        return replace(classify(failing, (inventory, *again)), selected=True)
    return classify(failing, (inventory, *_suite_runs(bench, reruns - 1, pool)))


def _selected_runs(
    bench: Bench, failing: Sequence[CaseResult], reruns: int, pool: Executor
) -> tuple[Run, ...]:
    """Runs of the selection, or none where a first run does not show every case."""
    if reruns > 1:
        bench.snapshot.warm()  # the second sandbox starts while the first run goes on
    first = bench.selection(failing, "reproduce 1")
    if first is None or unreadable(first) or None in states_of(first, failing).values():
        return ()
    rest = pool.map(
        lambda number: bench.selection(failing, f"reproduce {number}"), range(2, reruns + 1)
    )
    return (first, *(run for run in rest if run is not None))


def _suite_runs(bench: Bench, reruns: int, pool: Executor) -> tuple[Run, ...]:
    return tuple(pool.map(lambda number: bench.suite(f"reproduce {number}"), range(1, reruns + 1)))


def classify(failing: Sequence[CaseResult], runs: Sequence[Run]) -> Baseline:
    """What the runs say of each failing case: red every time, green, flickering, unseen."""
    broken = [(run, why) for run in runs if (why := unreadable(run))]
    if broken:
        run, why = broken[0]
        return Baseline(Reproduction.BROKEN, runs=tuple(runs), note=f"{run.purpose}: {why}")
    seen: dict[CaseId, list[CaseState | None]] = {}
    for run in runs:
        for id_, state in states_of(run, failing).items():
            seen.setdefault(id_, []).append(state)
    groups: dict[str, list[CaseId]] = {"red": [], "green": [], "flaky": [], "missing": []}
    for id_, states in seen.items():
        groups[_kind(states, len(runs))].append(id_)
    return Baseline(
        reproduction=_reproduction(groups),
        fail_to_pass=tuple(groups["red"]),
        flaky=tuple(groups["flaky"]),
        green=tuple(groups["green"]),
        missing=tuple(groups["missing"]),
        runs=tuple(runs),
    )


def _kind(states: Sequence[CaseState | None], runs: int) -> str:
    if all(state is None for state in states):
        return "missing"
    reds = sum(state is not None and state.red for state in states)
    if reds == runs:
        return "red"
    return "green" if reds == 0 and None not in states else "flaky"


def _reproduction(groups: dict[str, list[CaseId]]) -> Reproduction:
    if groups["red"]:
        return Reproduction.RED
    if groups["flaky"]:
        return Reproduction.FLAKY
    return Reproduction.BROKEN if groups["missing"] else Reproduction.GREEN


def settle(baseline: Baseline, inventory: Run) -> Baseline:
    """Keep as fail-to-pass only what is red in the run of the whole suite as well.

    A case that is red alone and green among the others depends on what runs beside it; the
    suite run of a candidate would prove nothing about it.
    """
    if why := unreadable(inventory):
        return replace(
            baseline, reproduction=Reproduction.BROKEN, note=f"{inventory.purpose}: {why}"
        )
    states = inventory.report.states
    red = tuple(i for i in baseline.fail_to_pass if (s := states.get(i)) is not None and s.red)
    unsteady = tuple(i for i in baseline.fail_to_pass if i not in red)
    if not unsteady:
        return baseline
    return replace(
        baseline,
        reproduction=Reproduction.RED if red else Reproduction.FLAKY,
        fail_to_pass=red,
        flaky=(*baseline.flaky, *unsteady),
        note="Some cases are red when run alone and not red in the whole suite.",
    )


def flickering(
    bench: Bench, ids: Sequence[CaseId], inventory: Run, reruns: int
) -> tuple[CaseId, ...]:
    """Which of these cases, green in the inventory, are red in a rerun of the same tree."""
    wanted = as_results(ids, inventory.report)
    found: set[CaseId] = set()
    for number in range(reruns):
        purpose = f"flicker {number + 1}"
        run = bench.selection(wanted, purpose) or bench.suite(purpose)
        found |= {id_ for id_, state in states_of(run, wanted).items() if state and state.red}
    return tuple(sorted(found))
