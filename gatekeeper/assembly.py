"""One invocation: from the options to the tools of a job, by the tables in `wiring.py`."""

from __future__ import annotations

import enum
import functools
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from gatekeeper import runners
from gatekeeper.backends.prompt import render_feedback
from gatekeeper.domain import (
    Baseline,
    Delta,
    EngineInfo,
    Guess,
    SnapshotSpec,
)
from gatekeeper.errors import UsageError
from gatekeeper.gate import GuardTable
from gatekeeper.git import Repository
from gatekeeper.intake.places import is_test_code
from gatekeeper.intake.provider import Provider, detect
from gatekeeper.intake.reports import Reports
from gatekeeper.journal import Journal
from gatekeeper.ports import Backend, Engine, Person, Progress, Tree, Writer
from gatekeeper.redact import Redactor
from gatekeeper.scenarios import Bands, Memory
from gatekeeper.settings import COMMAND_LINE, Settings
from gatekeeper.spending.budget import ANSWERS, Limits
from gatekeeper.spending.ledger import Ledger, fingerprint
from gatekeeper.spending.prices import known_prices
from gatekeeper.steps import Asking, Deadline, Policy, Tools
from gatekeeper.trust import (
    Asked,
    answers_of,
    instructions,
    known_scenarios,
    settings_and_delta,
)
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.doubts import Wanted
from gatekeeper.wiring import (
    ASK_A_MODEL,
    BACKENDS,
    ENGINES,
    Scene,
    guards_of,
    informed_of,
    judge_of,
    suggester_of,
    writer_of,
)

AUTO = ("auto",)
RESERVE = 60
"""Seconds of a CI job that are kept for writing and uploading the report."""

STORED_ROUNDS = 1000
"""A replay ends with its last stored answer, however many rounds are allowed now."""


class Runs(enum.Enum):
    """Whose code a command runs."""

    NOTHING = "nothing"
    PROPOSED = "proposed"  # by the backend: a model's, or the project's own with `search`
    FOREIGN = "foreign"  # patches that anybody may have written


def redactor_for(asked: Asked) -> Redactor:
    """Knows the secrets of the environment and of the workspace's `.env`."""
    return Redactor(asked.env)


@contextmanager
def open_tools(
    asked: Asked,
    journal: Journal,
    progress: Progress,
    redactor: Redactor,
    person: Person,
    *,
    runs: Runs,
    started: float,
) -> Iterator[Tools]:
    """Everything that a job needs, made from the options; the scratch is gone afterwards."""
    workspace = asked.workspace.resolve()
    if not workspace.is_dir():
        raise UsageError(f"the workspace {asked.workspace} is no folder", hint="Set --workspace.")
    with tempfile.TemporaryDirectory(prefix="gatekeeper-") as scratch:
        provider = detect(asked.env)
        repo = Repository.open(workspace, Path(scratch))
        settings, delta = settings_and_delta(asked, repo, provider, journal.warn)
        journal.note(delta=delta, settings=settings.table())
        chosen = settings.scenarios
        bands = Bands(chosen.high, chosen.medium)
        memory = known_scenarios(repo, delta, provider, chosen.folder, journal.warn)
        for problem in memory.problems:
            journal.warn(f"Not used as a scenario: {problem}")
        plan = _plan(settings, workspace, repo.view(delta.tree), runs, journal)
        names = _backend_names(settings)
        models = {name: settings.backend.model for name in names if name in ASK_A_MODEL}
        mine = names == ("search",) or (settings.backend.name == AUTO and "search" in names)
        own_code = runs is Runs.PROPOSED and mine and not provider.in_ci
        engine = ENGINES["process" if runs is Runs.NOTHING else engine_name(settings)](progress)
        info = None
        if runs is not Runs.NOTHING:
            engine, info = _engine(engine, settings, own_code, journal, progress)
            names = _without_isolation(names, settings, info)
        journal.note(
            guesses=(*_guesses(provider, delta, settings, plan, info, names), *_remembered(memory)),
            engine=info,
            backend=", ".join(names),
            model=settings.backend.model if models else "",
        )
        guards = guards_of(settings, plan)
        yield Tools(
            repo=repo,
            delta=delta,
            instructions=instructions(repo, delta, provider),
            memory=memory,
            bands=bands,
            plan=plan,
            engine=engine,
            snapshot=lambda plan, tree: _spec(
                settings, plan, workspace, tree, _untouchable(settings, repo.view(delta.tree))
            ),
            guards=guards,
            informed=informed_of(settings),
            backends=_backends(names, settings, repo, delta, guards, redactor.text, progress),
            account=lambda failing: Ledger(
                _state(settings, workspace), fingerprint(provider.branch, failing), journal.warn
            ),
            prices=known_prices(settings.budget.prices),
            models=models,
            deadline=_deadline(settings, provider, started),
            feedback=render_feedback,
            policy=_policy(settings),
            asking=_asking(settings, asked, person, progress),
            wanted=_wanted(settings),
            judge=judge_of(settings, redactor, progress),
            writer=_writer(settings, runs, progress),
            redactor=redactor,
            journal=journal,
            progress=progress,
            reports=Reports(
                workspace,
                settings.tests.junit,
                named=settings.sources["tests.junit"] == COMMAND_LINE,
                in_ci=provider.in_ci,
            ),
            roots=_roots(workspace, asked.env),
            started=started,
        )


def _roots(workspace: Path, env: Mapping[str, str]) -> tuple[str, ...]:
    """Folders at which the workspace may have been when a stack trace was written."""
    known = (os.fspath(workspace), env.get("CI_PROJECT_DIR"), env.get("WORKSPACE"), "/workspace")
    return tuple(dict.fromkeys(root for root in known if root))


def engine_name(settings: Settings) -> str:
    """The engine that is tried first."""
    return "docker" if settings.sandbox.engine == "auto" else settings.sandbox.engine


def _engine(
    engine: Engine,
    settings: Settings,
    own_code: bool,
    journal: Journal,
    progress: Progress,
) -> tuple[Engine, EngineInfo]:
    """The engine as chosen; where none was, and none isolates, the process engine for own code."""
    info = engine.describe()
    if not info.available and own_code and settings.sandbox.engine == "auto":
        why = f"{info.detail[:1].upper()}{info.detail[1:]}"
        journal.warn(f"{why}. So the tests run on this machine, without isolation.")
        engine = ENGINES["process"](progress)
        return engine, engine.describe()
    if not info.isolated:
        journal.warn("The process engine is no isolation: only for code that you trust.")
    return engine, info


def _backend_names(settings: Settings) -> tuple[str, ...]:
    chosen = settings.backend
    if chosen.name != AUTO:
        return chosen.name
    return ("responses",) if chosen.api_key else ("edits", "search")


def _without_isolation(
    names: tuple[str, ...], settings: Settings, info: EngineInfo
) -> tuple[str, ...]:
    """The backends that this engine may be used by; UsageError where a person named another.

    A wrong name in a call that removes files is one small edit away: without isolation a search
    over edits of a library with a pager once removed /usr/bin/cat.
    """
    if info.isolated or settings.edits.unisolated or "edits" not in names:
        return names
    if settings.backend.name != AUTO:
        raise UsageError(
            "`edits` runs thousands of versions of the code, changed at random, and the engine"
            f" {info.name} does not isolate: any of them may remove or overwrite files",
            hint="Use the docker engine; or set edits.unisolated=true on a machine that may be"
            " thrown away.",
        )
    return tuple(name for name in names if name != "edits")


def _backends(
    names: Sequence[str],
    settings: Settings,
    repo: Repository,
    delta: Delta,
    guards: GuardTable,
    redact: Callable[[str], str],
    progress: Progress,
) -> list[tuple[str, Callable[[Bench, Baseline], Backend]]]:
    """Each backend's name with what makes it; none is made before it is asked."""

    def made(name: str, bench: Bench, baseline: Baseline) -> Backend:
        scene = Scene(settings, repo, delta, guards, bench, baseline, redact, progress)
        return BACKENDS[name](scene)

    return [(name, functools.partial(made, name)) for name in names]


def _state(settings: Settings, workspace: Path) -> Path | None:
    return workspace / settings.budget.state if settings.budget.state else None


def _deadline(settings: Settings, provider: Provider, started: float) -> Deadline:
    """The earlier of the budget's minutes and the job's own end, with time left for the report."""
    minutes = settings.budget.minutes
    found = []
    if minutes:
        found.append(Deadline(started + minutes * 60, f"budget.minutes is {minutes:g}"))
    if provider.ends is not None:
        left = provider.ends - time.time() - RESERVE
        why = f"the CI job ends at its own timeout, and {RESERVE} s of it are for the report"
        found.append(Deadline(time.monotonic() + left, why))
    return min(found, key=lambda one: one.at or 0.0, default=Deadline())


def _writer(settings: Settings, runs: Runs, progress: Progress) -> Writer | None:
    """A model that words the analysis, only where the command line itself asks for one."""
    asked = settings.sources["backend.name"] == COMMAND_LINE and settings.backend.name != AUTO
    return writer_of(settings, progress) if runs is Runs.NOTHING and asked else None


def _plan(
    settings: Settings, workspace: Path, tree: Tree, runs: Runs, journal: Journal
) -> runners.Plan | None:
    if runs is Runs.NOTHING:
        return None
    plan = runners.plan_for(settings.tests, settings.sandbox, tree)
    outside = runners.left_behind(settings.sandbox.include, workspace, tree)
    for warning in filter(None, (plan.missing, "" if plan.setup else outside)):
        journal.warn(warning)
    return plan


def _untouchable(settings: Settings, tree: Tree) -> tuple[str, ...]:
    """The source of the tests: where no candidate may change it, no run may either."""
    if settings.guards.paths != "block":
        return ()
    return tuple(path for path in sorted(tree.paths()) if is_test_code(path))


def _spec(
    settings: Settings,
    plan: runners.Plan,
    workspace: Path,
    tree: Path,
    protected: tuple[str, ...],
) -> SnapshotSpec:
    runners.take_along(settings.sandbox.include, workspace, tree)
    return SnapshotSpec(
        tree=os.fspath(tree),
        image=plan.image or "",
        setup=plan.setup,
        setup_network=plan.setup_network,
        protected=protected,
        env=plan.env,
        limits=settings.limits,
    )


def _policy(settings: Settings) -> Policy:
    stored = _backend_names(settings) == ("replay",)
    budget = settings.budget
    return Policy(
        reruns=settings.tests.reruns,
        rounds=STORED_ROUNDS if stored else settings.backend.attempts,
        candidates=settings.backend.candidates,
        answers=ANSWERS + settings.backend.ask,
        tier=settings.backend.service_tier or "",
        jobs=settings.sandbox.jobs or len(os.sched_getaffinity(0)),
        run_timeout=settings.tests.timeout,
        context_tokens=settings.context.tokens,
        held_out=settings.context.held_out,
        limits=Limits(budget.money, budget.tokens, budget.rounds, budget.candidates),
        stored=stored,
        accepted_fails=settings.gate.accepted == "fail",
        refuse_revert=settings.gate.revert == "refuse",
    )


def _asking(settings: Settings, asked: Asked, person: Person, progress: Progress) -> Asking:
    chosen = settings.clarification
    origin = asked.answers[0] if asked.answers else settings.sources["clarification.answers"]
    given = {**chosen.answers, **answers_of(asked)}
    suggest = suggester_of(settings, progress)
    return Asking(chosen.policy, chosen.threshold, given, origin, person, suggest)


def _wanted(settings: Settings) -> Wanted:
    """The signals that the configuration asks for beside the runner's own report."""
    commands = {name: getattr(settings.checks, name) for name in ("lint", "types", "security")}
    return Wanted(
        circumstances=settings.trial.circumstances,
        watch=settings.trial.watch,
        probe=settings.trial.probe,
        checks={name: command for name, command in commands.items() if command},
        checks_timeout=settings.checks.timeout,
    )


def _guesses(
    provider: Provider,
    delta: Delta,
    settings: Settings,
    plan: runners.Plan | None,
    info: EngineInfo | None,
    backends: Sequence[str],
) -> tuple[Guess, ...]:
    found = [
        Guess("CI", provider.name, provider.source),
        Guess("commit", delta.head[:10] + (" and uncommitted work" if delta.uncommitted else ""),
              "HEAD"),
        Guess("base", (delta.base or "unknown")[:10], delta.source or delta.unknown),
    ]  # fmt: skip
    if plan is not None:
        found.append(Guess("tests", plan.command, plan.why))
    if info is not None:
        found.append(Guess("engine", info.name, info.detail))
        found.append(Guess("backend", ", ".join(backends), _why_backend(settings)))
    return tuple(found)


def _remembered(memory: Memory) -> tuple[Guess, ...]:
    count = len(memory.scenarios)
    return (Guess("scenarios", f"{count} known", memory.source),) if count else ()


def _why_backend(settings: Settings) -> str:
    if settings.backend.name != AUTO:
        return settings.sources["backend.name"]
    if settings.backend.api_key:
        return f"a key is set by {settings.sources['backend.api_key']}"
    return "no key is set, so no model is asked: parts of the change are taken back (search)"
