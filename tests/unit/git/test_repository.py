"""A real workspace read through the scratch repository."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from gatekeeper.errors import GatekeeperError, UsageError
from gatekeeper.git import PatchRefused, Repository
from tests.support.git_repo import Workspace, fingerprint

FILES: dict[str, str | bytes] = {
    "a.txt": "".join(f"{n}\n" for n in range(30)),
    "dir/b.txt": "b\n",
    "gone.txt": "x\n",
    "logo.bin": bytes(range(256)),
    os.fsdecode(b"latin-\xe9.txt"): "e\n",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "project", FILES)


def test_nothing_is_written_to_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    """Every reading and making leaves every file of the workspace and of .git as it was."""
    workspace.write({"a.txt": "changed\n", "new.txt": "new\n"})
    before = fingerprint(workspace.path)
    repository = workspace.open(tmp_path / "scratch")
    head, now = repository.tree_of("HEAD"), repository.worktree_tree()
    repository.changes(head, now)
    repository.apply_to_tree(head, repository.diff(head, now))
    repository.write_tree_with(head, {"z": b"z"})
    repository.export(now, tmp_path / "out")
    assert fingerprint(workspace.path) == before


def test_changes_of_every_kind(workspace: Workspace, tmp_path: Path) -> None:
    """Renames (as D and A), binaries, modes, links and names that are not UTF-8 are told apart."""
    latin = os.fsdecode(b"latin-\xe9.txt")
    workspace.git("mv", "dir/b.txt", "dir/c.txt")
    workspace.write({"logo.bin": b"\0\1", latin: "E\n", "a b\n.txt": "odd\n"})
    (workspace.path / "gone.txt").unlink()
    (workspace.path / "gone.txt").symlink_to("a.txt")
    (workspace.path / "a.txt").chmod(0o755)
    workspace.commit()
    repository = workspace.open(tmp_path / "scratch")
    changes = {
        c.path: c
        for c in repository.changes(repository.tree_of("HEAD~1"), repository.tree_of("HEAD"))
    }
    assert {path: change.status for path, change in changes.items()} == {
        "dir/b.txt": "D",
        "dir/c.txt": "A",
        "logo.bin": "M",
        latin: "M",
        "a b\n.txt": "A",
        "gone.txt": "T",
        "a.txt": "M",
    }
    assert changes["logo.bin"].binary
    assert changes["a.txt"].new_mode == "100755"
    assert (changes[latin].added, changes[latin].removed) == (1, 1)
    assert repository.read(repository.tree_of("HEAD"), latin) == b"E\n"
    assert repository.read(repository.tree_of("HEAD"), "gone.txt") is None
    assert latin in repository.paths(repository.tree_of("HEAD"))


def test_a_few_paths_are_read_as_the_whole_listing_says(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Folders, links, patterns and odd names: with and without the listing, the same contents."""
    workspace.write({"[a].txt": "pattern\n", "dir/*": "star\n", "sp ace/x": "", "-n": "dash\n"})
    (workspace.path / "link").symlink_to("a.txt")
    workspace.commit()
    repository = workspace.open(tmp_path / "scratch")
    tree = repository.tree_of("HEAD")
    asked = [
        *FILES, "[a].txt", "dir/*", "sp ace/x", "-n", "link", "dir", "dir/", "d*", "a*", "*", "",
        "missing", "dir/../a.txt", ":(glob)**",
    ]  # fmt: skip
    few = [repository.view(tree).read(path) for path in asked]
    together = repository.view(tree).read_many(asked)
    repository.entries(tree)
    assert few == [repository.view(tree).read(path) for path in asked]
    assert together == repository.view(tree).read_many(asked)
    assert sorted(together) == sorted([*FILES, "[a].txt", "dir/*", "sp ace/x", "-n"])


def test_a_diff_goes_both_ways(workspace: Workspace, tmp_path: Path) -> None:
    """The rendered diff, applied to the old tree, gives the new one: bytes, modes, links."""
    workspace.write({"logo.bin": b"\0\1\2", "a.txt": "0\n1\n2", "n/e/w.txt": ""})
    (workspace.path / "gone.txt").unlink()
    (workspace.path / "link").symlink_to("../outside")
    repository = workspace.open(tmp_path / "scratch")
    old, new = repository.tree_of("HEAD"), repository.worktree_tree()
    made, _ = repository.apply_to_tree(old, repository.diff(old, new))
    assert made == new
    assert b"diff --git a/a.txt b/a.txt\n" in repository.diff(old, new)


def test_the_worktree_as_a_tree(workspace: Workspace, tmp_path: Path) -> None:
    """Changed, new, deleted and staged files count; ignored, excluded and nested ones do not."""
    workspace.write(
        {
            ".gitignore": "*.log\n",
            "a.txt": "changed\n",
            "x.log": "no\n",
            "new/file.txt": "yes\n",
            "report/verdict.json": "{}",
            ".git/info/exclude": "private\n",
            "private": "no\n",
            "staged.txt": "staged\n",
        }
    )
    workspace.git("add", "staged.txt")
    (workspace.path / "gone.txt").unlink()
    Workspace.create(workspace.path / "nested", {"inner": "x"})
    repository = workspace.open(tmp_path / "scratch")
    tree = repository.worktree_tree(exclude=("report",))
    changed = {c.path: c.status for c in repository.changes(repository.tree_of("HEAD"), tree)}
    assert changed == {
        ".gitignore": "A",
        "a.txt": "M",
        "gone.txt": "D",
        "new/file.txt": "A",
        "staged.txt": "A",
    }


def test_a_clean_worktree_is_the_head(workspace: Workspace, tmp_path: Path) -> None:
    """Nothing to commit means the same tree, with a split index too."""
    repository = workspace.open(tmp_path / "scratch")
    assert repository.worktree_tree() == repository.tree_of("HEAD")
    workspace.git("update-index", "--split-index")
    assert repository.worktree_tree() == repository.tree_of("HEAD")


def test_line_ends_of_the_working_tree(workspace: Workspace, tmp_path: Path) -> None:
    """Files checked out with CRLF are no change; exported ones are byte for byte the blobs."""
    workspace.write({".gitattributes": "*.txt text eol=crlf\n*.bin ident\n"})
    workspace.commit()
    workspace.git("rm", "--quiet", "--cached", "-r", ".")
    workspace.git("reset", "--quiet", "--hard")
    assert b"\r\n" in (workspace.path / "a.txt").read_bytes()
    repository = workspace.open(tmp_path / "scratch")
    (workspace.path / "a.txt").touch()
    tree = repository.worktree_tree()
    assert tree == repository.tree_of("HEAD")
    repository.export(tree, tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_bytes() == FILES["a.txt"].encode()  # type: ignore[union-attr]


def test_lfs_pointers_stay_pointers(workspace: Workspace, tmp_path: Path) -> None:
    """A file that LFS filled in is no change; an export says that there are pointers."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"
    workspace.write({".gitattributes": "*.big filter=lfs -text\n", "x.big": pointer})
    workspace.commit()
    workspace.write({"x.big": "the content"})
    repository = workspace.open(tmp_path / "scratch")
    tree = repository.worktree_tree()
    assert tree == repository.tree_of("HEAD")
    assert "LFS" in " ".join(repository.export(tree, tmp_path / "out"))


def test_export_is_exact(workspace: Workspace, tmp_path: Path) -> None:
    """Files, links and exec bits come out; a submodule is an empty folder and is reported."""
    other = Workspace.create(tmp_path / "other", {"x": "x"})
    (workspace.path / "dir/b.txt").chmod(0o755)
    (workspace.path / "link").symlink_to("/etc/passwd")
    workspace.git(
        "update-index", "--add", "--cacheinfo", f"160000,{other.git('rev-parse', 'HEAD')},sub"
    )
    workspace.git("add", "dir", "link")
    workspace.git("commit", "--quiet", "-m", "all kinds")
    repository = workspace.open(tmp_path / "scratch")
    notes = repository.export(repository.tree_of("HEAD"), tmp_path / "out")
    out = tmp_path / "out"
    assert os.access(out / "dir/b.txt", os.X_OK)
    assert not os.access(out / "a.txt", os.X_OK)
    assert (out / "link").readlink() == Path("/etc/passwd")
    assert list((out / "sub").iterdir()) == []
    assert "sub is a submodule" in " ".join(notes)
    assert {os.fsencode(path.name) for path in out.iterdir()} == {
        b"a.txt", b"dir", b"gone.txt", b"link", b"logo.bin", b"latin-\xe9.txt", b"sub",
    }  # fmt: skip
    with pytest.raises(UsageError, match="not empty"):
        repository.export(repository.tree_of("HEAD"), out)


@pytest.mark.parametrize("name", [".git", ".GIT", "..", "git~1", ".git "])
def test_a_tree_that_leaves_its_folder_is_not_exported(
    workspace: Workspace, tmp_path: Path, name: str
) -> None:
    """A tree made by hand, with a part that git never would write, is refused as a whole."""
    blob = workspace.git("hash-object", "-w", "--stdin", stdin=b"evil")
    inner = workspace.git("mktree", "-z", stdin=f"100644 blob {blob}\tconfig\0".encode())
    tree = workspace.git("mktree", "-z", stdin=f"040000 tree {inner}\t{name}\0".encode())
    repository = workspace.open(tmp_path / "scratch")
    with pytest.raises(GatekeeperError, match=r"(?i)invalid path"):
        repository.export(tree, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_overlays_turn_one_tree_into_another(workspace: Workspace, tmp_path: Path) -> None:
    """Removed first, then written; a link cannot be an overlay."""
    (workspace.path / "gone.txt").unlink()
    workspace.write({"a.txt": "A\n", "gone.txt/folder": "x"})
    (workspace.path / "a.txt").chmod(0o755)
    repository = workspace.open(tmp_path / "scratch")
    found = repository.overlays(repository.tree_of("HEAD"), repository.worktree_tree())
    assert [(o.path, o.content, o.executable) for o in found] == [
        ("gone.txt", None, False),
        ("a.txt", b"A\n", True),
        ("gone.txt/folder", b"x", False),
    ]
    (workspace.path / "link").symlink_to("a.txt")
    with pytest.raises(PatchRefused, match="link is not a regular file"):
        repository.overlays(repository.tree_of("HEAD"), repository.worktree_tree())


# --- hunks ------------------------------------------------------------------------------


def test_every_subset_of_hunks_can_be_taken_back(workspace: Workspace, tmp_path: Path) -> None:
    """Taking back all hunks gives the old tree; any part and then the rest gives it too."""
    lines = [f"{n}\n" for n in range(30)]
    lines[3:5] = ["three\n"]
    lines.insert(10, "ten and a half\n")
    del lines[20:22]
    lines[-1] = "29"  # without a line end
    workspace.write({"a.txt": "".join(lines), "new.txt": "n\n", "logo.bin": b"\0"})
    (workspace.path / "gone.txt").unlink()
    repository = workspace.open(tmp_path / "scratch")
    old, new = repository.tree_of("HEAD"), repository.worktree_tree()
    hunks = repository.hunks(old, new)
    assert len([h for h in hunks if h.path == "a.txt"]) == 4
    assert {h.path for h in hunks if h.whole} == {"new.txt", "logo.bin", "gone.txt"}
    assert repository.revert_hunks(new, hunks) == old
    chance = random.Random(1)
    for _ in range(8):
        part = [hunk for hunk in hunks if chance.random() < 0.5]
        halfway = repository.revert_hunks(new, part)
        assert halfway is not None
        rest = repository.hunks(old, halfway)
        assert len(rest) == len(hunks) - len(part)
        assert repository.revert_hunks(halfway, rest) == old


def test_hunks_of_another_tree_do_not_fit(workspace: Workspace, tmp_path: Path) -> None:
    """Hunks are taken back only from the tree that they were made for."""
    workspace.write({"a.txt": "other\n"})
    repository = workspace.open(tmp_path / "scratch")
    old, new = repository.tree_of("HEAD"), repository.worktree_tree()
    hunks = repository.hunks(old, new)
    other = repository.write_tree_with(new, {"a.txt": b"something else\n"})
    assert repository.revert_hunks(other, hunks) is None


def test_a_new_file_never_pushes_out_a_folder(workspace: Workspace, tmp_path: Path) -> None:
    """Writing `dir` where `dir/b.txt` is would make git drop the folder; it is refused."""
    repository = workspace.open(tmp_path / "scratch")
    head = repository.tree_of("HEAD")
    with pytest.raises(PatchRefused, match=r"dir/b\.txt"):
        repository.write_tree_with(head, {"dir": b"x"})
    with pytest.raises(PatchRefused):
        repository.write_tree_with(head, {"../x": b"x"})


# --- where a repository may be ----------------------------------------------------------


def test_a_linked_worktree_and_a_submodule(workspace: Workspace, tmp_path: Path) -> None:
    """A `.git` file is followed, and the objects of the main repository are found."""
    workspace.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Workspace(tmp_path / "side")
    side.write({"a.txt": "side\n"})
    side.commit()
    repository = side.open(tmp_path / "s1")
    assert repository.branch() == "side"
    assert repository.merge_base("main", "HEAD") == workspace.git("rev-parse", "HEAD")
    side.write({"a.txt": "dirty\n"})
    assert repository.read(repository.worktree_tree(), "a.txt") == b"dirty\n"
    workspace.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(side.path), "sub"
    )
    module = Workspace(workspace.path / "sub")
    assert module.open(tmp_path / "s2").worktree_tree() == side.git("rev-parse", "HEAD^{tree}")
    workspace.commit()
    outer = workspace.open(tmp_path / "s3")
    assert outer.worktree_tree() == outer.tree_of("HEAD")


def test_what_is_no_workspace(workspace: Workspace, tmp_path: Path) -> None:
    """No repository, a folder inside one, no commit: each is a usage error with a hint."""
    (tmp_path / "empty").mkdir()
    Workspace.create(tmp_path / "fresh")
    for folder, what in (
        (tmp_path / "empty", "not a git repository"),
        (workspace.path / "dir", "inside the repository"),
        (tmp_path / "fresh", "no commit"),
    ):
        (tmp_path / "scratch").mkdir(exist_ok=True)
        with pytest.raises(UsageError, match=what) as raised:
            Repository.open(folder, tmp_path / "scratch")
        assert raised.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_workspace_that_somebody_else_owns(workspace: Workspace, tmp_path: Path) -> None:
    """A foreign owner, as every container job has it, is no hindrance."""
    for root, folders, files in os.walk(workspace.path):
        for name in (".", *folders, *files):
            os.chown(Path(root) / name, 12345, 12345, follow_symlinks=False)
    repository = workspace.open(tmp_path / "scratch")
    assert repository.worktree_tree() == repository.tree_of("HEAD")


def test_the_callers_git_variables_do_not_count(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a hook git sets GIT_DIR and GIT_INDEX_FILE, elsewhere somebody sets options: dropped."""
    for key in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(key, str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    repository = workspace.open(tmp_path / "scratch")
    workspace.write({"a.txt": "x\n"})
    assert repository.diff(repository.tree_of("HEAD"), repository.worktree_tree())
    assert "sk-secret" not in repository.plain.env.values()
    assert "sk-secret" not in repr(repository)


def test_sha256_repositories(tmp_path: Path) -> None:
    """The scratch has the object format of the workspace."""
    made = Workspace(tmp_path / "project")
    made.path.mkdir()
    made.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    made.write({"a": "a\n"})
    made.commit()
    repository = made.open(tmp_path / "scratch")
    tree = repository.write_tree_with(repository.worktree_tree(), {"a": b"b\n"})
    assert len(tree) == 64
    assert repository.read(tree, "a") == b"b\n"


def test_a_git_that_would_obey_the_workspace_is_refused(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before 2.32 git does not read the variables that keep a hostile configuration out."""
    old = tmp_path / "bin/git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho git version 2.31.9\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(old.parent), prepend=os.pathsep)
    with pytest.raises(UsageError, match="too old") as raised:
        workspace.open(tmp_path / "scratch")
    assert "2.32" in raised.value.hint


def test_the_past_of_a_file_is_its_changes_the_latest_first(tmp_path: Path) -> None:
    """Without the commit that made it, other files and merges; never more than asked for."""
    workspace = Workspace.create(tmp_path / "project", {"a.txt": "1\n", "b.txt": "1\n"})
    for number in (2, 3):
        workspace.write({"a.txt": f"{number}\n"})
        workspace.commit()
        workspace.write({"b.txt": f"{number}\n"})
        workspace.commit()
    repository = workspace.open(tmp_path / "scratch")
    assert repository.past("a.txt", 10) == ((b"2\n", b"3\n"), (b"1\n", b"2\n"))
    assert repository.past("a.txt", 1) == ((b"2\n", b"3\n"),)
    assert repository.past("nowhere.txt", 10) == ()
    assert repository.past("*.txt", 10) == ()  # a name, and no pattern
