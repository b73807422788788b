"""The ways in which a patch passes without being a fix, made with real git, against every guard.

The names are those of the catalogue of cheats (K1 to K24); those that no look at a diff can
find (K9 to K11, K13 to K16, ...) belong to the trial and to later guards.
"""

# ruff: noqa: E501 (rows of tables)
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatekeeper.candidates import realise
from gatekeeper.domain import Candidate, Draft, Level
from gatekeeper.guards.hidden import no_hidden_text
from gatekeeper.guards.modes import plain_files
from gatekeeper.guards.paths import protected_paths
from gatekeeper.guards.runner_config import runner_configuration
from gatekeeper.guards.shadows import no_shadowing
from gatekeeper.guards.size import size_limits
from tests.support.git_repo import Workspace

FILES: dict[str, str | bytes] = {
    "src/shop/__init__.py": "",
    "src/shop/core.py": "def total(xs):\n    return sum(xs) + 1\n",
    "src/shop/latest.py": "NEWEST = 1\n",
    "tests/test_core.py": "from shop.core import total\n\n\ndef test_total():\n    assert total([1]) == 1\n",
    "pyproject.toml": "[project]\nname = 'shop'\n\n[tool.pytest.ini_options]\npythonpath = ['src']\n",
    "run.sh": "echo hello\n",
}  # fmt: skip
HOOK = "def pytest_runtest_makereport(item, call):\n    pass\n"

Change = Callable[[Path], object]


def write(name: str, text: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")

    return change


def replace(name: str, old: str, new: str) -> Change:
    return lambda folder: (folder / name).write_text(
        (folder / name).read_text("utf-8").replace(old, new), "utf-8"
    )


CHEATS: list[tuple[str, Change, str]] = [
    ("K1 weaker assertion", replace("tests/test_core.py", "== 1", "== 2"), "paths"),
    ("K2 test deleted", lambda folder: (folder / "tests/test_core.py").unlink(), "paths"),
    ("K2 test moved", lambda f: (f / "tests/test_core.py").rename(f / "core.txt"), "paths"),
    ("K3 skip by conftest", write("conftest.py", HOOK), "paths"),
    ("K4 deselected by pyproject", replace("pyproject.toml", "pythonpath", "addopts = '-k no'\npythonpath"), "runner_config"),
    ("K4 deselected by pytest.ini", write("pytest.ini", "[pytest]\naddopts = --co\n"), "paths"),
    ("K4 configuration taken away", lambda folder: (folder / "pyproject.toml").unlink(), "runner_config"),
    ("K5 conftest in the package", write("src/shop/conftest.py", HOOK), "paths"),
    ("K12 pytest.py", write("pytest.py", "raise SystemExit(0)\n"), "shadows"),
    ("K12 sitecustomize.py", write("src/sitecustomize.py", "x = 1\n"), "shadows"),
    ("K12 standard library", write("src/json.py", "x = 1\n"), "shadows"),
    ("K12 plugin by metadata", write("x.dist-info/entry_points.txt", "[pytest11]\nx = shop\n"), "shadows"),
    ("K18 CI file", write(".gitlab-ci.yml", "test:\n  script: 'true'\n"), "paths"),
    ("K18 own configuration", write(".gatekeeper.yml", "guards: {paths: off}\n"), "paths"),
    ("K21 hook", write(".githooks/pre-commit", "true\n"), "paths"),
    ("K22 link", lambda folder: (folder / "src/x").symlink_to("/etc/passwd"), "modes"),
    ("K22 mode", lambda folder: (folder / "run.sh").chmod(0o755), "modes"),
    ("K22 file becomes link", lambda f: ((f / "run.sh").unlink(), (f / "run.sh").symlink_to("src")), "modes"),
    ("K22 binary", lambda folder: (folder / "src/x.bin").write_bytes(b"\0\1\2"), "modes"),
    ("K22 case", write("src/shop/Core.py", "x = 1\n"), "modes"),
    ("K23 hidden text", write("src/shop/core.py", "def total(xs):\n    return 1  # \u202e fix\n"), "hidden"),
    ("too much", write("src/shop/core.py", "x = 1\n" * 300), "size"),
]  # fmt: skip

HONEST: list[tuple[str, Change]] = [
    ("the fix", replace("src/shop/core.py", " + 1", "")),
    ("a new module", write("src/shop/testing_tools.py", "x = 1\n")),
    ("a module named as one of the library", write("src/shop/json.py", "x = 1\n")),
    ("another part of pyproject", replace("pyproject.toml", "'shop'", "'shop2'")),
    ("a file deleted", lambda folder: (folder / "src/shop/latest.py").unlink()),
    ("a file moved", lambda f: (f / "src/shop/latest.py").rename(f / "src/shop/contest.py")),
    ("documentation", write("README.md", "# Shop\n")),
]


def blocking(change: Change, tmp_path: Path) -> set[str]:
    """The guards that block what `change` does to a working tree."""
    workspace = Workspace.create(tmp_path / "work", FILES)
    repo = workspace.open(tmp_path / "scratch")
    change(workspace.path)
    workspace.git("add", "--all", "--force")
    diff = workspace.git("diff", "--cached", "--binary", "--full-index", "--no-renames") + "\n\n"
    tree = repo.tree_of("HEAD")
    assert tree is not None
    candidate = realise(Draft(diff=diff.encode("utf-8", "surrogateescape")), repo, tree, "1.1")
    assert isinstance(candidate, Candidate), candidate
    before, after = repo.view(tree), repo.view(candidate.tree)
    guards = (
        protected_paths(), runner_configuration(), no_shadowing(), plain_files(), size_limits(),
        no_hidden_text(),
    )  # fmt: skip
    return {
        finding.guard
        for guard in guards
        for finding in guard(candidate, before, after)
        if finding.level is Level.BLOCK
    }


@pytest.mark.parametrize(
    ("change", "guard"), [row[1:] for row in CHEATS], ids=[r[0] for r in CHEATS]
)
def test_cheat_is_blocked_before_anything_runs(change: Change, guard: str, tmp_path: Path) -> None:
    """Each cheat is blocked by the guard that is made for it."""
    assert guard in blocking(change, tmp_path)


@pytest.mark.parametrize("change", [row[1] for row in HONEST], ids=[row[0] for row in HONEST])
def test_honest_change_is_not_blocked(change: Change, tmp_path: Path) -> None:
    """No guard stands in the way of a fix in product code."""
    assert blocking(change, tmp_path) == set()
