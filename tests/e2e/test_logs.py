"""`analyze` and `run` with raw logs, as a person or a pipeline calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.logs import FOLDER

GREEN = '<testsuite tests="1"><testcase classname="t" name="a"/></testsuite>'
RED = (
    '<testsuite tests="1"><testcase classname="t" name="a">'
    '<failure message="assert 1 == 2">E   assert 1 == 2</failure></testcase></testsuite>'
)
TOKEN = "glpat-Zx81kQ0s7Yb2mN4vT6"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "main.c").write_text("int main(void) { return 0; }\n")
    (folder / "test_a.py").write_text("def test_a():\n    pass\n")
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    return folder


def gatekeeper(
    project: Path, *arguments: str, stdin: bytes = b"", **env: str
) -> tuple[int, dict[str, Any], str]:
    """Exit code, analysis.json ({} where none is) and everything that was said."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CI", "GITLAB", "JENKINS"))}
    done = subprocess.run(
        [sys.executable, "-m", "gatekeeper", *arguments],
        cwd=project,
        input=stdin,
        capture_output=True,
        env={**clean, "PYTHONPATH": str(Path.cwd()), **env},
        check=False,
    )
    analysis = project / "gatekeeper-report" / "analysis.json"
    found = json.loads(analysis.read_bytes()) if analysis.exists() else {}
    return done.returncode, found, (done.stdout + done.stderr).decode()


def test_a_log_is_analysed_without_any_report(project: Path) -> None:
    """Exit code 0; the passage is there with its numbers, in the JSON and in what people read."""
    log = FOLDER / "recovered_network_then_compile.log"
    code, found, said = gatekeeper(project, "analyze", "--log", str(log))
    assert (code, found["category"]) == (0, "build")
    passage = found["logs"][0]["passages"][0]
    line = passage["lines"][passage["says"] - passage["start"]]
    assert "error: expected" in line
    raw = log.read_bytes().split(b"\n")[passage["says"] - 1].decode()
    assert raw.rstrip() == line
    assert found["suspects"][0]["path"] == "main.c"
    assert line in (project / "gatekeeper-report" / "report.md").read_text()
    assert "The log says build" in said


def test_a_log_comes_through_standard_input(project: Path) -> None:
    """`--log -`, as a pipe in a job gives it."""
    raw = (FOLDER / "go_module_missing.log").read_bytes()
    code, found, _ = gatekeeper(project, "analyze", "--log", "-", "--format", "json", stdin=raw)
    assert (code, found["category"]) == (0, "dependency")
    assert found["logs"][0]["source"] == "standard input"
    assert found["logs"][0]["bytes"] == len(raw)


def test_run_says_what_the_log_says_where_there_is_no_report(project: Path) -> None:
    """Exit code 4 as ever, with the reason, the next step and the analysis; nothing was run."""
    log = str(FOLDER / "disk_full_python.log")
    code, found, said = gatekeeper(project, "run", "--log", log, CI="true")
    assert (code, found["category"]) == (4, "resource")
    assert "outside of its tests (resource)" in said
    report = (project / "gatekeeper-report" / "report.md").read_text()
    assert "No space left on device" in report
    verdict = json.loads((project / "gatekeeper-report" / "verdict.json").read_bytes())
    assert (verdict["outcome"], verdict["exit_code"]) == ("unreadable", 4)


def test_a_green_report_beside_a_log_is_green_with_a_warning(project: Path) -> None:
    """The tests pass as they stand; that a linter failed the job is said, and stays in analysis."""
    (project / "junit.xml").write_text(GREEN)
    log = str(FOLDER / "flake8.log")
    code, found, said = gatekeeper(project, "run", "--log", log, "--junit", "junit.xml")
    assert (code, found["category"]) == (0, "lint")
    assert "The tests pass, but the log says" in said


def test_red_tests_of_a_report_say_more_than_a_log(project: Path) -> None:
    """With both, the report's failing case is what is diagnosed; the passages stay beside it."""
    (project / "junit.xml").write_text(RED)
    log = str(FOLDER / "pytest_failure.log")
    code, found, _ = gatekeeper(project, "analyze", "--log", log, "--junit", "junit.xml")
    assert (code, found["category"]) == (0, "product-bug")
    assert [case["name"] for case in found["failed_tests"]] == ["a"]
    assert found["logs"][0]["passages"]


def test_no_secret_of_a_log_is_written_or_said(project: Path) -> None:
    """Known by its variable or by its shape, in a passage that is shown."""
    raw = (
        f"$ login {TOKEN}\nusing hunter2-of-the-environment\n"
        f"main.c:1:1: error: cannot use {TOKEN} nor hunter2-of-the-environment\n"
    )
    code, found, said = gatekeeper(
        project,
        "analyze",
        "--log",
        "-",
        stdin=raw.encode(),
        DB_PASSWORD="hunter2-of-the-environment",
    )
    assert (code, found["category"]) == (0, "build")
    texts = [path.read_text() for path in (project / "gatekeeper-report").iterdir()]
    for text in (*texts, said):
        assert TOKEN not in text
        assert "hunter2" not in text
    assert any("[redacted:" in text for text in texts)


@pytest.mark.parametrize("raw", [b"", b"\n"])
def test_an_empty_log_says_nothing(project: Path, raw: bytes) -> None:
    """No bytes are an error of whoever kept the log; an empty line is a log without a cause."""
    code, found, said = gatekeeper(project, "analyze", "--log", "-", stdin=raw)
    if raw:
        assert (code, found["category"]) == (0, "unknown")
    else:
        assert code == 4
        assert "the log is empty" in said


def test_context_of_a_log_holds_its_passages_and_the_code_that_they_name(project: Path) -> None:
    """No report is needed: what a backend would be told of a failed build, secrets removed."""
    log = (FOLDER / "recovered_network_then_compile.log").read_bytes()
    raw = log.replace(b"error: expected", f"error: {TOKEN} expected".encode())
    code, _, said = gatekeeper(project, "context", "--log", "-", stdin=raw)
    text = (project / "gatekeeper-report" / "context.txt").read_text()
    assert code == 0, said
    assert "# FAILURE_LOG: " in text
    assert "error: " in text
    assert "# FILE: main.c" in text
    assert TOKEN not in text
