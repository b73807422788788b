"""Trees in memory, and candidates between two of them, for tests of pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from gatekeeper.domain import Candidate, Draft, FileChange


@dataclass(frozen=True)
class MemoryTree:
    """A `ports.Tree` over a mapping of path to content."""

    files: Mapping[str, bytes]

    def paths(self) -> frozenset[str]:
        return frozenset(self.files)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


def tree(files: Mapping[str, str | bytes]) -> MemoryTree:
    """A tree of these files; text is UTF-8."""
    return MemoryTree({p: c.encode() if isinstance(c, str) else c for p, c in files.items()})


def candidate(
    before: MemoryTree, after: MemoryTree, modes: Mapping[str, tuple[str, str]] | None = None
) -> Candidate:
    """The candidate that leads from one tree to the other; `modes` are (old, new) by path."""
    changes = []
    for path in sorted(before.paths() | after.paths()):
        old, new = before.read(path), after.read(path)
        default = ("000000" if old is None else "100644", "000000" if new is None else "100644")
        pair = (modes or {}).get(path, default)
        if old == new and pair == default:
            continue
        changes.append(
            FileChange(
                path=path,
                status="A" if old is None else "D" if new is None else "M",
                old_mode=pair[0],
                new_mode=pair[1],
                binary=b"\0" in (new or b"") + (old or b""),
                added=len((new or b"").splitlines()),
                removed=len((old or b"").splitlines()),
                old_blob=hashlib.sha1(old or b"").hexdigest(),
                new_blob=hashlib.sha1(new or b"").hexdigest(),
            )
        )
    diff = b"".join(b"+" + (after.read(c.path) or b"") + b"\n" for c in changes)
    return Candidate("1.1", Draft(), "base", "tree", tuple(changes), diff)
