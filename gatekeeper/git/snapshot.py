"""The working tree as a tree."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.errors import UsageError
from gatekeeper.git import trees
from gatekeeper.git.command import encode, temporary_index
from gatekeeper.process import ProgramFailed

if TYPE_CHECKING:
    from gatekeeper.git.repository import Repository


def snapshot(repository: Repository, exclude: Sequence[str]) -> str:
    """See `Repository.worktree_tree`."""
    git = repository.files
    skipped = tuple(encode(path.strip("/")) for path in exclude)
    try:
        with temporary_index(repository.scratch) as index:
            wanted = [n for n in _differing(repository, index) if not _under(n, skipped)]
            records = b"".join(name + b"\0" for name in wanted)
            git.out(
                "update-index", "-z", "--add", "--remove", "--stdin", stdin=records, index=index
            )
            tree = git.word("write-tree", index=index)
    except ProgramFailed as error:
        raise UsageError(
            f"the working tree cannot be read: {error.message}",
            hint="end a merge that is under way, and make every file readable",
        ) from error
    return _with_lfs_pointers(repository, tree)


def _differing(repository: Repository, index: Path) -> list[bytes]:
    """Names of the files that are not what the index says; makes `index`."""
    git = repository.files
    ask = ("ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard")
    theirs = repository.index_file
    if theirs.is_file():
        # It knows which files are unchanged, so that nothing else is read again. The time
        # must survive: git compares it with those of the files.
        shutil.copy2(theirs, index)
        done = git.run(*ask, index=index, check=False)
        if done.exit_code == 0:
            return _names(done.stdout)
        index.unlink()  # split in two files, say: do without
    git.out("read-tree", repository.head, index=index)
    return _names(git.out(*ask, index=index))


def _names(listed: bytes) -> list[bytes]:
    """Sorted, once each; a repository inside the working tree (`name/`) is not ours."""
    return sorted({n for n in listed.split(b"\0") if n and not n.endswith(b"/")})


def _under(name: bytes, folders: Sequence[bytes]) -> bool:
    return any(name == folder or name.startswith(folder + b"/") for folder in folders)


def _with_lfs_pointers(repository: Repository, tree: str) -> str:
    """Undo the change of a pointer into its content: it only means that LFS does not run here."""
    changed = [c for c in repository.changes(repository.head, tree) if c.status == "M"]
    small = repository.sizes(c.old_blob for c in changed)
    pointers = repository.blobs(b for b, size in small.items() if size < trees.LFS_MAX)
    back = {
        c.path: (c.old_mode, c.old_blob)
        for c in changed
        if trees.is_lfs_pointer(pointers.get(c.old_blob, b""))
    }
    return repository.write_entries(tree, back) if back else tree
