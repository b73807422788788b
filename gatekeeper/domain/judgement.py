"""Baseline, trial and verdict: what is held for and against a candidate."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gatekeeper.domain.candidates import Candidate, Draft, Finding
from gatekeeper.domain.cases import CaseId, CaseState, RunReport
from gatekeeper.domain.diagnosis import Context
from gatekeeper.domain.sandbox import Ending


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the tests in a sandbox and what its report says."""

    purpose: str  # "reproduce 1", "inventory", "fail-to-pass", "suite"
    command: str
    exit_code: int
    ending: Ending
    seconds: float
    report: RunReport
    output: str = ""  # trimmed, untrusted
    note: str = ""
    raw_reports: tuple[tuple[str, bytes], ...] = ()


class Reproduction(enum.StrEnum):
    """What the unchanged commit does."""

    RED = "red"  # at least one failing case is red every time
    FLAKY = "flaky"
    GREEN = "green"
    BROKEN = "broken"  # the runs gave no readable report: the sandbox, not the tests


@dataclass(frozen=True, slots=True)
class Baseline:
    """The failing cases on the unchanged commit, run `len(runs)` times."""

    reproduction: Reproduction
    fail_to_pass: tuple[CaseId, ...] = ()  # red every time
    flaky: tuple[CaseId, ...] = ()
    green: tuple[CaseId, ...] = ()
    missing: tuple[CaseId, ...] = ()  # named by the report, never seen in the sandbox
    runs: tuple[Run, ...] = ()
    selected: bool = False  # the runner can run these cases alone
    note: str = ""


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One case before and after; None where the report does not name it."""

    id: CaseId
    before: CaseState | None
    after: CaseState | None


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate, tried: its runs, and every case whose state matters or changed."""

    runs: tuple[Run, ...] = ()
    fail_to_pass: tuple[CaseChange, ...] = ()
    broken: tuple[CaseChange, ...] = ()  # passed at baseline, and does not pass now
    new_red: tuple[CaseChange, ...] = ()  # not in the baseline or skipped there, red now
    excused: tuple[CaseId, ...] = ()  # broke, but flicker on the unchanged commit as well
    pass_to_pass: int = 0  # how many cases that passed at baseline pass still
    problems: tuple[str, ...] = ()  # why the runs prove nothing: no report, wrong exit status
    notes: tuple[str, ...] = ()  # signals that could not be had
    seconds: float = 0.0


class Decision(enum.StrEnum):
    """What the gate says of one candidate."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one candidate and every reason for it, in sentences."""

    decision: Decision
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A draft, what became of it, and the verdict."""

    id: str
    round: int
    draft: Draft
    verdict: Verdict
    candidate: Candidate | None = None  # None where git could not apply the draft
    findings: tuple[Finding, ...] = ()
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a backend is asked: the context, and what was tried before."""

    context: Context
    round: int
    candidates: int  # how many are wanted
    attempts: tuple[Attempt, ...] = ()
    deadline: float | None = None  # time.monotonic() at which the answer is worthless
    feedback: str = ""  # what is sent about `attempts`, byte for byte; "" on the first round
