"""Nothing that a workspace's repository is configured to run is run."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from gatekeeper.candidates import realise
from gatekeeper.domain import Candidate, Draft
from gatekeeper.git import apply_to_worktree
from gatekeeper.intake.delta import find_delta
from tests.support.git_repo import Workspace

HOOKS = (
    "pre-commit", "post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc",
    "fsmonitor-watchman", "applypatch-msg", "post-merge", "pre-push", "sendemail-validate",
)  # fmt: skip
CONFIG = """
[core]
    fsmonitor = {evil}
    hooksPath = {hooks}
    sshCommand = {evil}
    gitProxy = {evil}
    askPass = {evil}
    pager = {evil}
    editor = {evil}
    alternateRefsCommand = {evil}
    attributesFile = {attributes}
    worktree = {elsewhere}
[filter "evil"]
    clean = {evil}
    smudge = {evil}
    process = {evil}
    required = true
[diff]
    external = {evil}
[diff "evil"]
    textconv = {evil}
    command = {evil}
[merge "evil"]
    driver = {evil}
[credential]
    helper = !{evil}
[uploadpack]
    packObjectsHook = {evil}
[remote "origin"]
    url = {origin}
    uploadpack = {evil}
    fetch = +refs/heads/*:refs/remotes/origin/*
    promisor = true
[gpg]
    program = {evil}
[alias]
    diff-tree = !{evil}
    apply = !{evil}
    config = !{evil}
[submodule]
    recurse = true
[trace2]
    eventTarget = {elsewhere}/trace
"""


@pytest.fixture
def trapped(tmp_path: Path) -> tuple[Workspace, Path]:
    """A workspace where everything that git can be told to run leaves a mark."""
    origin = Workspace.create(tmp_path / "origin", {"a.txt": "a\nb\nc\n", "old.txt": "o\n"})
    origin.write({"a.txt": "a\nB\nc\n", ".gitattributes": "* filter=evil diff=evil merge=evil\n"})
    origin.commit()
    origin.git("branch", "other", "HEAD~1")
    module = Workspace.create(tmp_path / "module", {"m": "m\n"})
    origin.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(module.path), "sub"
    )
    origin.commit("submodule")
    made = Workspace(tmp_path / "project")
    made.path.mkdir()
    made.git("clone", "--quiet", "--depth=1", "--branch=main", f"file://{origin.path}", ".")
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init")
    mark = tmp_path / "mark"
    evil = tmp_path / "evil"
    evil.write_text(f'#!/bin/sh\necho "$0 $*" >> {mark}\ncat\n')
    evil.chmod(0o755)
    hooks = tmp_path / "hooks"
    for folder in (hooks, made.path / ".git/hooks"):
        folder.mkdir(exist_ok=True)
        for name in HOOKS:
            (folder / name).write_text(evil.read_text())
            (folder / name).chmod(0o755)
    (tmp_path / "elsewhere").mkdir()
    attributes = tmp_path / "attributes"
    attributes.write_text("* filter=evil diff=evil\n")
    text = CONFIG.format(
        evil=evil, hooks=hooks, elsewhere=tmp_path / "elsewhere", attributes=attributes,
        origin=f"file://{origin.path}",
    )  # fmt: skip
    for git_dir in (made.path / ".git", made.path / ".git/modules/sub"):
        here = text if git_dir.name == ".git" else text.replace("worktree", "unused")
        (git_dir / "config").write_text(here)
    made.write({"a.txt": "a\nB\nC\n", "new.txt": "new\n", "sub/m": "changed\n"})
    mark.unlink(missing_ok=True)
    return made, mark


def test_the_trap_works(trapped: tuple[Workspace, Path]) -> None:
    """With git as a person runs it the mark appears: the other tests can fail."""
    workspace, mark = trapped
    with contextlib.suppress(AssertionError):  # git gives up after the filter ran
        workspace.git("--work-tree=.", "status")
    assert mark.exists()


def test_nothing_runs(trapped: tuple[Workspace, Path], tmp_path: Path) -> None:
    """Snapshot, delta with a fetch, candidate, export, apply: no mark, and no file elsewhere."""
    workspace, mark = trapped
    repository = workspace.open(tmp_path / "scratch")
    delta = find_delta(repository, {}, "HEAD", fetch=True, in_ci=False)
    assert [c.path for c in delta.files] == ["a.txt", "new.txt"]
    fetched = repository.fetch_one("other")
    assert fetched.ok, fetched.why
    draft = Draft(diff=b"--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n a\n B\n-C\n+D\n")
    made = realise(draft, repository, delta.tree, "1.1")
    assert isinstance(made, Candidate)
    repository.hunks(made.base_tree, made.tree)
    repository.export(made.tree, tmp_path / "out")
    (tmp_path / "scratch2").mkdir()
    apply_to_worktree(workspace.path, made.diff, tmp_path / "scratch2")
    assert (workspace.path / "a.txt").read_text() == "a\nB\nD\n"
    assert (tmp_path / "out/a.txt").read_text() == "a\nB\nD\n"
    assert not mark.exists(), mark.read_text()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("url", ["ext::sh -c 'echo x >> {mark}'", "--upload-pack={evil}", "fd::17"])
def test_a_remote_that_is_a_command(tmp_path: Path, url: str) -> None:
    """Only addresses of servers and folders are fetched from."""
    workspace = Workspace.create(tmp_path / "project", {"a": "a"})
    mark = tmp_path / "mark"
    workspace.git("config", "protocol.allow", "always")
    workspace.git("config", "protocol.ext.allow", "always")
    workspace.git("config", "remote.origin.url", url.format(mark=mark, evil=f"touch {mark};"))
    repository = workspace.open(tmp_path / "scratch")
    assert not repository.fetch_one("main").ok
    assert not mark.exists()
