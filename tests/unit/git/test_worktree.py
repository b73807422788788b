"""An accepted patch gets into the working tree as a whole, or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from gatekeeper.errors import UsageError
from gatekeeper.git import apply_to_worktree
from tests.support.git_repo import Workspace, fingerprint

FILES: dict[str, str | bytes] = {
    "a.txt": "a\nb\nc\nd\ne\nf\ng\nh\n",
    "b.txt": "1\n2\n3\n",
    "gone.txt": "x\n",
    "logo.bin": bytes(range(256)),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "project", FILES)


@pytest.fixture
def patch(workspace: Workspace, tmp_path: Path) -> bytes:
    """A diff with every kind of change, made from the workspace as it is."""
    repository = workspace.open(tmp_path / "scratch")
    head = repository.tree_of("HEAD")
    contents = {"a.txt": b"a\nb\nc\nd\ne\nf\ng\nH\n", "b.txt": b"1\n2\n", "new/n.txt": b"n\n"}
    after = repository.write_tree_with(head, {**contents, "gone.txt": None, "logo.bin": b"\0"})
    return repository.diff(head, after)


def scratch(tmp_path: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix="scratch-", dir=tmp_path))


def test_it_applies_and_leaves_the_index(
    workspace: Workspace, patch: bytes, tmp_path: Path
) -> None:
    """Files are written, HEAD and index are not; work on other files stays."""
    workspace.write({"mine.txt": "mine\n"})
    index = (workspace.path / ".git/index").read_bytes()
    changes = apply_to_worktree(workspace.path, patch, scratch(tmp_path))
    assert {c.path for c in changes} == {"a.txt", "b.txt", "gone.txt", "logo.bin", "new/n.txt"}
    assert (workspace.path / "b.txt").read_text() == "1\n2\n"
    assert (workspace.path / "new/n.txt").read_text() == "n\n"
    assert (workspace.path / "logo.bin").read_bytes() == b"\0"
    assert not (workspace.path / "gone.txt").exists()
    assert (workspace.path / "mine.txt").read_text() == "mine\n"
    assert (workspace.path / ".git/index").read_bytes() == index


def test_a_moved_base_is_refused_unless_forced(
    workspace: Workspace, patch: bytes, tmp_path: Path
) -> None:
    """A touched file that changed since is named; force applies where the lines still fit."""
    workspace.write({"a.txt": "A\nb\nc\nd\ne\nf\ng\nh\n"})
    before = fingerprint(workspace.path)
    with pytest.raises(UsageError, match=r"a\.txt has changed since"):
        apply_to_worktree(workspace.path, patch, scratch(tmp_path))
    assert fingerprint(workspace.path) == before
    apply_to_worktree(workspace.path, patch, scratch(tmp_path), force=True)
    assert (workspace.path / "a.txt").read_text() == "A\nb\nc\nd\ne\nf\ng\nH\n"


def test_force_does_not_mean_in_part(workspace: Workspace, patch: bytes, tmp_path: Path) -> None:
    """Where one file no longer fits, force changes none of them."""
    workspace.write({"b.txt": "quite different\n"})
    before = fingerprint(workspace.path)
    with pytest.raises(UsageError, match=r"b\.txt"):
        apply_to_worktree(workspace.path, patch, scratch(tmp_path), force=True)
    assert fingerprint(workspace.path) == before


def test_a_second_time_is_refused(workspace: Workspace, patch: bytes, tmp_path: Path) -> None:
    """An applied patch does not apply again."""
    apply_to_worktree(workspace.path, patch, scratch(tmp_path))
    with pytest.raises(UsageError):
        apply_to_worktree(workspace.path, patch, scratch(tmp_path))


def test_a_failure_half_way_puts_everything_back(
    workspace: Workspace, patch: bytes, tmp_path: Path
) -> None:
    """Where a file cannot be written after others were, those are as they were before."""
    (workspace.path / "new").write_bytes(b"")  # ignored, so git's own check does not see it
    (workspace.path / ".git/info").mkdir(exist_ok=True)
    (workspace.path / ".git/info/exclude").write_text("/new\n")
    before = {k: v[2] for k, v in fingerprint(workspace.path).items()}
    with pytest.raises(UsageError, match="could not be written"):
        apply_to_worktree(workspace.path, patch, scratch(tmp_path))
    assert {k: v[2] for k, v in fingerprint(workspace.path).items()} == before


def test_line_ends_of_the_working_tree_are_kept(workspace: Workspace, tmp_path: Path) -> None:
    """Where files are checked out with CRLF, the patched file has CRLF as well."""
    workspace.write({".gitattributes": "*.txt text eol=crlf\n"})
    workspace.commit()
    workspace.git("rm", "--quiet", "--cached", "-r", ".")
    workspace.git("reset", "--quiet", "--hard")
    repository = workspace.open(tmp_path / "scratch")
    head = repository.tree_of("HEAD")
    after = repository.write_tree_with(head, {"b.txt": b"1\ntwo\n3\n"})
    apply_to_worktree(workspace.path, repository.diff(head, after), scratch(tmp_path))
    assert (workspace.path / "b.txt").read_bytes() == b"1\r\ntwo\r\n3\r\n"


def test_a_patch_does_not_write_through_a_link(workspace: Workspace, tmp_path: Path) -> None:
    """A folder that became a link to elsewhere since is not followed."""
    workspace.write({"dir/x.txt": "x\n"})
    workspace.commit()
    repository = workspace.open(tmp_path / "scratch")
    head = repository.tree_of("HEAD")
    diff = repository.diff(head, repository.write_tree_with(head, {"dir/x.txt": b"y\n"}))
    outside = tmp_path / "outside"
    (workspace.path / "dir").rename(outside)
    (workspace.path / "dir").symlink_to(outside)
    for force in (False, True):
        with pytest.raises(UsageError):
            apply_to_worktree(workspace.path, diff, scratch(tmp_path), force=force)
    assert (outside / "x.txt").read_text() == "x\n"
