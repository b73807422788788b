"""The bundled project is what it says: green on main, red on its branch, by one hunk of several."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gatekeeper import runners, settings
from gatekeeper.demo import BRANCH, make_demo
from gatekeeper.errors import UsageError
from gatekeeper.intake.junit import read_reports
from tests.support.trees import tree

FAILING = {
    "tests.test_money::test_split_loses_no_cent",
    "tests.test_receipt::test_instalments_add_up_to_the_total",
}


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def exit_code(folder: Path) -> int:
    """The exit code of the project's tests under an isolated Python that has `.deps` alone."""
    code = "import sys; sys.path[:0] = ['.', '.deps']; import pytest; sys.exit(pytest.main(['-q']))"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=folder, check=False
    ).returncode


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "shop"
    make_demo(folder)
    return folder


def test_the_history_is_real_and_always_the_same(demo: Path, tmp_path: Path) -> None:
    """Two branches, a clean working tree, commits of one id wherever it is made."""
    assert git(demo, "branch", "--show-current") == BRANCH
    assert git(demo, "merge-base", "main", "HEAD") == git(demo, "rev-parse", "main")
    assert git(demo, "status", "--porcelain") == ""
    make_demo(tmp_path / "again")
    assert git(tmp_path / "again", "rev-parse", "HEAD") == git(demo, "rev-parse", "HEAD")


def test_its_report_names_what_fails(demo: Path) -> None:
    """`report.xml` was written by the run that failed."""
    report = read_reports([("report.xml", (demo / "report.xml").read_bytes())])
    assert {str(case.id) for case in report.failing} == FAILING
    assert report.counts.passed == 10


def test_one_hunk_of_several_is_to_blame(demo: Path, tmp_path: Path) -> None:
    """Green on main, red on the branch; taking back one hunk of money.py turns it green.

    pytest comes from `.deps` alone.
    """
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", demo, copy], check=True)
    assert exit_code(copy) == 1
    diff = git(copy, "diff", "-U0", "main", "HEAD", "--", "shop")
    assert diff.count("\n@@") >= 5
    git(copy, "checkout", "--quiet", "main", "--", "shop/money.py")
    assert exit_code(copy) == 0
    git(copy, "checkout", "--quiet", "--force", "main")
    assert exit_code(copy) == 0


def test_its_configuration_is_valid_and_makes_a_plan(demo: Path) -> None:
    """The file is read by the real loader and the tests can be selected."""
    content = (demo / ".gatekeeper.yml").read_bytes()
    loaded = settings.load(file=(".gatekeeper.yml", content), env={}, flags={})
    files = {name: (demo / name).read_bytes() for name in git(demo, "ls-files").split("\n")}
    plan = runners.plan_for(loaded.tests, loaded.sandbox, tree(files))
    assert (plan.runner, plan.missing) == ("pytest", "")
    assert list(demo.glob(loaded.sandbox.include[0]))


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Nothing of a person's is overwritten."""
    (tmp_path / "mine").write_text("x")
    with pytest.raises(UsageError, match="not empty"):
        make_demo(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]
