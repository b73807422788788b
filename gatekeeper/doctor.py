"""What is there, what is missing, and how to get it: judged from facts that others gathered."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatekeeper.domain import Delta, EngineInfo
from gatekeeper.errors import GatekeeperError
from gatekeeper.runners import Plan
from gatekeeper.settings import Settings

OLDEST_GIT = (2, 31)
"""The first git that takes configuration from GIT_CONFIG_COUNT."""


class Health(enum.StrEnum):
    """How one check ended."""

    OK = "ok"
    WARN = "warn"  # it works, but not as one may expect
    MISSING = "missing"  # `gatekeeper run` cannot work


@dataclass(frozen=True, slots=True)
class Check:
    """One line for a person; `hint` is what to do where it is not ok."""

    name: str
    health: Health
    detail: str
    hint: str = ""


CODEX = (0, 169)
"""The version of the Codex CLI that the tests run."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found. An error stands where something could not be had, with its own hint.

    `git` is what `git --version` prints, "" where there is none. `image_there` is None where
    nobody could ask. `reports` are the files that tests.junit matches now, `also` the names
    of the further frameworks that the tree shows. `by_layout` and `by_grammar` are the endings of
    its source files of other languages than Python, by what finds the definitions in them.
    """

    settings: Settings
    git: str
    delta: Delta | GatekeeperError
    plan: Plan | GatekeeperError
    engine: EngineInfo
    image_there: bool | None = None
    reports: Sequence[str] = ()
    also: Sequence[str] = ()
    by_layout: Sequence[str] = ()
    by_grammar: Sequence[str] = ()
    codex: str = ""  # what `codex --version` prints, "" where there is none


def checks(facts: Facts) -> tuple[Check, ...]:
    """Every check, in the order in which `run` would meet the problem."""
    return tuple(
        check
        for part in (_git, _workspace, _sources, _tests, _reports, _engine, _image, _backend)
        for check in part(facts)
    )


def _git(facts: Facts) -> Iterator[Check]:
    found = re.search(r"(\d+)\.(\d+)[\w.]*", facts.git)
    if found is None:
        hint = "Install it: apt-get install git."
        yield Check("git", Health.MISSING, "not found on PATH", hint)
    elif (int(found[1]), int(found[2])) < OLDEST_GIT:
        oldest = ".".join(map(str, OLDEST_GIT))
        yield Check("git", Health.MISSING, found[0], f"Install git {oldest} or newer.")
    else:
        yield Check("git", Health.OK, found[0])


def _workspace(facts: Facts) -> Iterator[Check]:
    delta = facts.delta
    if isinstance(delta, GatekeeperError):
        yield Check("workspace", Health.MISSING, delta.message, delta.hint)
        return
    dirty = " with uncommitted work" if delta.uncommitted else ""
    yield Check("workspace", Health.OK, f"commit {delta.head[:10]}{dirty}")
    if delta.base:
        detail = f"{delta.base[:10]} ({delta.source}), {len(delta.files)} files changed"
        yield Check("base", Health.OK, detail)
    else:
        hint = "Name it by --base, or fetch more history (GIT_DEPTH: 0)."
        yield Check("base", Health.WARN, delta.unknown or "not found", hint)


def _sources(facts: Facts) -> Iterator[Check]:
    """Both ways find as much (benchmarks/README.md), so neither is a fault."""
    if facts.by_layout:
        how = "by indentation and brackets; pip install 'gatekeeper-ci[tree-sitter]' reads grammar"
        yield Check("sources", Health.OK, f"{', '.join(facts.by_layout)} {how}")
    elif facts.by_grammar:
        yield Check("sources", Health.OK, f"{', '.join(facts.by_grammar)} by tree-sitter")


def _tests(facts: Facts) -> Iterator[Check]:
    plan = facts.plan
    if isinstance(plan, GatekeeperError):
        yield Check("tests", Health.MISSING, plan.message, plan.hint)
        return
    yield Check("tests", Health.OK, f"{plan.runner}: `{plan.command}` ({plan.why})")
    others = [name for name in facts.also if name != plan.runner]
    if others and facts.settings.tests.command is None and facts.settings.tests.runner == "auto":
        detail = f"the project also looks like {', '.join(others)}"
        hint = f"If {plan.runner} is wrong, set tests.runner or tests.command."
        yield Check("tests", Health.WARN, detail, hint)
    if plan.missing:
        yield Check("report", Health.WARN, "the tests may write no JUnit", f"{plan.missing}.")


def _reports(facts: Facts) -> Iterator[Check]:
    globs = facts.settings.tests.junit
    if facts.reports:
        detail = f"{len(facts.reports)} found, such as {facts.reports[0]}"
        yield Check("JUnit", Health.OK, detail)
        return
    detail = f"nothing matches {', '.join(globs)}" if globs else "no report in the workspace"
    hint = "Run the tests first, so that they fail; or set tests.junit (--junit)."
    yield Check("JUnit", Health.WARN, detail, hint)


def _engine(facts: Facts) -> Iterator[Check]:
    engine = facts.engine
    if not engine.available:
        yield Check("engine", Health.MISSING, f"{engine.name}: {engine.detail}", engine.hint)
    elif not engine.isolated:
        detail = f"{engine.name}: {engine.detail}; it isolates nothing"
        yield Check("engine", Health.WARN, detail, "Use it for code that you trust, or Docker.")
    else:
        yield Check("engine", Health.OK, f"{engine.name}: {engine.detail}")


def _image(facts: Facts) -> Iterator[Check]:
    plan = facts.plan
    if isinstance(plan, GatekeeperError) or not facts.engine.isolated:
        return
    if not plan.image:
        hint = "Set sandbox.image (--image) to one with the project's tools and dependencies."
        yield Check("image", Health.MISSING, "none is set, and none can be guessed", hint)
    elif facts.image_there is False:
        detail = f"{plan.image} is not on the engine"
        hint = f"It is pulled when it is needed; or do: docker pull {plan.image}"
        yield Check("image", Health.WARN, detail, hint)
    else:
        guessed = "" if facts.settings.sandbox.image else f", guessed from {plan.runner}"
        yield Check("image", Health.OK, f"{plan.image}{guessed}")


def _backend(facts: Facts) -> Iterator[Check]:
    backend, sources = facts.settings.backend, facts.settings.sources
    wanted = backend.name
    if set(wanted) <= {"search", "edits", "replay"}:
        names = ", ".join(wanted)
        yield Check("backend", Health.OK, f"{names} ({sources['backend.name']}), no model")
        return
    hint = "Set OPENAI_API_KEY in the environment; `--backend search` needs none."
    if backend.api_key:
        yield Check("key", Health.OK, f"set by {sources['backend.api_key']}, not shown")
    elif {"responses", "codex"} & set(wanted):
        yield Check("key", Health.MISSING, "not set", hint)
        return
    else:
        yield Check(
            "key", Health.WARN, "not set, so `edits` and `search` propose, and no model", hint
        )
        return
    if "codex" in wanted:
        yield _cli(facts.codex)
    server = f" at {_address(backend.base_url)}" if backend.base_url else ""
    source = sources["backend.model"]
    where = "the default; set backend.model for another" if source == "default" else source
    yield Check("model", Health.OK, f"{backend.model}{server} ({where})")


def _cli(version: str) -> Check:
    """The CLI, and whether it is as new as the one whose configuration is written here."""
    known = re.search(r"(\d+)\.(\d+)", version)
    if known is None:
        hint = "npm install --global @openai/codex; or take --backend responses."
        return Check("codex", Health.MISSING, "no `codex` on the PATH", hint)
    if (int(known[1]), int(known[2])) < CODEX:
        hint = f"npm install --global @openai/codex@{CODEX[0]}.{CODEX[1]}.0"
        return Check("codex", Health.WARN, f"{version} is older than what is tested", hint)
    return Check("codex", Health.OK, version)


def _address(url: str) -> str:
    """The address without a name and password that may be in it."""
    return re.sub(r"//[^/@]*@", "//", url)
