"""Baseline, trial and verdict: what is held for and against a candidate."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from gatekeeper.domain.candidates import Candidate, Draft, Finding, Usage
from gatekeeper.domain.cases import CaseId, CaseResult, CaseState, RunReport
from gatekeeper.domain.clarification import Option
from gatekeeper.domain.diagnosis import Context
from gatekeeper.domain.sandbox import Ending


class Standing(enum.StrEnum):
    """What one signal says of a candidate."""

    CLEAN = "clean"
    AGAINST = "against"
    MISSING = "missing"  # it could not be had, because ...
    OFF = "off"  # the configuration does not want it


@dataclass(frozen=True, slots=True)
class Signal:
    """One independent piece of evidence on a trial, beside what the report of the runner says.

    `why` is a sentence: what speaks against the candidate, why the signal is missing, or what
    was seen where it is clean.
    """

    name: str
    standing: Standing
    why: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a judge says of a candidate; nothing in it is a reason to accept.

    A signal where it has no doubt or gave no opinion, else findings that warn or block.
    """

    signal: Signal | None = None
    findings: tuple[Finding, ...] = ()
    usage: Usage = field(default_factory=Usage)
    raw: bytes = b""  # the answer as it came
    model: str = ""  # that was asked


@dataclass(frozen=True, slots=True)
class Prose:
    """A model's words for a diagnosis. `missing` says why there are none, else it is ""."""

    summary: str
    suggested_fix: str
    model: str
    usage: Usage = field(default_factory=Usage)
    raw: bytes = b""  # the answer as it came
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Suggested:
    """Options that a model wrote, by the id of the question, the recommended one first.

    `missing` says why there are none for some of the questions, else it is "".
    """

    options: tuple[tuple[str, tuple[Option, ...]], ...] = ()
    model: str = ""
    thread_ids: tuple[str, ...] = ()  # of the responses that they came in
    usage: Usage = field(default_factory=Usage)
    raw: bytes = b""  # the answers as they came, one after the other
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Risk:
    """How likely it is that a candidate only fits the tests: 0 to 100, never a reason to accept."""

    score: int
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenCase:
    """One testcase as a watch inside the runner saw it end, told before anything could undo it."""

    id: CaseId
    state: CaseState


@dataclass(frozen=True, slots=True)
class Record:
    """What the watch of one run told over the stream that leaves the sandbox.

    `complete` is false where it broke off, was forged, or did not come to its end. `contacts`
    and `tampering` are keys that can be compared between runs: what is there on the unchanged
    commit as well is nobody's fault. `modules` are top-level modules that can be imported there.
    """

    cases: tuple[SeenCase, ...] = ()
    contacts: frozenset[str] = frozenset()
    tampering: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    complete: bool = False
    note: str = ""  # why it is not complete


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
    record: Record | None = None  # None where the run was not watched


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
    signals: tuple[Signal, ...] = ()
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
class Evidence:
    """What runs of the unchanged commit say, for guards that need more than two trees.

    `modules` are the top-level modules that can be imported in the sandbox; None if unknown.
    """

    inventory: RunReport
    failing: tuple[CaseResult, ...]
    modules: frozenset[str] | None = None


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
    risk: Risk | None = None
    backend: str = ""  # who proposed it
    rank: int = 0  # among the accepted ones, 1 is offered; 0 for the others
    rank_why: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What a backend is asked: the context, and what was tried before."""

    context: Context
    round: int  # from 1, of those in which this backend is asked
    candidates: int  # how many are wanted
    attempts: tuple[Attempt, ...] = ()
    deadline: float | None = None  # time.monotonic() at which the answer is worthless
    feedback: str = ""  # what is sent about `attempts`, byte for byte; "" on the first round
    output_tokens: int = 0  # of one answer at most, as the budget wants it; 0 is no limit
