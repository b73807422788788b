"""The frozen data that passes from step to step. Imports nothing of ours.

The words are those of DESIGN section 5; there are no synonyms for them in the code.
Every path is relative to the workspace, with `/`, decoded by surrogateescape where a
name is not UTF-8. Every time is in seconds, every size in bytes unless it says tokens.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

# --- one run of the tests ---------------------------------------------------------------


class CaseState(enum.StrEnum):
    """What a report says of one testcase. A case that is not in the report has no state."""

    PASSED = "passed"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"

    @property
    def red(self) -> bool:
        """Failure or error."""
        return self in (CaseState.FAILURE, CaseState.ERROR)


@dataclass(frozen=True, order=True, slots=True)
class CaseId:
    """Identity of a testcase across runs; volatile parts (times, addresses, UUIDs) are masked.

    A suite-level error without a case has the name of its suite and `name == SUITE_LEVEL`.
    """

    classname: str
    name: str

    def __str__(self) -> str:
        return f"{self.classname}::{self.name}" if self.classname else self.name


SUITE_LEVEL = "(suite)"
"""`CaseId.name` of an error that a report attaches to a suite and to no case."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One testcase element. Texts are bounded by the reader (head and tail kept)."""

    id: CaseId
    state: CaseState
    message: str = ""  # the runner's one-line reason
    kind: str = ""  # the runner's `type`: an exception class, mostly
    details: str = ""  # the body: stack trace, diff of values
    output: str = ""  # system-out and system-err of the case
    file: str = ""  # as the report writes it; may be "" or outside the workspace
    line: int | None = None
    seconds: float | None = None
    suite: str = ""
    flaky: bool = False  # the report itself says that it failed, then passed on a rerun


class SourceState(enum.StrEnum):
    """What became of one report file."""

    READ = "read"
    TRUNCATED = "truncated"  # what came before the cut was kept
    REPAIRED = "repaired"  # control bytes or a wrong encoding were mended
    EMPTY = "empty"
    NOT_JUNIT = "not-junit"
    MALFORMED = "malformed"
    REFUSED = "refused"  # entities, too large: a threat rather than a report


@dataclass(frozen=True, slots=True)
class Source:
    """One report file and what was read of it."""

    path: str
    state: SourceState
    cases: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts from the testcase elements, never from suite attributes."""

    tests: int = 0
    passed: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class RunReport:
    """What the reports of one run of the tests say, in the order of the files.

    `cases` holds every testcase element (a tuple, or for a huge report another sequence that
    takes less memory); an id may repeat (then its worst state counts, see `states`).
    `suite_errors` are errors and failures that belong to no case.
    """

    cases: Sequence[CaseResult] = ()
    suite_errors: tuple[CaseResult, ...] = ()
    sources: tuple[Source, ...] = ()

    @cached_property
    def failing(self) -> tuple[CaseResult, ...]:
        """Red cases in order, then suite-level errors; each id once."""
        seen: dict[CaseId, CaseResult] = {}
        for case in chain(self.cases, self.suite_errors):
            if case.state.red:
                seen.setdefault(case.id, case)
        return tuple(seen.values())

    @property
    def states(self) -> dict[CaseId, CaseState]:
        """Id to state; where an id repeats, the worst: error, failure, skipped, passed."""
        worst: dict[CaseId, CaseState] = {}
        for case in chain(self.cases, self.suite_errors):
            known = worst.get(case.id)
            if known is None or _SEVERITY[case.state] > _SEVERITY[known]:
                worst[case.id] = case.state
        return worst

    @property
    def occurrences(self) -> dict[CaseId, int]:
        """Id to how many testcase elements carry it."""
        found: dict[CaseId, int] = {}
        for case in self.cases:
            found[case.id] = found.get(case.id, 0) + 1
        return found

    @cached_property
    def counts(self) -> Counts:
        """Counts over every testcase element."""
        states = [case.state for case in self.cases]
        return Counts(
            tests=len(states),
            passed=states.count(CaseState.PASSED),
            failures=states.count(CaseState.FAILURE),
            errors=states.count(CaseState.ERROR),
            skipped=states.count(CaseState.SKIPPED),
        )


_SEVERITY = {
    CaseState.PASSED: 0,
    CaseState.SKIPPED: 1,
    CaseState.FAILURE: 2,
    CaseState.ERROR: 3,
}


def worst(states: Iterable[CaseState]) -> CaseState | None:
    """The worst of some states (error, failure, skipped, passed); None of none."""
    return max(states, key=_SEVERITY.__getitem__, default=None)


# --- what changed -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file between two trees, as `git diff-tree` says (renames not detected: D and A).

    Modes are git's six octal digits; "000000" where the file does not exist on that side.
    """

    path: str
    status: str  # A added, M content, D deleted, T type changed
    old_mode: str
    new_mode: str
    binary: bool = False
    added: int = 0  # lines; 0 for binaries
    removed: int = 0
    old_blob: str = ""
    new_blob: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """What the author changed: from the merge base to the tree under test.

    `base` is None where it could not be found, and `unknown` then says why.
    """

    head: str  # commit under test
    tree: str  # tree under test (with uncommitted work on a laptop)
    base: str | None = None
    source: str = ""  # where the base came from, for a person
    files: tuple[FileChange, ...] = ()
    diff: bytes = b""
    uncommitted: bool = False
    unknown: str = ""
    notes: tuple[str, ...] = ()


# --- diagnosis and context --------------------------------------------------------------


class Category(enum.StrEnum):
    """What kind of failure it is."""

    PRODUCT_BUG = "product-bug"
    TEST_BUG = "test-bug"
    FLAKY = "flaky"
    BUILD = "build"
    DEPENDENCY = "dependency"
    CONFIGURATION = "configuration"
    INFRASTRUCTURE = "infrastructure"
    TIMEOUT = "timeout"
    RESOURCE = "resource"
    LINT = "lint"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a stack trace, mapped to a file of the workspace where that is possible."""

    path: str  # workspace path, or as written where it is not ours
    line: int | None
    function: str = ""
    ours: bool = False  # a file of the workspace, not vendored


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place that may hold the cause. `score` is in 0..1; higher is more suspicious."""

    path: str
    start: int | None
    end: int | None
    score: float
    why: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Category, summary and suspects, with the arithmetic of the confidence."""

    category: Category
    summary: str
    suspects: tuple[Suspect, ...] = ()
    suggested_fix: str = ""
    confidence: float = 0.0
    confidence_reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the context, in the order in which it is sent."""

    title: str
    text: str
    path: str = ""
    start: int | None = None
    end: int | None = None
    tokens: int = 0  # estimate
    cut: str = ""  # what was left out, "" if nothing

    @property
    def size(self) -> int:
        """Bytes of the text as UTF-8."""
        return len(self.text.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Redaction:
    """How many secrets of one kind were removed; never the value."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Context:
    """What a backend is told about the failure. `text` is `context.txt`, byte for byte."""

    text: str
    sections: tuple[Section, ...] = ()
    tokens: int = 0  # estimate
    omitted: tuple[str, ...] = ()  # what did not fit, announced in the text too
    redactions: tuple[Redaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can answer."""

    text: str
    options: tuple[str, ...] = ()  # the recommended one first
    reason: str = ""


# --- candidates -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `search`, which occurs exactly once in `path`, by `replace`.

    With `search == ""` the file must not exist yet and `replace` is its whole content.
    """

    path: str
    search: str
    replace: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed change before it is applied: edits, or a diff that somebody wrote."""

    edits: tuple[Edit, ...] = ()
    diff: bytes = b""
    rationale: str = ""
    label: str = ""  # "revert" where the change takes the author's delta back
    name: str = ""  # file name of a given patch


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of the calls of one round; None where the server did not say."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    requests: int = 0
    request_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """The answer of a backend to one request. `raw` is stored before it is judged."""

    drafts: tuple[Draft, ...] = ()
    analysis: str = ""
    question: Question | None = None
    usage: Usage = field(default_factory=Usage)
    raw: bytes = b""
    raw_name: str = "response.json"
    model: str = ""
    notes: tuple[str, ...] = ()
    exhausted: bool = False  # asking again would bring nothing new


@dataclass(frozen=True, slots=True)
class Candidate:
    """A draft that git applied: from one tree to another, the diff rendered by git."""

    id: str  # "ROUND.NUMBER", or the name of a given patch
    draft: Draft
    base_tree: str
    tree: str
    changes: tuple[FileChange, ...]
    diff: bytes
    notes: tuple[str, ...] = ()  # what was mended, in sentences


class Level(enum.StrEnum):
    """What a finding does."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a guard saw: one sentence that its reader can act on, and where."""

    guard: str
    level: Level
    message: str
    path: str = ""
    line: int | None = None


# --- the sandbox ------------------------------------------------------------------------


class Ending(enum.StrEnum):
    """How a run in a sandbox ended."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"  # more output than the limit
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one sandbox; memory, disk and output in bytes, timeout in seconds."""

    memory: int = 2 * 1024**3
    cpus: float = 1.0
    pids: int = 512
    disk: int = 2 * 1024**3
    output: int = 32 * 1024**2
    report: int = 64 * 1024**2
    timeout: float = 600.0


@dataclass(frozen=True, slots=True)
class SnapshotSpec:
    """What an engine prepares once: a tree, an image, a set-up.

    `tree` is a folder on this machine that holds exactly the files to send. `protected` are
    files of it that no run may change, as far as the engine can prevent it: they are put in
    again after the set-up, owned by somebody else.
    """

    tree: str
    image: str
    setup: tuple[str, ...] = ()  # shell commands, run in the workspace, once
    setup_network: bool = False
    setup_timeout: float = 900.0
    protected: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Overlay:
    """One file laid over the snapshot before a run; `content is None` removes it."""

    path: str
    content: bytes | None
    executable: bool = False


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run of a shell command in a fresh sandbox forked from a snapshot.

    `reports` are globs relative to the workspace; only regular files written during the run
    are brought back.
    """

    command: str
    overlays: tuple[Overlay, ...] = ()
    reports: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None  # None: the snapshot's limit


@dataclass(frozen=True, slots=True)
class Completed:
    """What came out of one sandbox. `output` keeps head and tail of stdout and stderr."""

    exit_code: int
    ending: Ending
    output: bytes
    reports: tuple[tuple[str, bytes], ...]  # (path, content)
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What is known of an engine before it is used."""

    name: str
    available: bool
    detail: str  # version and where, or why it is not available
    isolated: bool = True
    hint: str = ""


# --- trial and verdict ------------------------------------------------------------------


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
    delta: Delta | None = None
    baseline: Baseline | None = None
    inventory: Run | None = None
    diagnosis: Diagnosis | None = None
    context: Context | None = None
    questions: tuple[Question, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    accepted: str = ""  # id of the accepted attempt
    proposals: tuple[Proposal, ...] = ()
    usage: Usage = field(default_factory=Usage)
    backend: str = ""
    model: str = ""
    engine: EngineInfo | None = None
    image_digest: str = ""
    warnings: tuple[str, ...] = ()
