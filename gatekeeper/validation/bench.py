"""One run of the project's tests in a fresh sandbox, and what its report says."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gatekeeper import runners
from gatekeeper.domain import (
    SUITE_LEVEL,
    CaseId,
    CaseResult,
    CaseState,
    Completed,
    Ending,
    Overlay,
    Run,
    RunReport,
    RunSpec,
    worst,
)
from gatekeeper.intake.junit import read_reports
from gatekeeper.ports import Snapshot, Tree
from gatekeeper.runners.watch import Watch
from gatekeeper.validation.watching import read_record

OUTPUT_KEPT = 20_000
"""Characters of a run's output that are kept, half from the head and half from the tail."""


class InTurn:
    """A snapshot with at most `jobs` runs at a time, whoever asks for them."""

    def __init__(self, snapshot: Snapshot, jobs: int) -> None:
        self.digest = snapshot.digest
        self._snapshot = snapshot
        self._slots = threading.BoundedSemaphore(jobs)

    def run(self, spec: RunSpec) -> Completed:
        """See `ports.Snapshot.run`."""
        with self._slots:
            return self._snapshot.run(spec)

    def warm(self) -> None:
        """See `ports.Snapshot.warm`."""
        self._snapshot.warm()


@dataclass(frozen=True)
class Bench:
    """A prepared snapshot and the plan for running its tests.

    `tree` is the unchanged tree under test; it is only read, to find files by case. With `watch`
    every run is watched from inside, whose files must be among the snapshot's tools. Where the
    unchanged commit cannot be run so, it is run without, and from then on everything is.
    """

    snapshot: Snapshot
    plan: runners.Plan
    tree: Tree
    timeout: float
    env: Mapping[str, str]
    watch: Watch | None = None
    unwatchable: threading.Event = field(default_factory=threading.Event, compare=False)

    def suite(self, purpose: str, overlays: Sequence[Overlay] = ()) -> Run:
        """Run every test there is."""
        command, reports = runners.suite(self.plan, secrets.token_hex(8))
        return self._run(purpose, command, reports, overlays)

    def selection(
        self, cases: Sequence[CaseResult], purpose: str, overlays: Sequence[Overlay] = ()
    ) -> Run | None:
        """Run only these cases; None where the runner cannot select them."""
        chosen = runners.select(self.plan, cases, self.tree, secrets.token_hex(8))
        if chosen is None:
            return None
        command, reports = chosen
        return self._run(purpose, command, reports, overlays)

    def given(
        self,
        purpose: str,
        command: str,
        reports: Sequence[str],
        overlays: Sequence[Overlay] = (),
        trusted: Sequence[Overlay] = (),
    ) -> Run:
        """Run a command that was made elsewhere, with tests that the gate made for this run."""
        return self._run(purpose, command, reports, overlays, trusted)

    def _run(
        self,
        purpose: str,
        command: str,
        reports: Sequence[str],
        overlays: Sequence[Overlay],
        trusted: Sequence[Overlay] = (),
    ) -> Run:
        watch = None if self.unwatchable.is_set() else self.watch
        run = self._once(purpose, command, reports, overlays, trusted, watch)
        if watch is None or overlays or not unreadable(run):
            return run
        plain = self._once(purpose, command, reports, overlays, trusted, None)
        if not unreadable(plain):
            self.unwatchable.set()
        return plain

    def _once(
        self,
        purpose: str,
        command: str,
        reports: Sequence[str],
        overlays: Sequence[Overlay],
        trusted: Sequence[Overlay],
        watch: Watch | None,
    ) -> Run:
        watched = watch.over(command) if watch else None
        done = self.snapshot.run(
            RunSpec(
                command=watched.command if watched else command,
                overlays=(*overlays, *(watched.overlays if watched else ())),
                trusted=tuple(trusted),
                reports=tuple(reports),
                env=self.env,
                timeout=self.timeout,
            )
        )
        return Run(
            purpose=purpose,
            command=command,
            exit_code=done.exit_code,
            ending=done.ending,
            seconds=done.seconds,
            report=read_reports(done.reports),
            output=trim(done.output.decode("utf-8", "replace"), OUTPUT_KEPT),
            note=done.note,
            raw_reports=done.reports,
            record=read_record(done.record, watched.key) if watched else None,
        )


def trim(text: str, limit: int) -> str:
    """Head and tail of a text longer than `limit` characters, the cut announced."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters cut ...]\n{text[-half:]}"


def states_of(run: Run, wanted: Sequence[CaseResult]) -> dict[CaseId, CaseState | None]:
    """State of each wanted case in a run, under the id by which the run knows it.

    The report of the pipeline and that of the sandbox may spell an id differently
    (`runners.match`); a case that the run does not name keeps its own id, and has the state
    of what stands for it, or None.
    """
    states = run.report.states
    names = runners.match(wanted, run.report)
    found: dict[CaseId, CaseState | None] = {}
    for case in wanted:
        known = names.get(case.id)
        stands = stand_in(case.id, run.report) if case.state is CaseState.ERROR else None
        found[known or case.id] = states[known] if known else stands
    return found


def stand_in(missing: CaseId, report: RunReport) -> CaseState | None:
    """State of the cases that take the place of an error of a whole module or suite.

    A module that cannot be imported is reported as one case of its own (pytest: with the
    module as its name), a suite that breaks as an error without a case; both go away when the
    tests run again. Then all cases of that module or suite speak for it, and the worst counts.
    """
    if missing.name == SUITE_LEVEL:
        return worst(case.state for case in report.cases if case.suite == missing.classname)
    inside = f"{missing.name}."
    return worst(case.state for case in report.cases if f"{case.id.classname}.".startswith(inside))


def as_results(ids: Sequence[CaseId], report: RunReport) -> tuple[CaseResult, ...]:
    """The elements of a report that carry these ids, one each, for selecting them again."""
    by_id = {case.id: case for case in (*report.suite_errors, *report.cases)}
    return tuple(
        by_id.get(id_) or CaseResult(id=id_, state=CaseState.FAILURE) for id_ in sorted(ids)
    )


def unreadable(run: Run) -> str:
    """Why a run proves nothing, in one sentence; "" where its report can be judged."""
    if run.ending is not Ending.EXITED:
        return _ENDINGS[run.ending].format(seconds=run.seconds)
    if not run.report.cases and not run.report.suite_errors:
        bad = [f"{source.path}: {source.state}" for source in run.report.sources]
        detail = f" ({'; '.join(bad[:3])})" if bad else ""
        return f"it left no readable report{detail}; the command ended with {run.exit_code}"
    return ""


_ENDINGS = {
    Ending.TIMEOUT: "it was stopped after {seconds:.0f} s, the limit `tests.timeout`",
    Ending.MEMORY: "it used more memory than `sandbox.memory` allows",
    Ending.OUTPUT: "it wrote more output than `sandbox.output` allows",
    Ending.DISK: "it wrote more to the disk than `sandbox.disk` allows",
}


def disagreement(run: Run) -> str:
    """How exit status and report contradict each other; "" where they agree."""
    red = run.report.failing
    if run.exit_code == 0 and red:
        return f"the command ended with 0, but its report names {len(red)} red case(s)"
    if run.exit_code != 0 and not red:
        return f"the command ended with {run.exit_code}, but its report names no red case"
    return ""
