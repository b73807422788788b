from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatekeeper.errors import UnreadableReport
from gatekeeper.intake.reports import Reports

JUNIT = '<testsuite><testcase classname="t" name="{}"/></testsuite>'


def names(reports: Reports) -> list[str]:
    """Names of the cases that are found."""
    return sorted(case.id.name for case in reports.found().cases)


def put(path: Path, name: str) -> None:
    """A report with one case."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(JUNIT.format(name))


def test_our_own_reports_are_not_the_jobs(tmp_path: Path) -> None:
    """What an earlier call left of its validation runs is no result of the failed job."""
    put(tmp_path / "build/junit.xml", "job")
    for path in ("gatekeeper-report/junit.xml", "gatekeeper-report/attempts/01/junit.xml"):
        put(tmp_path / path, "ours")
    for mark in ("verdict.json", "gatekeeper.env"):
        (tmp_path / "gatekeeper-report" / mark).touch()
    assert names(Reports(tmp_path, (), named=False, in_ci=True)) == ["job"]
    named = Reports(tmp_path, ("gatekeeper-report/junit.xml",), named=True, in_ci=True)
    assert names(named) == ["ours"]


@pytest.mark.parametrize("pattern", ["{out}/*.xml", "../out/*.xml", "{out}/**/a.xml"])
def test_a_command_line_may_name_files_elsewhere(
    tmp_path: Path, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patterns outside of the workspace are for the command line alone."""
    put(tmp_path / "out/a.xml", "a")
    (tmp_path / "out/folder.xml").mkdir()
    os.mkfifo(tmp_path / "out/pipe.xml")
    workspace = tmp_path / "w"
    workspace.mkdir()
    monkeypatch.chdir(workspace)
    given = pattern.format(out=tmp_path / "out")
    assert names(Reports(workspace, (given,), named=True, in_ci=False)) == ["a"]


@pytest.mark.parametrize("name", ["pipe.xml", "folder.xml", "zero.xml", "none.xml"])
def test_what_is_no_file_is_no_report(tmp_path: Path, name: str) -> None:
    """A pipe would wait for ever, a device never end: neither is opened."""
    os.mkfifo(tmp_path / "pipe.xml")
    (tmp_path / "folder.xml").mkdir()
    (tmp_path / "zero.xml").symlink_to("/dev/zero")
    workspace = tmp_path / "w"
    workspace.mkdir()
    with pytest.raises(UnreadableReport, match="no JUnit report found"):
        Reports(workspace, (str(tmp_path / name),), named=True, in_ci=False).found()
