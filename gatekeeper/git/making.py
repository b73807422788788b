"""Trees made from other trees, in an index of their own."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path, PurePosixPath

from gatekeeper.errors import GatekeeperError
from gatekeeper.git import trees
from gatekeeper.git.command import Git, encode, temporary_index

Entry = tuple[str, str] | None  # mode and blob; None: no such file
Sizes = tuple[tuple[int, int] | None, ...]  # lines added and removed; None: a binary


class PatchRefused(GatekeeperError):
    """Git does not apply this; the message is git's own."""


def write_entries(git: Git, scratch: Path, tree: str, entries: Mapping[str, Entry]) -> str:
    """See `Repository.write_entries`."""
    if beneath := _beneath_another({path for path, entry in entries.items() if entry}):
        raise PatchRefused(f"{beneath} would be in a folder that is to be a file")
    # What goes comes first, so that a file may take the place of a folder.
    records = b"".join(
        b"%s %s\t%s\0" % (*_mode_and_blob(entry, len(tree)), encode(path))
        for path, entry in sorted(entries.items(), key=lambda item: item[1] is not None)
    )
    with _index_of(git, scratch, tree) as index:
        done = git.run(
            "update-index", "-z", "--index-info", stdin=records, index=index, check=False
        )
        # It leaves out an impossible path with a warning and code 0.
        if done.exit_code != 0 or done.stderr:
            raise PatchRefused(done.stderr.decode("utf-8", "replace").strip())
        made = git.word("write-tree", index=index)
    # Git lets a new file push out a folder of its name; that is never what was asked for.
    if extra := {c.path for c in trees.read_changes(git, tree, made)} - set(entries):
        raise PatchRefused(f"{min(extra)} is in the way of a file with part of its name")
    return made


def apply(git: Git, scratch: Path, tree: str, diff: bytes, flags: Sequence[str]) -> tuple[str, str]:
    """See `Repository.apply_to_tree`."""
    with _index_of(git, scratch, tree) as index:
        done = git.run(
            "apply", "--cached", "--verbose", "--whitespace=nowarn", *flags, "-",
            stdin=diff, index=index, check=False,
        )  # fmt: skip
        said = done.stderr.decode("utf-8", "replace")
        if done.exit_code != 0:
            raise PatchRefused(_reason(said))
        return git.word("write-tree", index=index), said


def patch_sizes(git: Git, diff: bytes, flags: Sequence[str]) -> Sizes:
    """See `Repository.patch_sizes`."""
    done = git.run("apply", "--numstat", "-z", *flags, "-", stdin=diff, check=False)
    if done.exit_code != 0:
        raise PatchRefused(_reason(done.stderr.decode("utf-8", "replace")))
    return trees.read_patch_sizes(done.stdout)


@contextlib.contextmanager
def _index_of(git: Git, scratch: Path, tree: str) -> Iterator[Path]:
    """An index that holds a tree. One is kept for each tree: a copy costs less than reading."""
    kept = scratch / f"tree-{tree}"
    with temporary_index(scratch) as index:
        if kept.exists():
            shutil.copyfile(kept, index)
        else:
            git.out("read-tree", tree, index=index)
            copy = index.with_name("copy")
            shutil.copyfile(index, copy)
            copy.rename(kept)  # whole or not at all, whoever else does the same
        yield index


def _beneath_another(paths: AbstractSet[str]) -> str:
    """A path that has another one as its folder, "" if there is none."""
    folders = ((path, above.as_posix()) for path in paths for above in PurePosixPath(path).parents)
    return next((path for path, above in folders if above in paths), "")


def _mode_and_blob(entry: Entry, width: int) -> tuple[bytes, bytes]:
    mode, blob = ("0", "0" * width) if entry is None else entry
    return mode.encode(), blob.encode()


def _reason(said: str) -> str:
    """What git found wrong, without its progress lines."""
    wrong = [line.removeprefix("error: ") for line in said.splitlines() if "error:" in line]
    fatal = [line.removeprefix("fatal: ") for line in said.splitlines() if "fatal:" in line]
    return "; ".join(wrong + fatal) or said.strip() or "git refused it without a reason"
