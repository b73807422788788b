from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gatekeeper.engines.border import matches
from gatekeeper.validation.elsewhere import KEPT_FOLDER, VARIABLES, Change, around, superset
from gatekeeper.validation.mentions import mentioned
from tests.support.trees import tree

NAMES = (*VARIABLES, "PYTEST_CURRENT_TEST")


def sh(command: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The command in a shell of its own, with a home beside its folder."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": os.fspath(home), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    (folder / "out").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    return folder


def test_variables_are_turned_round(workspace: Path) -> None:
    """What is set is taken away, what is not is set; spared ones and the gate's stay."""
    change = Change(frozenset({"environment"}), spared=frozenset({"BUILD_NUMBER"}))
    command = around('echo "$GATEKEEPER_TOOLS"; env', (), change)
    out = sh(command, workspace, CI="1", USER="gatekeeper", GATEKEEPER_TOOLS="/t").stdout
    first, *rest = out.splitlines()
    seen = dict(line.split("=", 1) for line in rest if "=" in line)
    assert first == "/t"
    assert not {"CI", "USER", "BUILD_NUMBER", "GATEKEEPER_TOOLS"} & set(seen)
    assert (seen["GITLAB_CI"], seen["GITHUB_ACTIONS"]) == ("true", "true")


@pytest.mark.parametrize("code", [0, 1, 7])
def test_a_copy_leaves_nothing_but_reports_and_its_exit_status(code: int, workspace: Path) -> None:
    """What the run writes stays in the copy; new reports come home, old ones do not count."""
    old = workspace / "out/old.xml"
    old.write_text("old")
    os.utime(old, (946684800, 946684800))  # as an engine outdates it
    change = Change(frozenset({"folder"}), folder="w1")
    script = f"basename $PWD; echo new > out/new.xml; echo b > a.txt; rm out/old.xml; exit {code}"
    done = sh(around(script, ("out/**/*.xml",), change), workspace)
    assert (done.returncode, done.stdout, done.stderr) == (code, "w1\n", "")
    assert (workspace / "out/new.xml").read_text() == "new\n"
    assert (workspace / "a.txt").read_text() == "a"
    assert old.stat().st_mtime == 946684800


def test_what_cannot_be_copied_is_run_where_it_is(workspace: Path) -> None:
    """A large workspace is said in the first line, before anything of the tree has run."""
    with (workspace / "big").open("wb") as file:
        file.write(os.urandom(66 * 1024**2))
    change = Change(frozenset({"folder"}), folder="w1")
    done = sh(around("basename $PWD", (), change), workspace)
    assert (done.returncode, done.stdout) == (0, f"{KEPT_FOLDER}\nworkspace\n")


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        (".gatekeeper-1/junit.xml", ".gatekeeper-1/junit.xml"),
        (".gatekeeper-1/junit.xml.*.xml", ".gatekeeper-1/junit.xml.2.xml"),
        ("**/build/test-results/**/*.xml", "a/build/test-results/test/TEST-a.xml"),
        ("./out//{a,b}.xml", "out/{a,b}.xml"),
        ("target/*/TEST-?.xml", "target/x/TEST-1.xml"),
        ("out/**", "out/a/b.xml"),
    ],
)
def test_what_is_fetched_is_at_least_what_the_engine_wants(
    glob: str, path: str, workspace: Path
) -> None:
    """`find -path` with the pattern finds whatever the glob means."""
    assert matches([glob]).fullmatch(path)
    (workspace / path).parent.mkdir(parents=True, exist_ok=True)
    (workspace / path).write_text("x")
    found = sh(f"find . -type f -path './{superset(glob)}'", workspace).stdout
    assert f"./{path}" in found.splitlines()


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a.py", 'if os.environ.get("CI"):', {"CI"}),
        ("a.js", "if (process.env.GITLAB_CI) {", {"GITLAB_CI"}),
        ("a.sh", 'echo "${BUILD_NUMBER:-0}" $USER', {"BUILD_NUMBER", "USER"}),
        ("tests/test_a.py", "monkeypatch.setenv('PYTEST_CURRENT_TEST', '')", NAMES[-1:]),
        ("cli.py", "from argparse import ArgumentParser", {"argparse"}),
        ("a.py", "# runs in CI only, see the USER guide", set()),
        ("a.py", "x = os.environ['CI_TOKEN'] + env.ACI", set()),
        (".gitlab-ci.yml", 'if: "$CI"', set()),
        ("README.md", '"CI"', set()),
    ],
)
def test_a_project_that_reads_a_variable_is_known(path: str, text: str, found: object) -> None:
    """What is read in code counts; a comment, a longer name and the CI's own files do not."""
    assert isinstance(found, (set, tuple))
    assert mentioned(tree({path: text}), NAMES, ("argparse",)) == frozenset(found)
