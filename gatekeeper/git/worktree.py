"""An accepted patch, applied to the files of a workspace."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gatekeeper.domain import FileChange
from gatekeeper.errors import UsageError
from gatekeeper.git.command import decode, temporary_index
from gatekeeper.git.making import PatchRefused
from gatekeeper.git.repository import Repository


def apply_to_worktree(
    workspace: Path, diff: bytes, scratch: Path, *, force: bool = False
) -> tuple[FileChange, ...]:
    """Apply a diff that gatekeeper rendered to the files of a workspace: all of it, or nothing.

    Refuses with UsageError where a file that the diff touches is not what the diff was made
    from; with `force`, only where git cannot apply it. The index and HEAD stay as they are.
    """
    repository = Repository.open(workspace, scratch)
    before = repository.worktree_tree()
    if not force:
        _expect_same_base(repository, before, diff)
    try:
        after, _ = repository.apply_to_tree(before, diff)
    except PatchRefused as error:
        raise UsageError(
            f"the patch does not apply to the working tree: {error.message}",
            hint="run gatekeeper again on the present state",
        ) from error
    changes = repository.changes(before, after)
    with _all_or_nothing(workspace, [change.path for change in changes]):
        done = repository.files.run("apply", "--whitespace=nowarn", "-", stdin=diff, check=False)
        if done.exit_code != 0:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise UsageError(f"the working tree could not be written: {said}")
    return changes


def _expect_same_base(repository: Repository, before: str, diff: bytes) -> None:
    """Compare the blobs that the diff names as its base with those of the working tree."""
    hint = "run gatekeeper again, or apply it anyway by --force"
    with temporary_index(repository.scratch) as index:
        done = repository.plain.run(
            "apply", f"--build-fake-ancestor={index}", "-", stdin=diff, check=False
        )
        if done.exit_code != 0:
            raise UsageError("the files that the patch was made for are not here", hint=hint)
        listed = repository.plain.out("ls-files", "-z", "--stage", index=index)
    now = repository.entries(before)
    for record in listed.split(b"\0")[:-1]:
        about, _, name = record.partition(b"\t")
        path, blob = decode(name), about.split()[1].decode("ascii")
        if path not in now or now[path].blob != blob:
            raise UsageError(f"{path} has changed since the patch was made", hint=hint)


@contextmanager
def _all_or_nothing(workspace: Path, paths: Sequence[str]) -> Iterator[None]:
    """Put files and links back as they were where the body fails half way."""
    with TemporaryDirectory(prefix="gatekeeper-undo-") as folder:
        kept: dict[str, Path] = {}
        for number, path in enumerate(paths):
            if _is_there(workspace / path):
                kept[path] = Path(folder) / str(number)
                shutil.copy2(workspace / path, kept[path], follow_symlinks=False)
        try:
            yield
        except BaseException:
            for path in paths:
                if path not in kept:
                    _remove(workspace / path)
            for path, copy in kept.items():
                _remove(workspace / path)
                (workspace / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(copy, workspace / path, follow_symlinks=False)
            raise


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _remove(path: Path) -> None:
    if _is_there(path):
        path.unlink()
