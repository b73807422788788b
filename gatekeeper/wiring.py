"""Settings become objects here: the hand-written tables, and the only importer of adapters.

Adding a backend, an engine, a guard or a format is one file and one row below.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatekeeper import runners
from gatekeeper.backends.edits import EditsBackend
from gatekeeper.backends.replay import ReplayBackend
from gatekeeper.backends.search import SearchBackend
from gatekeeper.candidates import Refusal, realise
from gatekeeper.domain import (
    Baseline,
    CaseId,
    Delta,
    Draft,
    Evidence,
    Level,
)
from gatekeeper.errors import UsageError
from gatekeeper.formats.analysis_json import AnalysisJson
from gatekeeper.formats.answers_yml import AnswersYml
from gatekeeper.formats.clarification_json import ClarificationJson
from gatekeeper.formats.context_txt import ContextText
from gatekeeper.formats.dialog_json import DialogJson
from gatekeeper.formats.dotenv import Dotenv
from gatekeeper.formats.junit_xml import JUnitXml
from gatekeeper.formats.patch_diff import PatchDiff
from gatekeeper.formats.report_md import ReportMarkdown
from gatekeeper.formats.scenario_json import ScenarioJson
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
from gatekeeper.guards.surroundings import no_new_surroundings
from gatekeeper.guards.swallowed import no_swallowed_errors
from gatekeeper.guards.unchanged import changes_something
from gatekeeper.intake.places import is_test, is_vendored
from gatekeeper.ports import Backend, Engine, Format, Guard, Judge, Progress, Suggester, Writer
from gatekeeper.redact import Redactor
from gatekeeper.repair.search import Search
from gatekeeper.repair.source import Variant
from gatekeeper.runners.watch import unwatchable
from gatekeeper.scenarios import DEMO_FOLDER
from gatekeeper.settings import Settings
from gatekeeper.validation.bench import Bench, as_results
from gatekeeper.validation.trial import turns_green

# --- the tables -------------------------------------------------------------------------

FORMATS: Sequence[Format] = (
    ContextText(),
    PatchDiff(),
    JUnitXml(),
    AnalysisJson(),
    ClarificationJson(),
    DialogJson(),
    AnswersYml(),
    ScenarioJson(),
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
    "surroundings": lambda _: no_new_surroundings(),
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
    redact: Callable[[str], str]
    progress: Progress


def _responses(scene: Scene) -> Backend:
    from gatekeeper.backends.responses import ResponsesBackend

    return ResponsesBackend(**_asked(scene))


def _codex(scene: Scene) -> Backend:
    from gatekeeper.backends.codex import CodexBackend

    return CodexBackend(**_asked(scene), search_path=os.environ.get("PATH", os.defpath))


def _asked(scene: Scene) -> dict[str, Any]:
    """How a model is asked, by either way."""
    chosen = scene.settings.backend
    failing = "\n".join(sorted(map(str, scene.baseline.fail_to_pass)))
    key = hashlib.sha256(f"{chosen.model}\n{failing}".encode(errors="replace")).hexdigest()[:32]
    return {
        "api_key": chosen.api_key or "",
        "model": chosen.model,
        "base_url": chosen.base_url,
        "timeout": chosen.timeout,
        "deadline": chosen.deadline,
        "reasoning": chosen.reasoning or "",
        "max_output_tokens": chosen.max_output_tokens,
        "form": chosen.format,
        "verbosity": chosen.verbosity or "",
        "service_tier": chosen.service_tier or "",
        "cache_key": f"gatekeeper-{key}" if chosen.cache_key else "",
        "store": chosen.store,
        "ask": chosen.ask,
        "ca_file": chosen.ca_file or "",
        "check": functools.partial(_misfit, scene),
        "say": scene.progress.say,
    }


def _misfit(scene: Scene, draft: Draft) -> str:
    """Why a draft cannot be made in the tree, for its author; "" where it can."""
    made = realise(draft, scene.repo, scene.delta.tree, "check")
    return scene.redact("; ".join(made.reasons)) if isinstance(made, Refusal) else ""


def _edits(scene: Scene) -> Backend:
    tree, known = scene.delta.tree, scene.baseline.runs

    def render(variant: Variant) -> bytes:
        content = scene.repo.read(tree, variant.path) or b""
        new = content[: variant.start] + variant.text.encode() + content[variant.end :]
        return scene.repo.diff(tree, scene.repo.write_tree_with(tree, {variant.path: new}))

    if unwatchable(scene.bench.plan) or not known:
        return EditsBackend(None, render, scene.progress.say)
    chosen = scene.settings.edits
    failing = as_results(scene.baseline.fail_to_pass, known[0].report)
    jobs = scene.settings.sandbox.jobs or len(os.sched_getaffinity(0))
    # Without an image sandboxes run in turn, in one folder: there one of them uses all the cores.
    in_turn = not scene.bench.snapshot.digest
    search = Search(
        scene.bench,
        failing if scene.baseline.selected else (),
        lambda path: not is_test(path) and not is_vendored(path),
        _changed_lines(scene),
        seconds=chosen.seconds,
        tries=chosen.tries,
        seed=chosen.seed,
        order=chosen.order,
        sandboxes=1 if in_turn else jobs,
        workers=jobs if in_turn else 1,
        past=lambda path: scene.repo.past(path, _RECENT),
        say=scene.progress.say,
    )
    return EditsBackend(search, render, scene.progress.say)


_RECENT = 10
"""Commits of a file that are recent."""

_CHANGED = 3.0
"""By what a line of the change under test is more suspicious than another."""


def _changed_lines(scene: Scene) -> dict[tuple[str, int], float]:
    if scene.delta.base is None:
        return {}
    hunks = scene.repo.hunks(scene.repo.tree_of(scene.delta.base), scene.delta.tree)
    return {
        (hunk.path, line): _CHANGED
        for hunk in hunks
        for line in range(hunk.new_start, hunk.new_start + max(1, hunk.new_count))
    }


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
    "codex": _codex,
    "search": _search,
    "edits": _edits,
    "replay": _replay,
}

ASK_A_MODEL = frozenset({"responses", "codex"})
"""Backends that spend tokens; the budget of money and tokens is for them."""


# --- what is switched on ---------------------------------------------------------------


def guards_of(settings: Settings, plan: runners.Plan | None) -> GuardTable:
    """The guards that are on; that of paths also knows what the test command names."""
    named = runners.named_files(plan.command) if plan else ()
    made = {name: make(settings) for name, make in GUARDS.items()}
    remembered = (f"/{settings.scenarios.folder}/", f"/{DEMO_FOLDER}/*.json")
    made["paths"] = protected_paths((*settings.tests.protected, *remembered), named)
    return _switched_on(settings, made)


def informed_of(settings: Settings) -> Informed:
    """The guards that are on, once there is evidence."""
    return lambda evidence: _switched_on(
        settings, {name: make(settings, evidence) for name, make in INFORMED.items()}
    )


def _switched_on(settings: Settings, made: Mapping[str, Guard]) -> GuardTable:
    most = {"block": None, "warn": Level.WARN}
    levels = {name: getattr(settings.guards, name) for name in made}
    return [(name, most[levels[name]], made[name]) for name in made if levels[name] in most]


def judge_of(settings: Settings, redactor: Redactor, progress: Progress) -> Judge | None:
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
        ca_file=settings.backend.ca_file or "",
        level=Level(chosen.level),
        redact=redactor.text,
        say=progress.say,
    )


def suggester_of(settings: Settings, progress: Progress) -> Suggester | None:
    """The model that words the options of questions, where the configuration wants one."""
    chosen = settings.backend
    if settings.clarification.options != "backend":
        return None
    from gatekeeper.backends.options import ModelOptions

    return ModelOptions(
        api_key=chosen.api_key or "",
        model=chosen.model,
        base_url=chosen.base_url,
        timeout=chosen.timeout,
        ca_file=settings.backend.ca_file or "",
        store=chosen.store,
        say=progress.say,
    )


def writer_of(settings: Settings, progress: Progress) -> Writer:
    """The model that puts a diagnosis into words."""
    from gatekeeper.backends.prose import ModelProse

    chosen = settings.backend
    if chosen.name != ("responses",):
        raise UsageError(
            f"the backend {', '.join(chosen.name)} writes no analysis",
            hint="Use --backend responses, or none for the analysis by rules.",
        )
    return ModelProse(
        api_key=chosen.api_key or "",
        model=chosen.model,
        base_url=chosen.base_url,
        timeout=chosen.timeout,
        ca_file=settings.backend.ca_file or "",
        say=progress.say,
    )
