"""What is read from where: configuration, AGENTS.md and scenarios steer the gate: must be trusted.

In CI all of them come from the merge base, never from the change under test (DESIGN section 2), and
`.env` is not read at all: it could point the model's address, and with it the key, elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatekeeper.domain import Delta
from gatekeeper.errors import UsageError
from gatekeeper.git import Repository
from gatekeeper.intake.delta import find_delta
from gatekeeper.intake.junit import find_reports
from gatekeeper.intake.provider import Provider
from gatekeeper.scenarios import DEMO_FOLDER, Memory, is_scenario_file
from gatekeeper.scenarios import load as load_scenarios
from gatekeeper.settings import Settings, load, plain_entries

CONFIG = ".gatekeeper.yml"
INSTRUCTIONS = "AGENTS.md"


@dataclass(frozen=True)
class Asked:
    """What the command line says. `flags` maps `section.key` to text; paths as they were given."""

    workspace: Path
    out: Path
    config: Path | None
    flags: Mapping[str, str]
    env: Mapping[str, str]
    answers: tuple[str, bytes] | None = None  # name and content of the file of `--answers`


def answers_of(asked: Asked) -> dict[str, str]:
    """The answers of the file, by the id of their question. UsageError where it is not such one."""
    if asked.answers is None:
        return {}
    found = {}
    for entry in plain_entries(*asked.answers):
        if not isinstance(entry.value, str):
            raise UsageError(
                f"{entry.where}: the answer to `{entry.name}` is empty or no plain text",
                hint="Write the id of the question with its answer, such as `cause: fix`.",
            )
        found[entry.name] = _joined(entry.value)
    if not found:
        raise UsageError(
            f"{asked.answers[0]}: holds no answer",
            hint="Write the id of each question with its answer, such as `cause: fix`.",
        )
    return found


def _joined(text: str) -> str:
    """JSON writes an emoji as two halves, which YAML leaves apart."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def settings_and_delta(
    asked: Asked, repo: Repository, provider: Provider, warn: Callable[[str], None]
) -> tuple[Settings, Delta]:
    """The settings, and the delta, which says in CI where their file may be read from."""
    dotenv = None if provider.in_ci else read_optional(asked.workspace / ".env")
    early = load(file=None, env=asked.env, flags=asked.flags, dotenv=dotenv)
    delta = _delta(asked, repo, early, provider)
    file = _config(asked, repo, delta, provider, warn)
    settings = load(file=file, env=asked.env, flags=asked.flags, dotenv=dotenv)
    if settings.delta != early.delta:
        delta = _delta(asked, repo, settings, provider)
    for note in delta.notes:
        warn(note)
    if delta.unknown:
        warn(f"What changed is unknown: {delta.unknown}")
    return settings, delta


def _config(
    asked: Asked, repo: Repository, delta: Delta, provider: Provider, warn: Callable[[str], None]
) -> tuple[str, bytes] | None:
    """The configuration file: as named, or the workspace's; in CI that of the merge base."""
    if asked.config is not None:
        content = read_optional(asked.config)
        if content is None:
            raise UsageError(f"cannot read {asked.config}", hint="Check --config.")
        return str(asked.config), content
    if not provider.in_ci:
        content = read_optional(asked.workspace / CONFIG)
        return (CONFIG, content) if content is not None else None
    under_test = repo.read(delta.tree, CONFIG)
    if delta.base is None:
        if under_test is not None:
            warn(f"{CONFIG} is not used: the merge base, where it is trusted, is unknown")
        return None
    content = repo.read(repo.tree_of(delta.base), CONFIG)
    if content != under_test:
        warn(
            f"{CONFIG} differs in the change under test; the one of the merge base is used "
            "(--config names another)"
        )
    return (f"{CONFIG} at {delta.base[:10]}", content) if content is not None else None


def _delta(asked: Asked, repo: Repository, settings: Settings, provider: Provider) -> Delta:
    chosen = settings.delta
    return find_delta(
        repo,
        asked.env,
        chosen.base,
        fetch=chosen.fetch,
        in_ci=provider.in_ci,
        exclude=_not_the_authors(asked, settings),
    )


def _not_the_authors(asked: Asked, settings: Settings) -> list[str]:
    """Files of the working tree that a run made: the reports, and our own folder."""
    top = asked.workspace.resolve()
    named = [glob for glob in settings.tests.junit if not Path(glob).is_absolute()]
    made = [*find_reports(top, named), asked.out.resolve()]
    return [str(path.relative_to(top)) for path in made if path.is_relative_to(top)]


def instructions(repo: Repository, delta: Delta, provider: Provider) -> str:
    """AGENTS.md: in CI of the merge base, "" where that is unknown; else of the working tree."""
    if provider.in_ci and delta.base is None:
        return ""
    tree = repo.tree_of(delta.base) if provider.in_ci and delta.base else delta.tree
    return (repo.read(tree, INSTRUCTIONS) or b"").decode("utf-8", "replace")


def known_scenarios(
    repo: Repository,
    delta: Delta,
    provider: Provider,
    folder: str,
    warn: Callable[[str], None],
) -> Memory:
    """The reviewed scenarios: in CI of the merge base, none where that is unknown; else here.

    On a laptop they are those of the working tree, with uncommitted work, and `source` says so.
    """
    folder = plain_folder(folder)
    under_test = _scenario_files(repo, delta.tree, folder)
    if not provider.in_ci:
        unsaved = " of the working tree, uncommitted work with it" * delta.uncommitted
        return load_scenarios(under_test, f"{folder}/{unsaved or ' of the commit under test'}")
    if delta.base is None:
        if under_test:
            warn(f"{folder}/ is not used: the merge base, where it is trusted, is unknown")
        return Memory(source="the merge base is unknown")
    reviewed = _scenario_files(repo, repo.tree_of(delta.base), folder)
    if reviewed != under_test:
        warn(
            f"{folder}/ differs in the change under test; the scenarios of the merge base are used"
        )
    return load_scenarios(reviewed, f"{folder}/ at the merge base {delta.base[:10]}")


def _scenario_files(repo: Repository, tree: str, folder: str) -> dict[str, bytes]:
    found = {**repo.files_in(tree, folder), **repo.files_in(tree, DEMO_FOLDER)}
    return {path: text for path, text in found.items() if is_scenario_file(path, folder)}


def plain_folder(folder: str) -> str:
    """The value of `scenarios.folder` as a path below the workspace, or UsageError."""
    parts = folder.strip("/").split("/")
    if folder.startswith("/") or not parts[0] or any(part in ("", ".", "..") for part in parts):
        raise UsageError(
            f"scenarios.folder: `{folder}` is no folder below the workspace",
            hint="Name it as `scenarios` or `docs/scenarios`.",
        )
    return "/".join(parts)


def read_optional(path: Path) -> bytes | None:
    """Content of a regular file; None where there is none. UsageError where it cannot be read."""
    if not path.is_file():
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
