"""What the author changed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file between two trees, as `git diff-tree` says (renames not detected: D and A).

    Modes are git's six octal digits; "000000" where the file does not exist on that side.
    """

    path: str
    status: str  # A added, M content, D deleted, T type changed
    old_mode: str
    new_mode: str
    binary: bool = False
    added: int = 0  # lines; 0 for binaries
    removed: int = 0
    old_blob: str = ""
    new_blob: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """What the author changed: from the merge base to the tree under test.

    `base` is None where it could not be found, and `unknown` then says why.
    """

    head: str  # commit under test
    tree: str  # tree under test (with uncommitted work on a laptop)
    base: str | None = None
    source: str = ""  # where the base came from, for a person
    files: tuple[FileChange, ...] = ()
    diff: bytes = b""
    uncommitted: bool = False
    unknown: str = ""
    notes: tuple[str, ...] = ()
