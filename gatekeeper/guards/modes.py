"""Guard `modes`: only regular text files with plain names change, and keep their mode."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, FileChange, Finding, Level
from gatekeeper.ports import Guard, Tree

_ABSENT = "000000"
_REGULAR = ("100644", "100755")
_LINK = "120000"
_SUBMODULE = "160000"


def plain_files() -> Guard:
    """A guard on types, modes and names of the files that a candidate touches."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        del before
        yield from (finding for change in candidate.changes for finding in _kind(change))
        added = [change.path for change in candidate.changes if change.status == "A"]
        if added:
            yield from (finding for path in added for finding in _name(path))
            yield from _collisions(added, after.paths())

    return look


def _block(path: str, message: str, level: Level = Level.BLOCK) -> Finding:
    return Finding("modes", level, message, path)


def _kind(change: FileChange) -> Iterator[Finding]:
    path, modes = change.path, (change.old_mode, change.new_mode)
    if _LINK in modes:
        yield _block(path, f"`{path}` is a symbolic link on one side: change the file it names.")
    elif _SUBMODULE in modes:
        yield _block(path, f"`{path}` is a submodule: a person has to move it.")
    elif any(mode not in (_ABSENT, *_REGULAR) for mode in modes):
        yield _block(path, f"`{path}` is no regular file (mode {change.new_mode}): leave it out.")
    elif _ABSENT not in modes and change.old_mode != change.new_mode:
        yield _block(
            path,
            f"the mode of `{path}` changes from {change.old_mode} to {change.new_mode}: "
            f"keep the mode, or let a person change it.",
        )
    elif change.old_mode == _ABSENT and change.new_mode == "100755":
        yield _block(
            path, f"`{path}` is a new executable file: look whether it must be.", Level.WARN
        )
    if change.binary:
        yield _block(path, f"`{path}` is binary, so nobody can review the change: leave it out.")


def _name(path: str) -> Iterator[Finding]:
    shown = path.encode("unicode_escape", "surrogateescape").decode("ascii")
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in path):
        yield _block(
            path, f"the name `{shown}` holds control, invisible or broken characters: rename it."
        )
    parts = path.split("/")
    if any(part.casefold() in (".git", "git~1") for part in parts):
        yield _block(path, f"`{shown}` lies in git's own folder: leave it out.")
    if any(part.startswith("-") or part.endswith((" ", ".")) for part in parts) or "\\" in path:
        yield _block(
            path,
            f"the name `{shown}` starts with `-`, ends with a blank or dot, or has a backslash, "
            f"which programs take for something else: rename it.",
        )


def _folded(path: str) -> str:
    return path.lower() if path.isascii() else unicodedata.normalize("NFKC", path).casefold()


def _collisions(added: Iterable[str], present: frozenset[str]) -> Iterator[Finding]:
    """Names, folders included, that differ from present ones in case or composition only."""
    wanted = {_folded(prefix): prefix for path in added for prefix in _prefixes(path)}
    everywhere = {prefix for path in present for prefix in _prefixes(path)}
    seen: dict[str, str] = {}
    for prefix in sorted(everywhere - set(wanted.values())):
        folded = _folded(prefix)
        if folded in wanted:
            seen.setdefault(folded, prefix)
    for folded, other in seen.items():
        mine = wanted[folded]
        yield _block(
            mine,
            f"`{mine}` and `{other}` are one name where case does not count "
            f"(macOS, Windows): use the name that is there.",
        )


def _prefixes(path: str) -> Iterator[str]:
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)
    yield path
