"""Small fixes in public histories: one function, five lines, tests red before and green after.

    python benchmarks/repairmine.py MIRRORS PYTHON PROJECT... [--most 4] [--tries 15]

Prints the facts of each that was really run. PYTHON has the projects' dependencies.
"""

from __future__ import annotations

import argparse
import ast
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from repairbugs import (
    Project,
    as_toml,
    failed,
    git,
    lay,
    load,
    repository,
    run_tests,
    split,
    unpack,
    write_extra,
)

SINCE = "2018-06-01"
MOST_LINES = 5
_TEST = re.compile(r"(?:^|/)(?:tests?|testing)(?:/|_)|(?:^|/)test_[^/]*$|_tests?\.py$")
_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


@dataclass(frozen=True)
class Fix:
    """A commit, its parent, the one source file it changes, and the test files."""

    commit: str
    parent: str
    source: str
    tests: tuple[str, ...]


def fixes(stored: Path, inside: str) -> Iterator[Fix]:
    """Newest first; merges count as what they bring."""
    log = git(
        stored, "log", "-m", "--first-parent", f"--since={SINCE}", "--no-renames", "--name-only",
        "--format=%x01%H %P",
    ).decode("utf-8", "replace")  # fmt: skip
    for entry in log.split("\x01")[1:]:
        head, *names = [line for line in entry.split("\n") if line]
        commit, parent, *_ = [*head.split(" "), ""]
        python = [name for name in names if name.endswith(".py")]
        tests = tuple(name for name in names if _TEST.search(name))
        sources = [name for name in python if name not in tests]
        if parent and tests and len(sources) == 1 and sources[0].startswith(inside):
            yield Fix(commit, parent, sources[0], tests)


def is_small(stored: Path, fix: Fix) -> bool:
    """Whether what it changes in the source is one to five lines of one function."""
    diff = git(stored, "diff", "-U0", fix.parent, fix.commit, "--", fix.source)
    sides = [
        git(stored, "show", f"{c}:{fix.source}", check=False) for c in (fix.parent, fix.commit)
    ]
    try:
        trees = [ast.parse(side) for side in sides]
    except (SyntaxError, ValueError):
        return False
    if ast.dump(trees[0]) == ast.dump(trees[1]):
        return False
    counts = [(int(h[1]), int(h[2] or 1), int(h[3]), int(h[4] or 1)) for h in _HUNK.finditer(diff)]
    old = sum(count for _, count, _, _ in counts)
    new = sum(count for _, _, _, count in counts)
    if not 0 < max(old, new) <= MOST_LINES:
        return False
    return _one_function(trees[0], [(s, s + max(n, 1) - 1) for s, n, _, _ in counts]) and (
        _one_function(trees[1], [(s, s + max(n, 1) - 1) for _, _, s, n in counts])
    )


def _one_function(tree: ast.Module, lines: list[tuple[int, int]]) -> bool:
    return any(
        all(
            each.body[0].lineno - 1 <= start and end <= (each.end_lineno or 0)
            for start, end in lines
        )
        for each in ast.walk(tree)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def proven(project: Project, fix: Fix, stored: Path, python: Path) -> list[str]:
    """The tests that fail before the fix with its tests laid over, and pass with it."""
    files = [t for t in fix.tests if t.endswith(".py") and "conftest" not in t]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        unpack(stored, fix.commit, folder)
        write_extra(project, folder)
        files = [t for t in files if (folder / t).is_file()]
        arguments = project.arguments(files if project.narrow else ())
        after = run_tests(folder, python, project, arguments)
        if not files or not after:
            return []
        lay(stored, fix.parent, [fix.source], folder)
        before = run_tests(folder, python, project, arguments)
        again = run_tests(folder, python, project, arguments)
    if not before or before != again:
        return []
    red = set(failed(before))
    stays = red - {name for name, outcome in after.items() if outcome == "passed"}
    return [] if stays else sorted(red)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("python", type=lambda said: Path(said).absolute())
    parser.add_argument("projects", nargs="*")
    parser.add_argument("--most", type=int, default=4, help="bugs of one project")
    parser.add_argument("--tries", type=int, default=15, help="fixes of one project that are run")
    chosen = parser.parse_args()
    projects, _ = load()
    for project in projects.values():
        if not chosen.projects or project.name in chosen.projects:
            _mine(project, chosen.mirrors, chosen.python, chosen.most, chosen.tries)


def _mine(project: Project, mirrors: Path, python: Path, most: int, tries: int) -> None:
    stored = repository(mirrors, project.repository)
    found = 0
    for fix in fixes(stored, project.sources):
        if found == most or not tries:
            return
        if not is_small(stored, fix):
            continue
        tries -= 1
        red = proven(project, fix, stored, python)
        print(f"# {project.name} {fix.commit[:10]} {len(red)}", flush=True)
        if red:
            found += 1
            print(written(project, fix, red), flush=True)


def written(project: Project, fix: Fix, red: list[str]) -> str:
    """The facts."""
    files = [t for t in fix.tests if t.endswith(".py") and "conftest" not in t]
    name = f"{project.name}-{fix.commit[:8]}"
    visible, hidden = split(red, name)
    return as_toml(
        {
            "name": name,
            "project": project.name,
            "kind": "real",
            "commit": fix.parent,
            "fix": fix.commit,
            "source": fix.source,
            "tests": files if project.narrow else [],
            "visible": visible,
            "hidden": hidden,
        }
    )


if __name__ == "__main__":
    main()
