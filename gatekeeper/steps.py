"""The steps of the jobs in `pipeline.py`; each notes what it found, and stops the job or not."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from gatekeeper.context.builder import Allowance, Known, build_context
from gatekeeper.diagnosis.clarification.answers import Directions
from gatekeeper.diagnosis.log_signs import WORDS, recognise
from gatekeeper.diagnosis.logs import cleaned, diagnose_log
from gatekeeper.diagnosis.rules import diagnose
from gatekeeper.domain import (
    Attempt,
    Baseline,
    Bill,
    CaseId,
    CaseResult,
    Category,
    Conclusion,
    Context,
    Delta,
    Diagnosis,
    Ending,
    Evidence,
    Outcome,
    Reproduction,
    Run,
    RunReport,
    SnapshotSpec,
    Usage,
)
from gatekeeper.errors import SandboxError, UnreadableReport
from gatekeeper.gate import Gate, GuardTable, Informed
from gatekeeper.git import Repository
from gatekeeper.intake.coverage_data import Spectrum, spectrum
from gatekeeper.intake.logs.passages import Alphabet
from gatekeeper.intake.logs.sources import Logs
from gatekeeper.intake.reach import MAX_CASES
from gatekeeper.intake.reports import Reports
from gatekeeper.intake.stacktrace import case_frames
from gatekeeper.journal import Journal
from gatekeeper.ports import Backend, Engine, Judge, Person, Progress, Suggester, Writer
from gatekeeper.redact import Redactor
from gatekeeper.runners import Plan, match
from gatekeeper.runners.watch import Watch, new_name, unwatchable
from gatekeeper.runners.watch import tools as watch_files
from gatekeeper.scenarios import Bands, Memory, best_match
from gatekeeper.spending.budget import Limits
from gatekeeper.spending.ledger import Ledger
from gatekeeper.spending.prices import Prices
from gatekeeper.validation.baseline import settle
from gatekeeper.validation.bench import Bench, InTurn, as_results, trim, unreadable
from gatekeeper.validation.doubts import Doubts, Wanted
from gatekeeper.validation.trial import Ground


@dataclass(frozen=True)
class Policy:
    """The settings that the loop itself obeys. Times in seconds; a budget of 0 is none."""

    reruns: int
    rounds: int  # of each backend
    candidates: int
    answers: int  # of one round at most
    tier: str  # of the service that a backend asks for; "" is the standard one
    jobs: int
    run_timeout: float
    context_tokens: int
    held_out: float  # share of alike failing tests that no backend is told of
    limits: Limits
    stored: bool  # the answers are replayed: each of them is judged, whatever became of others
    accepted_fails: bool  # gate.accepted: fail
    refuse_revert: bool  # gate.revert: refuse


@dataclass(frozen=True)
class Deadline:
    """When the run must have come to its end, by time.monotonic(), and who says so."""

    at: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Asking:
    """Whether, and how, a person is asked. `threshold` is a confidence from 0 to 1."""

    policy: str  # "fail", "interactive" or "off"
    threshold: float
    given: Mapping[str, str]  # answers by the id of the question
    origin: str  # where those come from
    person: Person
    suggest: Suggester | None  # a model that words the options; None where the rules do


@dataclass(frozen=True)
class Tools:
    """Everything that one job works with; made by `assembly.py`."""

    repo: Repository
    delta: Delta
    instructions: str  # AGENTS.md from where it may be trusted
    memory: Memory  # known failures, from there too
    bands: Bands
    plan: Plan | None
    engine: Engine
    snapshot: Callable[[Plan, Path], SnapshotSpec]  # from the folder of the exported tree
    guards: GuardTable
    informed: Informed
    backends: Sequence[tuple[str, Callable[[Bench, Baseline], Backend]]]  # in turn, by name
    account: Callable[[Sequence[CaseResult]], Ledger]  # of one failure, over several runs
    prices: Prices
    models: Mapping[str, str]  # backend to the model that it asks; those that ask none are absent
    deadline: Deadline
    feedback: Callable[[Sequence[Attempt]], str]  # what the next round is told
    policy: Policy
    asking: Asking
    wanted: Wanted
    judge: Judge | None
    writer: Writer | None  # of the analysis
    redactor: Redactor
    journal: Journal
    progress: Progress
    reports: Reports
    roots: Sequence[str]  # where the workspace may be mounted in a job's stack traces
    started: float  # time.monotonic()
    directions: Directions = field(default_factory=Directions)  # what a person answered


# --- before anything is spent -----------------------------------------------------------


def understand(tools: Tools, report: RunReport) -> Conclusion | None:
    """Stop at a report that cannot be read or names no failure."""
    tools.journal.note(failures=report)
    counts = report.counts
    if counts.tests == counts.skipped and not report.suite_errors:
        why = "; ".join(f"{s.path}: {s.note or s.state}" for s in report.sources[:5])
        what = "no test was executed" if counts.tests else "no testcase was found"
        raise UnreadableReport(
            f"the test reports prove nothing: {what} ({why or 'no report file'})",
            hint="Check tests.junit (--junit), and that the test job ran and kept its report.",
        )
    for source in report.sources:
        if source.note:
            tools.journal.warn(f"{source.path}: {source.note}")
    failing = report.failing
    if not failing:
        return Conclusion(
            Outcome.GREEN, 0, f"The tests pass: {counts.passed} passed, {counts.skipped} skipped."
        )
    with tools.progress.step("failures"):
        tools.progress.say(f"{len(failing)} red in a report of {counts.tests} cases")
        for case in failing[:5]:
            tools.progress.say(f"{case.id} ({case.state})")
        if len(failing) > 5:
            tools.progress.say(f"... and {len(failing) - 5} more")
    return None


def explain(tools: Tools, report: RunReport) -> Diagnosis:
    """Diagnose by rules; costs no token."""
    with tools.journal.step("diagnosis", tools.progress):
        tree = tools.repo.view(tools.delta.tree)
        frames = case_frames(report.failing[:MAX_CASES], tree.paths(), tools.roots)
        diagnosis = diagnose(
            report,
            report.failing,
            tools.delta,
            tree,
            frames,
            tools.roots,
            _run_by(tools, report.failing),
        )
        tools.journal.note(diagnosis=diagnosis)
        tools.progress.say(f"{diagnosis.category}: {diagnosis.summary}")
    _recall(tools, report, diagnosis)
    return diagnosis


def read_logs(tools: Tools, logs: Logs) -> Diagnosis:
    """Read the raw logs of the job and diagnose by what they say; costs no token."""
    with tools.journal.step("logs", tools.progress):
        found = logs.read(Alphabet(WORDS, recognise))
        tree = tools.repo.view(tools.delta.tree)
        diagnosis, shown = diagnose_log(found, tools.delta, tree, tools.roots)
        kept = tuple(cleaned(log, shown, tools.redactor.text) for log in found)
        tools.journal.note(logs=kept, diagnosis=diagnosis)
        tools.progress.say(f"{sum(log.lines for log in found)} lines in {len(found)} log(s)")
        tools.progress.say(f"{diagnosis.category}: {diagnosis.summary}")
    return diagnosis


def _recall(tools: Tools, report: RunReport, diagnosis: Diagnosis) -> None:
    """Look whether people know this failure; what is known of it is said, and goes on."""
    match = best_match(tools.memory.scenarios, report.failing, diagnosis.suspects, tools.bands)
    if match is None:
        return
    tools.journal.note(match=match)
    known = match.scenario
    tools.progress.say(
        f"known failure, {match.band} ({match.score:.2f}): {known.id}: {known.title}"
    )


def gather(tools: Tools, report: RunReport, failing: Sequence[CaseResult]) -> Context:
    """Build the context: what is in it, and nothing else of the workspace, is sent."""
    with tools.journal.step("context", tools.progress):
        context = build_context(
            report,
            failing,
            tools.delta,
            tools.repo.view(tools.delta.tree),
            Known(
                tools.instructions,
                tools.journal.report.match,
                tools.directions.told,
                _run_by(tools, failing),
                tuple(p for log in tools.journal.report.logs for p in log.passages),
            ),
            allowance=Allowance(tools.policy.context_tokens, tools.policy.held_out),
            redactor=tools.redactor,
            roots=tools.roots,
        )
        tools.journal.note(context=context)
        tools.progress.say(f"{len(context.sections)} sections, about {context.tokens} tokens")
        if context.held_out:
            tools.progress.say(f"{len(context.held_out)} failing case(s) held out")
    return context


def _run_by(tools: Tools, failing: Sequence[CaseResult]) -> Spectrum:
    """What the project's own coverage data tells, where it lies in the workspace."""
    data = tools.repo.workspace / ".coverage"
    known = tools.repo.view(tools.delta.tree).paths()
    return spectrum(data, [case.id for case in failing], known, tools.roots)


# --- sandbox and baseline ---------------------------------------------------------------


@contextmanager
def prepared(tools: Tools) -> Iterator[tuple[Bench, Executor]]:
    """The snapshot of the tree under test, and workers; both are gone afterwards.

    The workers are not waited for: leaving the snapshot ends whatever still runs in it.
    """
    if tools.plan is None:
        raise SandboxError(
            "no test runner was recognised in this project",
            hint="Say how the tests are run: --test-command, and --junit for their report.",
        )
    with ExitStack() as stack:
        with tools.journal.step("sandbox", tools.progress):
            engine = tools.journal.report.engine
            isolated = engine is not None and engine.isolated
            tools.progress.say(
                f"image {tools.plan.image}" if isolated else "on this machine, without isolation"
            )
            with tempfile.TemporaryDirectory(prefix="gatekeeper-tree-") as folder:
                tree = Path(folder) / "tree"
                for note in tools.repo.export(tools.delta.tree, tree):
                    tools.journal.warn(note)
                watch, spec = _watch(tools, tools.snapshot(tools.plan, tree))
                snapshot = stack.enter_context(tools.engine.prepare(spec))
            tools.journal.note(image_digest=snapshot.digest)
        pool = ThreadPoolExecutor(tools.policy.jobs, thread_name_prefix="trial")
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        yield (
            Bench(
                InTurn(snapshot, tools.policy.jobs),
                tools.plan,
                tools.repo.view(tools.delta.tree),
                tools.policy.run_timeout,
                tools.plan.env,
                watch,
            ),
            pool,
        )


def _watch(tools: Tools, spec: SnapshotSpec) -> tuple[Watch | None, SnapshotSpec]:
    """The watch inside the runner, where there is one for it, and the snapshot with its files."""
    if tools.plan is None or not tools.wanted.watch or unwatchable(tools.plan):
        return None, spec
    watch = Watch(new_name())
    return watch, replace(spec, tools=watch_files(watch.name))


def first_run(
    tools: Tools, bench: Bench, pool: Executor, started: Future[Run] | None = None
) -> Run:
    """The run of the whole suite on the unchanged commit: the inventory of cases."""
    with tools.journal.step("inventory", tools.progress):
        run = (started or pool.submit(bench.suite, "inventory")).result()
        tools.journal.note(inventory=run)
        counts = run.report.counts
        tools.progress.say(
            f"{counts.tests} cases: {counts.passed} passed, "
            f"{counts.failures + counts.errors} red, {counts.skipped} skipped"
        )
    if why := unreadable(run):
        _unusable(tools, run, why)
    return run


def prove(tools: Tools, reproduction: Callable[[], Baseline]) -> Baseline:
    """Proof before spend: red every time on the unchanged commit, or not."""
    with tools.journal.step("baseline", tools.progress):
        baseline = reproduction()
        tools.journal.note(baseline=baseline)
        tools.progress.say(
            f"{len(baseline.fail_to_pass)} red every time in {len(baseline.runs)} run(s), "
            f"{len(baseline.flaky)} flaky, {len(baseline.green)} green"
        )
        _say_what_is_left_out(tools, baseline)
    return baseline


def not_reproduced(tools: Tools, baseline: Baseline) -> Conclusion | None:
    """Stop, with nothing spent, where the failure is not there on the unchanged commit."""
    match baseline.reproduction:
        case Reproduction.RED:
            return None
        case Reproduction.BROKEN:
            if baseline.note:
                _unusable(tools, baseline.runs[-1], baseline.note)
            names = ", ".join(str(id_) for id_ in baseline.missing[:3])
            raise SandboxError(
                f"the failing cases never ran in the sandbox: {names}",
                hint="Is tests.command the command of the failing job? Set it with --test-command.",
            )
        case Reproduction.FLAKY:
            if tools.journal.report.diagnosis is not None:
                flaky = replace(tools.journal.report.diagnosis, category=Category.FLAKY)
                tools.journal.note(diagnosis=flaky)
            names = ", ".join(str(id_) for id_ in baseline.flaky[:3])
            reason = f"Flaky on the unchanged commit, so no fix was asked for: {names}."
        case Reproduction.GREEN:
            reason = "The failing cases pass on the unchanged commit: the environment, or luck."
    hint = "Compare the job's image, services and order of tests with those of the sandbox."
    return Conclusion(Outcome.NOT_REPRODUCED, 8, f"{reason} {baseline.note}".strip(), hint)


def settled(tools: Tools, baseline: Baseline, inventory: Run) -> Baseline:
    """The baseline without cases that the run of the whole suite does not show red."""
    settled = settle(baseline, inventory)
    if settled is not baseline:
        tools.journal.note(baseline=settled)
        _say_what_is_left_out(tools, settled)
    return settled


def _say_what_is_left_out(tools: Tools, baseline: Baseline) -> None:
    if not baseline.fail_to_pass:
        return
    kinds = (("flaky", baseline.flaky), ("green", baseline.green), ("not seen", baseline.missing))
    for kind, ids in kinds:
        if ids:
            names = ", ".join(str(id_) for id_ in ids[:5])
            tools.journal.warn(f"Left out, {kind} on the unchanged commit: {names}.")


def _unusable(tools: Tools, run: Run, why: str) -> None:
    """A run of the unchanged commit proves nothing: say whose fault that is."""
    said = tools.redactor.text(trim(run.output.strip(), 1500))
    detail = f"on the unchanged commit, {why}" + (f"\n{said}" if said else "")
    if run.exit_code in (126, 127) or run.ending is not Ending.EXITED:
        raise SandboxError(
            detail, hint="Check sandbox.image, sandbox.setup, tests.command and tests.timeout."
        )
    raise UnreadableReport(
        detail, hint="Check tests.command and tests.junit: the command must write a JUnit report."
    )


def confirmed(report: RunReport, baseline: Baseline) -> tuple[CaseResult, ...]:
    """The failing cases of the report, without those that the baseline did not confirm."""
    doubtful = {*baseline.flaky, *baseline.green, *baseline.missing}
    names = match(report.failing, baseline.runs[0].report)
    return tuple(c for c in report.failing if (names.get(c.id) or c.id) not in doubtful)


def ground(tools: Tools, bench: Bench, inventory: Run, baseline: Baseline) -> Ground:
    """What the candidates are measured against, and what else is asked of them."""
    doubts = Doubts.about(bench, inventory, baseline.fail_to_pass, tools.wanted)
    return Ground(inventory, baseline, tools.policy.reruns, doubts)


def gate_of(tools: Tools) -> Gate:
    """The gate for the tree under test."""
    delta = tools.delta
    base = tools.repo.tree_of(delta.base) if delta.base else None
    return Gate(
        tools.repo,
        delta.tree,
        tools.guards,
        tools.informed,
        tools.policy.refuse_revert,
        base,
        frozenset(tools.directions.only),
    )


def evidence(inventory: Run, failing: Sequence[CaseId]) -> Evidence:
    """What the guards that look again may know of the unchanged commit."""
    modules = inventory.record.modules if inventory.record else frozenset()
    return Evidence(inventory.report, as_results(failing, inventory.report), modules or None)


def billed(tools: Tools, model: str, usage: Usage, tier: str = "") -> Bill:
    """What requests to one model have cost by the table of prices."""
    return Bill(model, usage, tools.prices.cost(model, usage, tier))
