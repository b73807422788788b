"""Where the command runs and writes: streams, folders and disks that are not as they should be."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.git_repo import Workspace
from tests.support.projects import command, environment, gatekeeper, shop

JUNIT = '<testsuite><testcase classname="t" name="a"><failure/></testcase></testsuite>'


def project(folder: Path) -> tuple[Workspace, str]:
    """A project and the report of its failed job."""
    repo = shop(folder)
    report = folder.parent / "failed.xml"
    report.write_text(JUNIT)
    return repo, os.fspath(report)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_changes_no_exit_code(tmp_path: Path, closed: str) -> None:
    """Exit 1 means rejected, so nothing else may end with it; the artifacts are there too."""
    repo, report = project(tmp_path / "p")
    argv = command("analyze", "-w", os.fspath(repo.path), "--junit", report)
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *argv],
        env=environment(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (repo.path / "gatekeeper-report/verdict.json").exists()


@pytest.mark.parametrize(
    ("out", "why"),
    [
        (".", "holds the workspace itself"),
        ("..", "holds the workspace itself"),
        ("link", "is a symbolic link"),
        ("shop/cart.py", "is a file"),
        ("mine", "holds `junit.xml`"),
    ],
)
def test_the_report_goes_over_nothing_that_is_not_ours(tmp_path: Path, out: str, why: str) -> None:
    """Neither the project's own files nor what a link in the change leads to are written to."""
    repo, report = project(tmp_path / "p")
    repo.write({".gitignore": "build/\n", "mine/junit.xml": JUNIT})
    (tmp_path / "elsewhere").mkdir()
    (repo.path / "link").symlink_to(tmp_path / "elsewhere")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    argv = ("analyze", "-w", ".", "--junit", report, "--out", out)
    done = subprocess.run(
        command(*argv), cwd=repo.path, env=environment(), capture_output=True, check=False
    )
    assert (done.returncode, why in done.stderr.decode()) == (2, True), done.stderr
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}


def test_a_folder_with_other_things_is_not_hidden_from_git(tmp_path: Path) -> None:
    """Only a folder that we made gets a .gitignore."""
    repo, report = project(tmp_path / "p")
    repo.write({"kept/notes.txt": "x"})
    out = repo.path / "kept"
    argv = command("analyze", "-w", os.fspath(repo.path), "--junit", report, "--out", str(out))
    for _ in range(2):
        done = subprocess.run(argv, env=environment(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    assert not (out / ".gitignore").exists()
    assert (out / "notes.txt").read_text() == "x"


def test_a_report_that_was_killed_early_is_replaced(tmp_path: Path) -> None:
    """Without its last file, the verdict, a folder of ours is still known as ours."""
    repo, report = project(tmp_path / "p")
    out = repo.path.parent / "p-report"
    assert gatekeeper("analyze", repo.path, "--junit", report).code == 0
    (out / "verdict.json").unlink()
    assert gatekeeper("analyze", repo.path, "--junit", report).code == 0


def test_a_full_disk_is_no_verdict(tmp_path: Path) -> None:
    """A report that cannot be written ends with 2 and a sentence, never with 1."""
    repo, report = project(tmp_path / "p")
    # A limit on the size of files stands for the disk: both refuse the write.
    argv = command("analyze", "-w", os.fspath(repo.path), "--junit", report)
    limited = 'trap "" XFSZ; ulimit -f 1; exec "$@"'
    done = subprocess.run(
        ["bash", "-c", limited, "bash", *argv],
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert b"cannot write to" in done.stderr


def test_the_name_of_the_workspace_may_be_any_bytes(tmp_path: Path) -> None:
    """A folder whose name is no UTF-8 is a workspace like any other."""
    repo, report = project(Path(os.fsdecode(os.fsencode(tmp_path) + b"/p\xff \xc3\xa9")))
    argv = command("analyze", "-w", os.fspath(repo.path), "--junit", report)
    done = subprocess.run(argv, env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_workspace_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A wrong path is said, and nothing is created at it."""
    done = subprocess.run(
        command("analyze", "-w", str(tmp_path / "no")),
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, b"is no folder" in done.stderr) == (2, True)
    assert not (tmp_path / "no").exists()
