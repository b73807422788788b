"""Settings become objects here: the hand-written tables, and the only importer of adapters.

Adding a backend, an engine, a guard or a format is one file and one row below.
"""

from __future__ import annotations

import enum
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gatekeeper import runners
from gatekeeper.backends.prompt import render_feedback
from gatekeeper.backends.replay import ReplayBackend
from gatekeeper.backends.search import SearchBackend
from gatekeeper.domain import (
    Baseline,
    CaseId,
    Delta,
    Draft,
    EngineInfo,
    Evidence,
    Guess,
    Level,
    SnapshotSpec,
)
from gatekeeper.errors import UsageError
from gatekeeper.formats.analysis_json import AnalysisJson
from gatekeeper.formats.clarification_json import ClarificationJson
from gatekeeper.formats.context_txt import ContextText
from gatekeeper.formats.dotenv import Dotenv
from gatekeeper.formats.junit_xml import JUnitXml
from gatekeeper.formats.patch_diff import PatchDiff
from gatekeeper.formats.report_md import ReportMarkdown
from gatekeeper.formats.verdict_json import VerdictJson
from gatekeeper.gate import Gate, GuardTable, Informed
from gatekeeper.git import Hunk, Repository
from gatekeeper.guards.dead import no_dead_code
from gatekeeper.guards.dependencies import no_new_dependencies
from gatekeeper.guards.equality import honest_equality
from gatekeeper.guards.harness import no_harness_contact
from gatekeeper.guards.hidden import no_hidden_text
from gatekeeper.guards.literals import no_copied_answers
from gatekeeper.guards.modes import plain_files
from gatekeeper.guards.paths import protected_paths
from gatekeeper.guards.patience import no_waiting
from gatekeeper.guards.phantoms import known_symbols
from gatekeeper.guards.reported import reported_tests
from gatekeeper.guards.runner_config import runner_configuration
from gatekeeper.guards.secrets import no_secrets
from gatekeeper.guards.shadows import no_shadowing
from gatekeeper.guards.size import size_limits
from gatekeeper.guards.swallowed import no_swallowed_errors
from gatekeeper.guards.unchanged import changes_something
from gatekeeper.intake.places import is_test_code
from gatekeeper.intake.provider import Provider, detect
from gatekeeper.intake.reports import Reports
from gatekeeper.journal import Journal
from gatekeeper.ports import Backend, Engine, Format, Guard, Judge, Progress, Tree
from gatekeeper.redact import Redactor
from gatekeeper.settings import COMMAND_LINE, Settings
from gatekeeper.steps import Policy, Tools
from gatekeeper.trust import Asked, instructions, settings_and_delta
from gatekeeper.validation.bench import Bench
from gatekeeper.validation.doubts import Wanted
from gatekeeper.validation.trial import turns_green

STORED_ROUNDS = 1000
"""A replay ends with its last stored answer, however many rounds are allowed now."""


class Runs(enum.Enum):
    """Whose code a command runs."""

    NOTHING = "nothing"
    PROPOSED = "proposed"  # by the backend: a model's, or the project's own with `search`
    FOREIGN = "foreign"  # patches that anybody may have written


# --- the tables -------------------------------------------------------------------------

FORMATS: Sequence[Format] = (
    ContextText(),
    PatchDiff(),
    JUnitXml(),
    AnalysisJson(),
    ClarificationJson(),
    ReportMarkdown(),
    Dotenv(),
    VerdictJson(),  # last: whoever sees it finds the others complete
)

GUARDS: Mapping[str, Callable[[Settings], Guard]] = {
    "paths": lambda settings: protected_paths(settings.tests.protected),
    "runner_config": lambda _: runner_configuration(),
    "shadows": lambda _: no_shadowing(),
    "modes": lambda _: plain_files(),
    "hidden": lambda _: no_hidden_text(),
    "secrets": lambda _: no_secrets(),
    "dependencies": lambda _: no_new_dependencies(),
    "swallowed": lambda _: no_swallowed_errors(),
    "harness": lambda _: no_harness_contact(),
    "equality": lambda _: honest_equality(),
    "patience": lambda _: no_waiting(),
    "dead": lambda _: no_dead_code(),
    "size": lambda settings: size_limits(settings.guards.size_lines, settings.guards.size_files),
}

INFORMED: Mapping[str, Callable[[Settings, Evidence], Guard]] = {
    "paths": lambda _, evidence: reported_tests(evidence.inventory),
    "unchanged": lambda _, evidence: changes_something(fixes=bool(evidence.failing)),
    "literals": lambda _, evidence: no_copied_answers(evidence),
    "phantoms": lambda _, evidence: known_symbols(evidence),
}
"""Guards that need what runs of the unchanged commit say; one may share its name with another."""


def _docker(progress: Progress) -> Engine:
    from gatekeeper.engines.docker import DockerEngine

    return DockerEngine(say=progress.say)


def _process(progress: Progress) -> Engine:
    from gatekeeper.engines.process import ProcessEngine

    return ProcessEngine(say=progress.say)


ENGINES: Mapping[str, Callable[[Progress], Engine]] = {
    "docker": _docker,
    "process": _process,
}


@dataclass(frozen=True)
class Scene:
    """What a backend may be made of."""

    settings: Settings
    repo: Repository
    delta: Delta
    guards: GuardTable
    bench: Bench
    baseline: Baseline
    progress: Progress


def _responses(scene: Scene) -> Backend:
    from gatekeeper.backends.responses import ResponsesBackend

    chosen = scene.settings.backend
    return ResponsesBackend(
        api_key=chosen.api_key or "",
        model=chosen.model,
        base_url=chosen.base_url,
        timeout=chosen.timeout,
        deadline=chosen.deadline,
        reasoning=chosen.reasoning or "",
        max_output_tokens=chosen.max_output_tokens,
        say=scene.progress.say,
    )


def _search(scene: Scene) -> Backend:
    tree = scene.delta.tree

    def probe(some: Sequence[Hunk], also: Sequence[CaseId]) -> bool:
        reverted = scene.repo.revert_hunks(tree, some)
        if reverted is None:
            return False
        overlays = scene.repo.overlays(tree, reverted)
        return turns_green(scene.bench, overlays, scene.baseline, also)

    def render(some: Sequence[Hunk]) -> Draft:
        # A set that passed its probe has a tree; for another the draft is empty, and refused.
        return Draft(diff=scene.repo.diff(tree, scene.repo.revert_hunks(tree, some) or tree))

    return SearchBackend(_revertible(scene), probe, render, say=scene.progress.say)


def _revertible(scene: Scene) -> tuple[Hunk, ...]:
    """The hunks of the delta that the guards would let a candidate take back, file by file."""
    if scene.delta.base is None:
        return ()
    repo, tree = scene.repo, scene.delta.tree
    gate = Gate(repo, tree, scene.guards, lambda _: (), refuse_revert=False)
    by_path: dict[str, list[Hunk]] = {}
    for hunk in repo.hunks(repo.tree_of(scene.delta.base), tree):
        by_path.setdefault(hunk.path, []).append(hunk)
    allowed = []
    for path, hunks in by_path.items():
        reverted = repo.revert_hunks(tree, hunks)
        draft = Draft(diff=repo.diff(tree, reverted or tree), name=path)
        found = gate.screen(draft, path, 0).findings if reverted else ()
        barred = any(f.level is Level.BLOCK and f.guard != "size" for f in found)
        if reverted and not barred:
            allowed.extend(hunks)
    return tuple(allowed)


def _replay(scene: Scene) -> Backend:
    folder = scene.settings.backend.replay
    if not folder:
        raise UsageError(
            "the replay backend needs a folder of stored answers",
            hint="Use `gatekeeper replay DIR`, or set backend.replay.",
        )
    return ReplayBackend(Path(folder))


BACKENDS: Mapping[str, Callable[[Scene], Backend]] = {
    "responses": _responses,
    "search": _search,
    "replay": _replay,
}


# --- one invocation ---------------------------------------------------------------------


def redactor_for(asked: Asked) -> Redactor:
    """Knows the secrets of the environment and of the workspace's `.env`."""
    return Redactor(asked.env)


@contextmanager
def open_tools(
    asked: Asked,
    journal: Journal,
    progress: Progress,
    redactor: Redactor,
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
        plan = _plan(settings, workspace, repo.view(delta.tree), runs, journal)
        name = _backend_name(settings)
        own_code = runs is Runs.PROPOSED and name == "search" and not provider.in_ci
        engine = ENGINES["process" if runs is Runs.NOTHING else engine_name(settings)](progress)
        info = None
        if runs is not Runs.NOTHING:
            engine, info = _engine(engine, settings, own_code, journal, progress)
        journal.note(
            guesses=_guesses(provider, delta, settings, plan, info, name),
            engine=info,
            backend=name,
            model=settings.backend.model if name == "responses" else "",
        )
        guards = _guards(settings, plan)
        yield Tools(
            repo=repo,
            delta=delta,
            instructions=instructions(repo, delta, provider),
            plan=plan,
            engine=engine,
            snapshot=lambda plan, tree: _spec(
                settings, plan, workspace, tree, _untouchable(settings, repo.view(delta.tree))
            ),
            guards=guards,
            informed=_informed(settings),
            backend=lambda bench, baseline: BACKENDS[name](
                Scene(settings, repo, delta, guards, bench, baseline, progress)
            ),
            feedback=render_feedback,
            policy=_policy(settings),
            wanted=_wanted(settings),
            judge=_judge(settings, redactor, progress),
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


def _backend_name(settings: Settings) -> str:
    chosen = settings.backend
    if chosen.name != "auto":
        return chosen.name
    return "responses" if chosen.api_key else "search"


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


def _guards(settings: Settings, plan: runners.Plan | None) -> GuardTable:
    """The guards that are on; that of paths also knows what the test command names."""
    named = runners.named_files(plan.command) if plan else ()
    made = {name: make(settings) for name, make in GUARDS.items()}
    made["paths"] = protected_paths(settings.tests.protected, named)
    return _switched_on(settings, made)


def _informed(settings: Settings) -> Informed:
    """The guards that are on, once there is evidence."""
    return lambda evidence: _switched_on(
        settings, {name: make(settings, evidence) for name, make in INFORMED.items()}
    )


def _switched_on(settings: Settings, made: Mapping[str, Guard]) -> GuardTable:
    most = {"block": None, "warn": Level.WARN}
    levels = {name: getattr(settings.guards, name) for name in made}
    return [(name, most[levels[name]], made[name]) for name in made if levels[name] in most]


def _policy(settings: Settings) -> Policy:
    return Policy(
        reruns=settings.tests.reruns,
        rounds=STORED_ROUNDS if _backend_name(settings) == "replay" else settings.backend.attempts,
        candidates=settings.backend.candidates,
        jobs=settings.sandbox.jobs or len(os.sched_getaffinity(0)),
        run_timeout=settings.tests.timeout,
        context_tokens=settings.context.tokens,
        held_out=settings.context.held_out,
        budget_tokens=settings.budget.tokens,
        budget_seconds=settings.budget.minutes * 60,
        accepted_fails=settings.gate.accepted == "fail",
        refuse_revert=settings.gate.revert == "refuse",
    )


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


def _judge(settings: Settings, redactor: Redactor, progress: Progress) -> Judge | None:
    """Another model's doubt, where one is configured."""
    chosen = settings.judge
    if not chosen.model:
        return None
    from gatekeeper.backends.judge import ModelJudge

    return ModelJudge(
        api_key=chosen.api_key or "",
        model=chosen.model,
        base_url=chosen.base_url,
        timeout=chosen.timeout,
        level=Level(chosen.level),
        redact=redactor.text,
        say=progress.say,
    )


def _guesses(
    provider: Provider,
    delta: Delta,
    settings: Settings,
    plan: runners.Plan | None,
    info: EngineInfo | None,
    backend: str,
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
        found.append(Guess("backend", backend, _why_backend(settings)))
    return tuple(found)


def _why_backend(settings: Settings) -> str:
    if settings.backend.name != "auto":
        return settings.sources["backend.name"]
    if settings.backend.api_key:
        return f"a key is set by {settings.sources['backend.api_key']}"
    return "no key is set, so no model is asked: parts of the change are taken back (search)"
