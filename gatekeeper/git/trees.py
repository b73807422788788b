"""What git says about trees, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.domain import FileChange
from gatekeeper.git.command import Git, decode

if TYPE_CHECKING:
    from gatekeeper.git.repository import Repository

SYMLINK = "120000"
SUBMODULE = "160000"
EXECUTABLE = "100755"
REGULAR = "100644"
ABSENT = "000000"

_LFS_MARK = b"version https://git-lfs.github.com/spec/v1\n"
LFS_MAX = 1024  # bytes; a pointer is three short lines


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One path of a tree: git's mode, the object's id, the size in bytes (None: a submodule)."""

    mode: str
    blob: str
    size: int | None

    @property
    def regular(self) -> bool:
        """A file with content: no link, no submodule."""
        return self.mode in (REGULAR, EXECUTABLE)


class TreeView:
    """`ports.Tree` on one tree of a repository; the listing is read once, contents each time."""

    def __init__(self, repository: Repository, tree: str) -> None:
        self.tree = tree
        self._repository = repository

    @cached_property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every path, submodules too."""
        return self._repository.entries(self.tree)

    def paths(self) -> frozenset[str]:
        """Every path that is a file or a link."""
        return self._paths

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(p for p, entry in self.entries.items() if entry.mode != SUBMODULE)

    def has_folder(self, path: str) -> bool:
        """Whether some path lies in this folder."""
        return any(known.startswith(path + "/") for known in self.entries)

    def read(self, path: str) -> bytes | None:
        """Content of a regular file, or None."""
        return self.read_many((path,)).get(path)

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Contents of the regular files among `paths`, with one git process for all."""
        known = self._repository.entries_of(self.tree, tuple(paths))
        wanted = {path: entry for path, entry in known.items() if entry.regular}
        blobs = self._repository.blobs(entry.blob for entry in wanted.values())
        return {path: blobs[entry.blob] for path, entry in wanted.items()}


def read_entries(git: Git, tree: str, paths: Sequence[str] = ()) -> dict[str, TreeEntry]:
    """Path to entry of a whole tree, or of some paths, among them folders then."""
    only = [f":(literal){path}" for path in paths]
    listed = git.out("ls-tree", *(() if only else ("-r",)), "-z", "-l", "--full-tree", tree, *only)
    entries = {}
    for record in _records(listed):
        about, _, name = record.partition(b"\t")
        mode, _kind, blob, size = about.decode("ascii").split()
        entries[decode(name)] = TreeEntry(mode, blob, None if size == "-" else int(size))
    return entries


def read_blobs(git: Git, ids: Iterable[str]) -> dict[str, bytes]:
    """Object id to content, read by one process."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    answer = git.out("cat-file", "--batch", stdin="".join(f"{i}\n" for i in wanted).encode())
    blobs, at = {}, 0
    for blob in wanted:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].split()[2])
        blobs[blob] = answer[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
    return blobs


def read_sizes(git: Git, ids: Iterable[str]) -> dict[str, int]:
    """Object id to size in bytes, without what is not here."""
    wanted = "".join(f"{i}\n" for i in sorted(set(ids)) if i)
    told = git.out("cat-file", "--batch-check", stdin=wanted.encode()) if wanted else b""
    rows = (line.split() for line in told.decode("ascii").splitlines())
    return {row[0]: int(row[2]) for row in rows if len(row) == 3}


def read_changes(git: Git, before: str, after: str) -> tuple[FileChange, ...]:
    """Changes between two trees, by path; a rename is a D and an A."""
    raw = git.out(
        "diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", "--no-ext-diff",
        "--no-textconv", "--no-abbrev", before, after,
    )  # fmt: skip
    heads: list[tuple[str, list[str]]] = []
    sizes: dict[str, tuple[bytes, bytes]] = {}
    records = _records(raw)
    for record in records:
        if record.startswith(b":"):
            heads.append((decode(next(records)), record[1:].decode("ascii").split()))
        else:
            added, removed, name = record.split(b"\t", 2)
            sizes[decode(name)] = (added, removed)
    return tuple(_change(path, head, sizes.get(path, (b"0", b"0"))) for path, head in heads)


def _change(path: str, head: list[str], size: tuple[bytes, bytes]) -> FileChange:
    old_mode, new_mode, old_blob, new_blob, status = head
    binary = size[0] == b"-"
    return FileChange(
        path=path,
        status=status[0],
        old_mode=old_mode,
        new_mode=new_mode,
        binary=binary,
        added=0 if binary else int(size[0]),
        removed=0 if binary else int(size[1]),
        old_blob="" if old_mode == ABSENT else old_blob,
        new_blob="" if new_mode == ABSENT else new_blob,
    )


def read_patch_sizes(numstat: bytes) -> tuple[tuple[int, int] | None, ...]:
    """Lines added and removed for each file that `git apply --numstat -z` names."""
    rows = [record.split(b"\t", 2) for record in _records(numstat)]
    return tuple(None if row[0] == b"-" else (int(row[0]), int(row[1])) for row in rows)


def is_lfs_pointer(content: bytes) -> bool:
    """Whether this stands for a file that Git LFS keeps elsewhere."""
    return len(content) < LFS_MAX and content.startswith(_LFS_MARK)


def _records(raw: bytes) -> Iterator[bytes]:
    return iter(raw.split(b"\0")[:-1])
