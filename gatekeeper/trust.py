"""What is read from where: configuration and AGENTS.md steer the gate, so they must be trusted.

In CI both come from the merge base, never from the change under test (DESIGN section 2), and
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
from gatekeeper.settings import Settings, load

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


def read_optional(path: Path) -> bytes | None:
    """Content of a regular file; None where there is none. UsageError where it cannot be read."""
    if not path.is_file():
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
