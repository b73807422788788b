"""The gate: drafts in, attempts out. Nothing that proposes has a say in here.

draft -> git applies it (or refuses) -> guards -> trial in sandboxes -> verdict
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace

from gatekeeper.candidates import Refusal, realise, takes_back
from gatekeeper.domain import (
    Attempt,
    Candidate,
    Draft,
    Evidence,
    Finding,
    Level,
    Opinion,
    Overlay,
    Run,
    Trial,
)
from gatekeeper.git import Repository
from gatekeeper.git.trees import TreeView
from gatekeeper.ports import Guard
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.trial import SUITE, Ground, try_candidate, weigh
from gatekeeper.verdict import blocked, judge, refused

GuardTable = Sequence[tuple[str, Level | None, Guard]]
"""(name, the level that the configuration demands at most, guard); None keeps the guard's own."""

Informed = Callable[[Evidence], GuardTable]
"""The guards that can only be made once the unchanged commit was run."""


@dataclass(frozen=True)
class Gate:
    """Judges drafts against one tree. `base` is the tree that the author started from."""

    repo: Repository
    tree: str
    guards: GuardTable
    informed: Informed
    refuse_revert: bool
    base: str | None = None
    only: frozenset[str] = frozenset()  # files that a person allows to be changed; none is any

    def screen(self, draft: Draft, id_: str, round_: int, seen: Iterable[str] = ()) -> Attempt:
        """Everything that can be said before anything runs.

        The attempt's verdict is a rejection, or `UNTRIED` where a trial must decide.
        `seen` are trees that were judged already: the same change is not tried again.
        """
        candidate = realise(draft, self.repo, self.tree, id_)
        if isinstance(candidate, Refusal):
            return Attempt(id_, round_, draft, refused(candidate.reasons))
        if self.base is not None and takes_back(self.repo, self.base, candidate):
            draft = replace(draft, label=REVERT)
            candidate = replace(candidate, draft=draft, notes=(*candidate.notes, _TAKES_BACK))
        findings = self._findings(candidate, frozenset(seen))
        verdict = blocked(findings) or judge(UNTRIED)
        return Attempt(id_, round_, draft, verdict, candidate, findings)

    def look_again(self, attempt: Attempt, evidence: Evidence) -> Attempt:
        """The same, once runs of the unchanged commit say where the tests are and what is red."""
        if attempt.candidate is None or not untried(attempt):
            return attempt
        found = self._look(self.informed(evidence), attempt.candidate)
        verdict = blocked(found) or attempt.verdict
        return replace(attempt, findings=(*attempt.findings, *found), verdict=verdict)

    def overlays(self, candidate: Candidate) -> tuple[Overlay, ...]:
        """The files that a candidate lays over the snapshot."""
        return self.repo.overlays(candidate.base_tree, candidate.tree)

    def _findings(self, candidate: Candidate, seen: frozenset[str]) -> tuple[Finding, ...]:
        found = [*self._look(self.guards, candidate)]
        odd = [c.path for c in candidate.changes if c.new_mode not in _LAID_OVER]
        if odd and not any(one.guard == "modes" and one.level is Level.BLOCK for one in found):
            message = f"`{odd[0]}` is no regular file, and nothing else can be tried in a sandbox."
            found.append(Finding("modes", Level.BLOCK, message, odd[0]))
        if candidate.tree in seen:
            message = "This is the same change as an earlier candidate; it was not tried again."
            found.append(Finding("repeated", Level.BLOCK, message))
        elsewhere = [c.path for c in candidate.changes if self.only and c.path not in self.only]
        if elsewhere:
            message = f"A person answered that only {', '.join(sorted(self.only))} may be changed."
            found.append(Finding("answers", Level.BLOCK, message, elsewhere[0]))
        if candidate.draft.label == REVERT and self.refuse_revert:
            message = "It takes back the author's own change, and gate.revert is `refuse`."
            found.append(Finding("revert", Level.BLOCK, message))
        return tuple(found)

    def _look(self, guards: GuardTable, candidate: Candidate) -> tuple[Finding, ...]:
        before, after = TreeView(self.repo, self.tree), TreeView(self.repo, candidate.tree)
        return tuple(
            finding if level is None else replace(finding, level=level)
            for _, level, guard in guards
            for finding in guard(candidate, before, after)
        )


_LAID_OVER = ("100644", "100755", "000000")
"""Modes of files that a sandbox can be given; the last is that of a file that is gone."""

REVERT = "revert"
_TAKES_BACK = "It takes back a part of the author's own change, and does nothing else."

UNTRIED = Trial(problems=("It was not tried.",))
"""The trial of a candidate that no sandbox has run: never a reason to accept."""


def untried(attempt: Attempt) -> bool:
    """Whether only a trial can decide."""
    return attempt.candidate is not None and blocked(attempt.findings) is None


def tried(attempt: Attempt, trial: Trial) -> Attempt:
    """The attempt with its trial and the verdict on it."""
    return replace(attempt, trial=trial, verdict=judge(trial))


def heard(attempt: Attempt, opinion: Opinion) -> Attempt:
    """The attempt with another model's opinion, which may reject it and never accepts."""
    trial, findings = attempt.trial, (*attempt.findings, *opinion.findings)
    if trial is None:
        return attempt
    if opinion.signal is not None:
        trial = replace(trial, signals=(*trial.signals, opinion.signal))
    verdict = blocked(findings) or judge(trial)
    return replace(attempt, findings=findings, trial=trial, verdict=verdict)


def try_all(
    attempts: Sequence[Attempt], gate: Gate, bench: Bench, ground: Ground, pool: Executor
) -> tuple[Attempt, ...]:
    """Try those that only a trial can decide, as many at a time as the pool has workers."""

    def trial(attempt: Attempt) -> Attempt:
        if attempt.candidate is None or not untried(attempt):
            return attempt
        return tried(attempt, try_candidate(bench, gate.overlays(attempt.candidate), ground))

    return tuple(pool.map(trial, attempts))


@dataclass(frozen=True)
class Started:
    """The suite run of a candidate that may still go on, and the files laid over the tree."""

    suite: Future[Run]
    overlays: tuple[Overlay, ...]


def start_suites(
    attempts: Sequence[Attempt], gate: Gate, bench: Bench, pool: Executor
) -> list[Started | None]:
    """Start the suite run of each, before the baseline is known: it needs no baseline to run."""
    started: list[Started | None] = []
    for attempt in attempts:
        if attempt.candidate is None or not untried(attempt):
            started.append(None)
            continue
        overlays = gate.overlays(attempt.candidate)
        started.append(Started(pool.submit(bench.suite, SUITE, overlays), overlays))
    return started


def finish_suites(
    attempts: Sequence[Attempt],
    suites: Sequence[Started | None],
    bench: Bench,
    ground: Ground,
    pool: Executor,
    note: Callable[[Attempt], Attempt],
) -> tuple[Attempt, ...]:
    """Weigh the suite runs that `start_suites` started; `note` has the last word on each.

    Weighing may run tests again, so it is work for the same pool; as its queue is first in,
    first out, a worker never waits there for a suite run that has not begun.
    """

    def weighed(attempt: Attempt, run: Started | None) -> Attempt:
        if run is None or not untried(attempt):
            return attempt
        return tried(attempt, weigh(bench, run.overlays, ground, run.suite.result()))

    return tuple(note(attempt) for attempt in pool.map(weighed, attempts, suites))
