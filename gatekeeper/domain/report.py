"""How an invocation ended, and everything that it found out."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from gatekeeper.domain.candidates import Bill, Proposal, Spent, Usage
from gatekeeper.domain.cases import RunReport
from gatekeeper.domain.change import Delta
from gatekeeper.domain.clarification import Dialog, Question
from gatekeeper.domain.diagnosis import Context, Diagnosis, Redaction
from gatekeeper.domain.judgement import Attempt, Baseline, Run
from gatekeeper.domain.logs import LogText
from gatekeeper.domain.memory import Match, Scenario
from gatekeeper.domain.sandbox import EngineInfo


class Outcome(enum.StrEnum):
    """How a whole run ended (DESIGN section 2)."""

    GREEN = "green"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CLARIFY = "clarify"
    UNREADABLE = "unreadable"
    BACKEND = "backend"
    SANDBOX = "sandbox"
    PUBLISHER = "publisher"
    NOT_REPRODUCED = "not-reproduced"
    ANALYZED = "analyzed"  # `analyze`, `context`: nothing was judged
    BUDGET = "budget"
    USAGE = "usage"
    BUG = "bug"
    INTERRUPTED = "interrupted"
    UNFINISHED = "unfinished"  # written while the run goes on; stays only after a SIGKILL


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The outcome of a run, its exit code, one sentence why, and what to do about it."""

    outcome: Outcome
    exit_code: int
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """Something read from the environment, with where it came from."""

    what: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the pipeline and how long it took."""

    name: str
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one invocation found out; the formats render it."""

    command: str
    outcome: Outcome
    exit_code: int
    reason: str  # one sentence for a person
    hint: str = ""
    version: str = ""
    started: str = ""  # ISO 8601, UTC
    guesses: tuple[Guess, ...] = ()
    settings: tuple[tuple[str, str, str], ...] = ()  # key, value (secrets hidden), source
    steps: tuple[Step, ...] = ()
    failures: RunReport | None = None
    logs: tuple[LogText, ...] = ()  # each with the passages that say most, those first
    delta: Delta | None = None
    baseline: Baseline | None = None
    inventory: Run | None = None
    diagnosis: Diagnosis | None = None
    match: Match | None = None  # the known failure that this one is most like
    context: Context | None = None
    questions: tuple[Question, ...] = ()  # that have no answer
    dialog: Dialog | None = None
    given: tuple[tuple[str, str], ...] = ()  # answers of a file, by the id of their question
    attempts: tuple[Attempt, ...] = ()
    accepted: str = ""  # id of the accepted attempt
    proposed: Scenario | None = None  # drafted, for a person to approve
    proposals: tuple[Proposal, ...] = ()
    usage: Usage = field(default_factory=Usage)
    bills: tuple[Bill, ...] = ()  # whose sum `usage` is
    prices: str = ""  # ISO date of the table that they were made by
    earlier: Spent | None = None  # what earlier runs spent on this failure, where that is kept
    backend: str = ""  # several in the order in which they are asked: "search, responses"
    model: str = ""
    engine: EngineInfo | None = None
    image_digest: str = ""
    warnings: tuple[str, ...] = ()
    redactions: tuple[Redaction, ...] = ()  # what was taken out of all that was written or sent
