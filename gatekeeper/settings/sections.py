"""The sections of the settings: each key's default, shape and meaning, once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatekeeper.settings.kinds import (
    BOOLEAN,
    DURATION,
    ITEMS,
    OPTIONAL_TEXT,
    PAIRS,
    SIZE,
    TEXT,
    Kind,
    choice,
    in_order,
    integer,
    number,
    several,
)

RUNNERS = (
    "pytest",
    "unittest",
    "node",
    "jest",
    "vitest",
    "mocha",
    "maven",
    "gradle",
    "go",
    "cargo",
    "phpunit",
    "rspec",
)
"""Names for `tests.runner`; `gatekeeper.runners` has one file for each, which a test compares."""

CIRCUMSTANCES = ("environment", "folder", "order", "seed")
"""What `trial.circumstances` may name; `validation.elsewhere` changes each of them."""

DEFAULT_MODEL = "gpt-6.1-sol"
"""Mid price, strong at code, in the SDK's list and in Codex's catalogue (November 2026)."""

_LEVEL = choice("block", "warn", "off")


def _setting(default: Any, kind: Kind, meaning: str, *, secret: bool = False) -> Any:
    metadata = {"kind": kind, "meaning": meaning, "secret": secret}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=dict, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True)
class SuiteSection:
    """`tests`: how the project's tests are run and which files they are."""

    command: str | None = _setting(
        None, OPTIONAL_TEXT, "Command that runs the whole suite; `{junit}` is the report's path"
    )
    select: str | None = _setting(
        None, OPTIONAL_TEXT, "Command that runs only the failing cases, put in for `{cases}`"
    )
    junit: tuple[str, ...] = _setting((), ITEMS, "Globs of the JUnit reports")
    timeout: float = _setting(600.0, DURATION, "Longest time for one run of the tests")
    reruns: int = _setting(
        2, integer(1, 20), "How often the failing cases are run on the unchanged commit"
    )
    protected: tuple[str, ...] = _setting(
        (), ITEMS, "Globs of further files that a candidate must not touch"
    )
    runner: str = _setting("auto", choice("auto", *RUNNERS), "Test framework")


@dataclass(frozen=True, slots=True)
class DeltaSection:
    """`delta`: what the change under test is compared with."""

    base: str | None = _setting(
        None, OPTIONAL_TEXT, "Commit or branch to compare with; found by itself if not set"
    )
    fetch: bool = _setting(
        True, BOOLEAN, "Whether the base may be fetched once where the clone is shallow"
    )


@dataclass(frozen=True, slots=True)
class SandboxSection:
    """`sandbox`: where candidates are tried, and within which limits."""

    engine: str = _setting("auto", choice("auto", "docker", "process"), "What makes the sandboxes")
    image: str | None = _setting(
        None, OPTIONAL_TEXT, "Image with the project's tools and dependencies"
    )
    setup: tuple[str, ...] = _setting(
        (), ITEMS, "Shell commands that prepare the sandbox once, before any run"
    )
    network: str = _setting(
        "none", choice("none", "setup"), "Whether the set-up commands may use the network"
    )
    memory: int = _setting(2 * 1024**3, SIZE, "Memory of one sandbox")
    cpus: float = _setting(1.0, number(0.1, 1024), "Processors of one sandbox")
    pids: int = _setting(512, integer(16, 1_000_000), "Processes of one sandbox")
    disk: int = _setting(2 * 1024**3, SIZE, "What one run may write")
    output: int = _setting(32 * 1024**2, SIZE, "What one run may print")
    include: tuple[str, ...] = _setting(
        (), ITEMS, "Globs of ignored files to take along, such as `node_modules/**/*`"
    )
    jobs: int = _setting(0, integer(0, 256), "Sandboxes at a time; 0 is one for each core")
    env: Mapping[str, str] = _setting({}, PAIRS, "Environment variables of the sandboxes")


@dataclass(frozen=True, slots=True)
class BackendSection:
    """`backend`: who proposes candidates."""

    name: tuple[str, ...] = _setting(
        ("auto",),
        in_order("auto", "responses", "codex", "search", "edits", "replay", alone="auto"),
        "Who proposes, or several one after the other, as in `edits, responses`;"
        " `auto` is `responses` with a key, else `edits` (not without isolation) and `search`",
    )
    model: str = _setting(DEFAULT_MODEL, TEXT, "Model that is asked")
    base_url: str | None = _setting(
        None, OPTIONAL_TEXT, "Address of a server that speaks the Responses API"
    )
    api_key: str | None = _setting(
        None, OPTIONAL_TEXT, "Key of that server; from the environment only", secret=True
    )
    timeout: float = _setting(120.0, DURATION, "Longest time for one request")
    deadline: float = _setting(600.0, DURATION, "Longest time for one round, retries included")
    attempts: int = _setting(3, integer(1, 50), "Rounds, each told why the one before failed")
    candidates: int = _setting(1, integer(1, 16), "Candidates wanted in one round")
    reasoning: str | None = _setting(
        None, OPTIONAL_TEXT, "Reasoning effort, such as `low` or `high`; else the model's own"
    )
    max_output_tokens: int = _setting(
        0, integer(0), "Most tokens of one answer; 0 is no limit of ours"
    )
    format: str = _setting(
        "auto",
        choice("auto", "schema", "text"),
        "Form of an answer: structured output, or plain text; `auto` is the first, until the"
        " server says that it lacks it",
    )
    ask: bool = _setting(
        False, BOOLEAN, "Whether the cause and a plan are asked for first, in a request of its own"
    )
    verbosity: str | None = _setting(
        None, OPTIONAL_TEXT, "Verbosity of an answer, such as `low`; else the model's own"
    )
    service_tier: str | None = _setting(
        None, OPTIONAL_TEXT, "Service tier that is asked for and billed, such as `flex`"
    )
    cache_key: bool = _setting(
        True, BOOLEAN, "Whether the server is told, by a hash, which requests begin alike"
    )
    store: bool = _setting(
        False,
        BOOLEAN,
        "Whether the server may store what is said, so that only what is new is sent",
    )
    ca_file: str | None = _setting(
        None, OPTIONAL_TEXT, "File of certificates (PEM) to trust beside those of the machine"
    )
    replay: str | None = _setting(
        None, OPTIONAL_TEXT, "Folder of stored answers for the `replay` backend"
    )


@dataclass(frozen=True, slots=True)
class EditsSection:
    """`edits`: how long the backend `edits` looks for small edits of Python code."""

    seconds: float = _setting(
        60.0, DURATION, "Longest time of the search for edits, its own runs of the tests included"
    )
    tries: int = _setting(20_000, integer(1, 100_000), "Most edits that are tried")
    order: str = _setting(
        "ranked",
        choice("ranked", "random"),
        "Likeliest edits first, or as `edits.seed` shuffles them: what the ranking is measured by",
    )
    seed: int = _setting(0, integer(0), "Seed of that order")
    unisolated: bool = _setting(
        False,
        BOOLEAN,
        "Whether code that is changed at random may run without isolation: it can remove files",
    )


@dataclass(frozen=True, slots=True)
class ContextSection:
    """`context`: what a backend is told."""

    tokens: int = _setting(8000, integer(500, 1_000_000), "Most tokens of context.txt, estimated")
    held_out: float = _setting(
        0.25, number(0, 0.5), "Share of failing tests that are alike to keep from the backend"
    )


@dataclass(frozen=True, slots=True)
class BudgetSection:
    """`budget`: what one invocation may spend; with `state`, all runs of one failure together."""

    money: float = _setting(
        0.0, number(0, 1_000_000), "Most US dollars of all requests; 0 is no limit"
    )
    tokens: int = _setting(0, integer(0), "Most tokens of all requests; 0 is no limit")
    minutes: float = _setting(
        0.0, number(0, 100_000), "Most minutes of one run; 0 is no limit but the job's own"
    )
    rounds: int = _setting(0, integer(0), "Most rounds of all backends; 0 is no limit")
    candidates: int = _setting(0, integer(0), "Most candidates of all rounds; 0 is no limit")
    state: str | None = _setting(
        None,
        OPTIONAL_TEXT,
        "File in a CI cache that makes the budget hold over all runs of one failure on a branch",
    )
    prices: Mapping[str, str] = _setting(
        {}, PAIRS, "Own prices: a model and its `INPUT/CACHED/OUTPUT` in USD per million tokens"
    )


@dataclass(frozen=True, slots=True)
class GuardsSection:
    """`guards`: what each guard does with what it sees."""

    paths: str = _setting("block", _LEVEL, "Tests, CI files, hooks, gatekeeper's own files")
    runner_config: str = _setting("block", _LEVEL, "What tells the test runner how to run")
    shadows: str = _setting("block", _LEVEL, "Names that shadow the runner or run at start-up")
    modes: str = _setting("block", _LEVEL, "Links, modes, submodules, binaries, odd names")
    hidden: str = _setting("block", _LEVEL, "Characters that hide or reorder what a person reads")
    secrets: str = _setting("block", _LEVEL, "Credentials in added lines")
    dependencies: str = _setting(
        "block", _LEVEL, "Manifests, lock files, images and versions of tools"
    )
    swallowed: str = _setting("block", _LEVEL, "New handlers that make errors disappear")
    harness: str = _setting("block", _LEVEL, "Product code that looks at or reaches its tests")
    equality: str = _setting("block", _LEVEL, "Comparisons that do not compare")
    patience: str = _setting("block", _LEVEL, "New sleeps, retries and longer limits")
    unchanged: str = _setting("block", _LEVEL, "Candidates that change nothing that runs")
    literals: str = _setting("block", _LEVEL, "Inputs and answers copied from the failing tests")
    phantoms: str = _setting("block", _LEVEL, "Imports, names and arguments that do not exist")
    dead: str = _setting("warn", _LEVEL, "New code that never runs or is never used")
    surroundings: str = _setting(
        "block", _LEVEL, "Product code that newly asks where or when it runs"
    )
    size: str = _setting("block", _LEVEL, "Candidates larger than the two limits below")
    size_lines: int = _setting(200, integer(1), "Most lines added and removed")
    size_files: int = _setting(10, integer(1), "Most files changed")


@dataclass(frozen=True, slots=True)
class GateSection:
    """`gate`: what an accepted candidate means for the pipeline."""

    accepted: str = _setting(
        "pass", choice("pass", "fail"), "Exit 0, or 10 to keep the job red until a person merges"
    )
    revert: str = _setting(
        "accept",
        choice("accept", "refuse"),
        "Whether a candidate may take the author's change back",
    )


@dataclass(frozen=True, slots=True)
class TrialSection:
    """`trial`: what a candidate must hold beside the usual runs."""

    circumstances: tuple[str, ...] = _setting(
        CIRCUMSTANCES,
        several(*CIRCUMSTANCES),
        "What is changed when the failing cases are run again; `[]` for nothing",
    )
    watch: bool = _setting(
        True, BOOLEAN, "Whether what happens inside the test runner is recorded, for pytest"
    )
    probe: bool = _setting(
        True, BOOLEAN, "Whether tests that the gate made, and which must fail, are run as well"
    )


@dataclass(frozen=True, slots=True)
class ChecksSection:
    """`checks`: the project's own checks; what they find anew counts against a candidate."""

    lint: str | None = _setting(None, OPTIONAL_TEXT, "Command of the linter")
    types: str | None = _setting(None, OPTIONAL_TEXT, "Command of the type checker")
    security: str | None = _setting(None, OPTIONAL_TEXT, "Command of the security scanner")
    timeout: float = _setting(300.0, DURATION, "Longest time for one run of one check")


@dataclass(frozen=True, slots=True)
class JudgeSection:
    """`judge`: another model that may doubt a candidate, and never accepts one."""

    model: str | None = _setting(
        None, OPTIONAL_TEXT, "Model that is asked, best of another family; no judge if not set"
    )
    base_url: str | None = _setting(
        None, OPTIONAL_TEXT, "Address of its server, which speaks the Responses API"
    )
    api_key: str | None = _setting(
        None, OPTIONAL_TEXT, "Key of that server; from the environment only", secret=True
    )
    timeout: float = _setting(120.0, DURATION, "Longest time for its answer, retries included")
    level: str = _setting(
        "warn", choice("block", "warn"), "Whether its doubt rejects, or only adds to the risk"
    )


@dataclass(frozen=True, slots=True)
class ClarificationSection:
    """`clarification`: whether a person is asked before anything is spent, and how."""

    policy: str = _setting(
        "fail",
        choice("fail", "interactive", "off"),
        "With open questions: end with exit 3, ask on the terminal, or go on without",
    )
    threshold: float = _setting(
        0.5, number(0, 1), "Confidence of the diagnosis below which a person is asked"
    )
    options: str = _setting(
        "heuristic",
        choice("heuristic", "backend"),
        "Who words the options: rules, or the model of `backend.model`, by the same effects",
    )
    answers: Mapping[str, str] = _setting(
        {}, PAIRS, "Answers by the id of the question; `--answers FILE` reads them from a file"
    )


@dataclass(frozen=True, slots=True)
class ScenariosSection:
    """`scenarios`: the reviewed memory of known failures."""

    folder: str = _setting("scenarios", TEXT, "Folder of the scenarios, one YAML file each")
    high: float = _setting(
        0.8, number(0, 1), "Score from which on a known failure is attached to the context"
    )
    medium: float = _setting(
        0.5, number(0, 1), "Score from which on it is attached as a candidate, with a warning"
    )
