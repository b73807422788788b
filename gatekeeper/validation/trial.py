"""One candidate in throwaway sandboxes: what it turns green, and what it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatekeeper.domain import (
    Baseline,
    CaseChange,
    CaseId,
    CaseResult,
    CaseState,
    Overlay,
    Run,
    RunReport,
    Standing,
    Trial,
)
from gatekeeper.validation.baseline import flickering
from gatekeeper.validation.bench import (
    Bench,
    as_results,
    disagreement,
    stand_in,
    states_of,
    unreadable,
)
from gatekeeper.validation.circumstances import SIGNAL as CIRCUMSTANCES
from gatekeeper.validation.doubts import Doubts, watched
from gatekeeper.validation.durations import duration_signal

LONG_SUITE = 5.0
"""Seconds from which on a suite is long: then a run of the failing cases alone, which costs one
container cycle (0.2 s, reference/sandbox.md 2.1), may save more than it costs."""

SUITE, ALONE = "suite", "fail-to-pass"
"""What a run of a candidate is for: everything, or the failing cases alone."""

_NOT_RUN = (None, CaseState.SKIPPED)

EXCUSABLE = 20
"""At most so many broken cases are looked at for flicker; more are not bad luck."""


@dataclass(frozen=True)
class Ground:
    """What every candidate is measured against."""

    inventory: Run
    baseline: Baseline
    reruns: int
    doubts: Doubts | None = None

    @property
    def fail_to_pass(self) -> tuple[CaseId, ...]:
        """The cases that a candidate must turn green."""
        return self.baseline.fail_to_pass

    @property
    def alone(self) -> bool:
        """Whether it pays to run the fail-to-pass cases alone."""
        return self.baseline.selected and self.inventory.seconds > LONG_SUITE


def reject_early(
    first: Run, fail_to_pass: Sequence[CaseId], wanted: Sequence[CaseResult]
) -> Trial | None:
    """Judge a run of only the fail-to-pass cases; None where it gives no reason to reject.

    Its exit status is no reason: a demand on the coverage of the whole suite fails here.
    """
    states = states_of(first, wanted)
    problem = unreadable(first)
    if not problem and all(state is CaseState.PASSED for state in states.values()):
        return None
    return Trial(
        runs=(first,),
        fail_to_pass=tuple(
            CaseChange(id_, case.state, states.get(id_))
            for id_, case in zip(fail_to_pass, wanted, strict=True)
        ),
        problems=(f"In the run of the failing cases, {problem}.",) if problem else (),
        seconds=first.seconds,
    )


def try_candidate(
    bench: Bench,
    overlays: Sequence[Overlay],
    ground: Ground,
) -> Trial:
    """Try one candidate: the failing cases first where the suite is long, then the suite."""
    runs: tuple[Run, ...] = ()
    if ground.alone:
        wanted = as_results(ground.fail_to_pass, ground.inventory.report)
        first = bench.selection(wanted, ALONE, overlays)
        if first is not None:
            runs = (first,)
            if early := reject_early(first, [case.id for case in wanted], wanted):
                return early
    return weigh(bench, overlays, ground, bench.suite(SUITE, overlays), runs)


def weigh(
    bench: Bench,
    overlays: Sequence[Overlay],
    ground: Ground,
    suite: Run,
    runs: tuple[Run, ...] = (),
) -> Trial:
    """Judge a suite run of a candidate against the inventory, flicker excused."""
    if suite.record and not ground.inventory.record and unreadable(suite):
        suite = bench.suite(suite.purpose, overlays)  # begun before it was known to be unwatchable
    trial = compare(suite, ground.inventory, ground.fail_to_pass)
    trial = replace(trial, runs=(*runs, *trial.runs))
    if trial.broken and not trial.problems:
        trial = excuse_flicker(trial, bench, overlays, ground.inventory, ground.reruns)
    trial = _watched(trial, overlays, ground)
    if _spotless(trial):
        trial = _doubted(trial, bench, overlays, ground)
    return replace(trial, seconds=sum(run.seconds for run in trial.runs))


def _watched(trial: Trial, overlays: Sequence[Overlay], ground: Ground) -> Trial:
    """What was seen while the tests ran, and how long they took."""
    suite = next(run for run in trial.runs if run.purpose == SUITE)
    said = (
        watched(trial.runs, ground.inventory, overlays),
        duration_signal(suite, ground.inventory),
    )
    return replace(trial, signals=said)


def _doubted(trial: Trial, bench: Bench, overlays: Sequence[Overlay], ground: Ground) -> Trial:
    """Hold a spotless trial to every signal, and to as many passes as the baseline had failures."""
    passes = sum(run.purpose in (SUITE, ALONE) for run in trial.runs)
    if ground.doubts is not None:
        runs, signals = ground.doubts.raised(overlays, alone=ground.alone)
        seen, *others = trial.signals
        if seen.standing is Standing.CLEAN:
            seen = watched((*trial.runs, *runs), ground.inventory, overlays)
        trial = replace(trial, runs=(*trial.runs, *runs), signals=(seen, *others, *signals))
        passes += any(s.name == CIRCUMSTANCES and s.standing is Standing.CLEAN for s in signals)
    if not _spotless(trial):
        return trial
    return pass_again(trial, bench, overlays, ground, ground.reruns - passes)


def pass_again(
    trial: Trial, bench: Bench, overlays: Sequence[Overlay], ground: Ground, times: int
) -> Trial:
    """Hold a trial to as many runs of its fail-to-pass cases as the baseline was held to.

    Red every time before, passed once after: that may be luck, or made to look like it.
    """
    wanted = as_results(ground.fail_to_pass, ground.inventory.report)
    for number in range(1, times + 1) if wanted else ():
        purpose = f"fail-to-pass again {number}"
        # Among the others where that is cheap: some cases need what runs before them.
        alone = bench.selection(wanted, purpose, overlays) if ground.alone else None
        again = alone or bench.suite(purpose, overlays)
        trial = replace(trial, runs=(*trial.runs, again))
        if late := reject_early(again, [case.id for case in wanted], wanted):
            why = "They passed once, and not when they were run again: that is no fix."
            return replace(trial, fail_to_pass=late.fail_to_pass, problems=(*late.problems, why))
    return trial


def _spotless(trial: Trial) -> bool:
    passed = all(change.after is CaseState.PASSED for change in trial.fail_to_pass)
    against = any(signal.standing is Standing.AGAINST for signal in trial.signals)
    return passed and not (against or trial.problems or trial.broken or trial.new_red)


def turns_green(
    bench: Bench, overlays: Sequence[Overlay], baseline: Baseline, also: Sequence[CaseId] = ()
) -> bool:
    """Whether the fail-to-pass cases and those given pass with these files; no more is asked."""
    known = baseline.runs[0].report
    wanted = as_results((*baseline.fail_to_pass, *also), known)
    alone = bench.selection(wanted, "probe", overlays) if baseline.selected else None
    run = alone or bench.suite("probe", overlays)
    return not unreadable(run) and all(
        state is CaseState.PASSED for state in states_of(run, wanted).values()
    )


def compare(suite: Run, inventory: Run, fail_to_pass: Sequence[CaseId]) -> Trial:
    """What a run of the whole suite with the candidate says against the inventory. Pure."""
    before = inventory.report.states
    errors = [id_ for id_ in fail_to_pass if before.get(id_) is CaseState.ERROR]
    after = _with_stand_ins(errors, suite.report)
    green = [id_ for id_, state in before.items() if state is CaseState.PASSED]
    fewer, present = _fewer(inventory, suite), suite.report.states.keys()
    broken = [i for i in green if after.get(i) is not CaseState.PASSED or i in fewer]
    problems, notes = _credibility(suite, inventory)
    return Trial(
        runs=(suite,),
        fail_to_pass=tuple(
            # One that is gone altogether is missing, or has cases that stand in for it.
            CaseChange(i, before.get(i), None if i in fewer & present else after.get(i))
            for i in fail_to_pass
        ),
        broken=tuple(
            CaseChange(i, before[i], None if i in fewer else after.get(i)) for i in broken
        ),
        new_red=tuple(
            CaseChange(id_, before.get(id_), state)
            for id_, state in after.items()
            if state.red and before.get(id_) in _NOT_RUN and id_ not in fail_to_pass
        ),
        pass_to_pass=len(green) - len(broken),
        problems=problems,
        notes=notes,
        seconds=suite.seconds,
    )


def _with_stand_ins(ids: Sequence[CaseId], report: RunReport) -> dict[CaseId, CaseState]:
    """States of a report; where an error of a whole module is gone, its cases speak for it."""
    states = report.states
    for id_ in ids:
        if id_ not in states and (state := stand_in(id_, report)) is not None:
            states[id_] = state
    return states


def excuse_flicker(
    trial: Trial, bench: Bench, overlays: Sequence[Overlay], inventory: Run, reruns: int
) -> Trial:
    """Take those broken cases back that flicker on the unchanged commit as well.

    A case is excused only where a rerun of the unchanged tree shows it red, and a rerun with
    the candidate shows it passed: a candidate that makes a flaky case always red is not.
    """
    suspects = [change.id for change in trial.broken if change.after is not None]
    if not suspects or len(suspects) != len(trial.broken) or len(suspects) > EXCUSABLE:
        return trial
    wanted = as_results(suspects, inventory.report)
    again = bench.selection(wanted, "rerun of broken cases", overlays)
    if again is None:
        return trial
    recovered = {i for i, s in states_of(again, wanted).items() if s is CaseState.PASSED}
    if not recovered:
        return replace(trial, runs=(*trial.runs, again))
    excused = recovered & set(flickering(bench, suspects, inventory, reruns))
    return replace(
        trial,
        runs=(*trial.runs, again),
        broken=tuple(change for change in trial.broken if change.id not in excused),
        excused=tuple(sorted(excused)),
    )


def _credibility(suite: Run, inventory: Run) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Problems that make a run no proof, and signals that this project cannot give."""
    if why := unreadable(suite):
        return (f"In the run of the whole suite, {why}.",), ()
    clash = disagreement(suite)
    if not clash:
        return (), ()
    if bool(disagreement(inventory)) and (suite.exit_code == 0) == (inventory.exit_code == 0):
        note = "Exit status and report disagree on the unchanged commit already"
        return (), (f"{note}, so that signal is missing: {clash}.",)
    return (f"In the run of the whole suite, {clash}.",), ()


def _fewer(inventory: Run, suite: Run) -> frozenset[CaseId]:
    """Ids that repeat in the inventory and are there less often now."""
    now = suite.report.occurrences
    return frozenset(
        id_ for id_, count in inventory.report.occurrences.items() if now.get(id_, 0) < count
    )
