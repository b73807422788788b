"""Ignored files that go into the sandbox, and the word to a person who forgot them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.errors import UsageError
from gatekeeper.runners.extras import left_behind, take_along
from tests.support import trees


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout with installed dependencies, a git folder inside them, and links."""
    root = tmp_path / "workspace"
    for name in ("node_modules/a/index.js", "node_modules/a/.git/config", "node_modules/b/c/d.js"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (root / "node_modules" / ".bin").mkdir()
    (root / "node_modules" / ".bin" / "a").symlink_to("../a/index.js")
    (root / "node_modules" / "out").symlink_to("../../secret")
    (root / "node_modules" / "absolute").symlink_to(root / "node_modules" / "a")
    (tmp_path / "secret").write_text("s")
    return root


def files(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return {str(path.relative_to(folder)) for path in found}


@pytest.mark.parametrize(
    "globs", [["node_modules"], ["node_modules/**/*"], ["node_modules/*", "node_modules"]]
)
def test_dependencies_are_taken_along(workspace: Path, tmp_path: Path, globs: list[str]) -> None:
    """Files and the links between them, but no git folder and no link that leads out."""
    tree = tmp_path / "tree"
    take_along(globs, workspace, tree)
    assert files(tree) == {
        "node_modules/a/index.js",
        "node_modules/b/c/d.js",
        "node_modules/.bin/a",
    }
    assert (tree / "node_modules" / ".bin" / "a").read_text() == "node_modules/a/index.js"


def test_a_file_of_the_commit_stays(workspace: Path, tmp_path: Path) -> None:
    """What is tried is the commit; a glob that is too wide changes none of its files."""
    committed = tmp_path / "tree" / "node_modules" / "a" / "index.js"
    committed.parent.mkdir(parents=True)
    committed.write_text("committed")
    take_along(["**/*"], workspace, tmp_path / "tree")
    assert committed.read_text() == "committed"


@pytest.mark.parametrize("pattern", ["../secret", "a/../../*", "/etc/*", ""])
def test_nothing_outside_the_workspace(workspace: Path, tmp_path: Path, pattern: str) -> None:
    """A glob that leads out is wrong usage, and nothing is written."""
    with pytest.raises(UsageError, match="inside the workspace"):
        take_along([pattern], workspace, tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


@pytest.mark.parametrize(
    ("files", "globs", "told"),
    [
        ({"package.json": "{}"}, [], True),
        ({"package.json": "{}"}, ["build/*"], True),
        ({"package.json": "{}"}, ["node_modules/**/*"], False),
        ({"package.json": "{}", "node_modules/a/index.js": ""}, [], False),
        ({"setup.py": ""}, [], False),
    ],
)
def test_a_person_is_told_what_stays_outside(
    workspace: Path, files: dict[str, str], globs: list[str], told: bool
) -> None:
    """Only where dependencies are installed, ignored, and not asked for."""
    assert ("sandbox.include" in left_behind(globs, workspace, trees.tree(files))) == told


def test_nothing_is_said_where_nothing_is_installed(tmp_path: Path) -> None:
    """Without a folder of dependencies there is nothing to take along."""
    assert left_behind([], tmp_path, trees.tree({"package.json": "{}"})) == ""
