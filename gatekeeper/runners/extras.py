"""Files that git ignores and the tests need, such as installed dependencies."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from gatekeeper.errors import UsageError
from gatekeeper.ports import Tree

INSTALLED = "node_modules"


def take_along(globs: Sequence[str], workspace: Path, tree: Path) -> None:
    """Copy what matches into the exported tree; a folder is copied whole, a file there stays.

    A link is copied as a link, and only where it leads to a place inside the workspace. Raises
    UsageError for a glob that leads out of it.
    """
    whole: set[Path] = set()
    for pattern in globs:
        for found in _matching(pattern, workspace):
            if not whole.isdisjoint(found.parents):
                continue
            inside: Sequence[Path] = (found,)
            if found.is_dir() and not found.is_symlink():
                whole.add(found)
                inside = sorted(found.rglob("*"))
            for source in inside:
                _copy_into(source, workspace, tree)


def _matching(pattern: str, workspace: Path) -> Iterator[Path]:
    refused = UsageError(
        f"sandbox.include: `{pattern}` names nothing inside the workspace",
        hint=f"Give globs relative to the workspace, such as `{INSTALLED}/**/*`.",
    )
    if ".." in Path(pattern).parts:
        raise refused
    try:
        # `x/**/*` means the folder x; to look for each of its files would take much longer.
        yield from sorted(workspace.glob(re.sub(r"(?<=[^*/])/\*\*(/\*)?$", "", pattern)))
    except (ValueError, NotImplementedError) as error:  # empty, broken or absolute
        raise refused from error


def _copy_into(source: Path, workspace: Path, tree: Path) -> None:
    place = source.relative_to(workspace)
    target = tree / place
    if target.exists() or target.is_symlink() or ".git" in place.parts:
        return
    if source.is_symlink():
        if not source.resolve().is_relative_to(workspace) or source.readlink().is_absolute():
            return
    elif not source.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def left_behind(globs: Sequence[str], workspace: Path, tree: Tree) -> str:
    """What to tell a person whose installed dependencies stay outside the sandbox, else ""."""
    if any(pattern.startswith(INSTALLED) for pattern in globs):
        return ""
    paths = tree.paths()
    if "package.json" not in paths or not (workspace / INSTALLED).is_dir():
        return ""
    if any(path.startswith(f"{INSTALLED}/") for path in paths):
        return ""
    return (
        f"git ignores {INSTALLED}, so the sandbox has only what its image has. If the tests need "
        f"it, take it along: --set 'sandbox.include={INSTALLED}/**/*'."
    )
