"""Bugs for the repair search as facts (`repairbugs.toml`), and the projects they are in.

No line of anybody's code is here: a real bug is two commits of a public repository and names of
tests; a seeded one is an operator of `mutants.py` and the place where it is applied.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
import tomllib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("repairbugs.toml")
PLUGIN = Path(__file__).with_name("outcomes")


@dataclass(frozen=True)
class Project:
    """One repository: what must be importable, which tests are run, which are not.

    `commit` is where bugs are seeded; `left_out` are tests that fail or wait on any machine of
    ours; `extra` are files that the project's own build would write.
    """

    name: str
    repository: str
    commit: str
    sources: str
    tests: tuple[str, ...] = ()
    path: str = "."
    left_out: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    narrow: bool = False
    """Whether only the test files that a fix touches are run: the suite takes too long."""

    def arguments(self, tests: Iterable[str] = (), hidden: Iterable[str] = ()) -> list[str]:
        """What pytest is told: which files, and the tests that nobody may see."""
        away = [f"--deselect={one}" for one in (*self.left_out, *hidden)]
        return ["-o", "addopts=", "-W", "ignore", *away, *(tests or self.tests)]


@dataclass(frozen=True)
class Bug:
    """One bug; visible tests are those that a repair may be judged by on the way.

    A real one: the tree of `commit` with `laid` files of `fix`. A seeded one: the tree of `commit`
    with `source` made wrong at `places`.
    """

    name: str
    project: str
    kind: str
    commit: str
    source: str
    visible: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    fix: str = ""
    places: tuple[tuple[str, int, int, int], ...] = ()

    @property
    def part(self) -> str:
        """A third is for developing; whoever writes the search sees what became of that one."""
        return "held-out" if zlib.crc32(self.name.encode()) % 3 else "develop"


def load() -> tuple[dict[str, Project], list[Bug]]:
    """What the facts say."""
    facts = tomllib.loads(FACTS.read_text())
    projects = {row["name"]: read_project(row) for row in facts["project"]}
    return projects, [_read(Bug, row) for row in facts.get("bug", ())]


def read_project(row: Mapping[str, Any]) -> Project:
    """One project's facts."""
    project: Project = _read(Project, row)
    return project


def split(red: Iterable[str], name: str) -> tuple[list[str], list[str]]:
    """Half of the tests (the larger one) to be seen, and the other half, by a name's own chance.

    Whole functions are one, where there are two. No hidden one begins a visible one's name: what
    pytest leaves out it leaves out by the beginning.
    """
    cases = sorted(red)
    functions = sorted({test_of(one) for one in cases})
    tests = functions if len(functions) > 1 else cases
    random.Random(name).shuffle(tests)
    seen, away = set(tests[: (len(tests) + 1) // 2]), set(tests[(len(tests) + 1) // 2 :])
    while clash := min(((v, h) for v in seen for h in away if v.startswith(h)), default=None):
        seen = seen - {clash[0]} | {clash[1]}
        away = away - {clash[1]} | {clash[0]}
    return sorted(seen), sorted(away)


def test_of(node: str) -> str:
    """A node id without its parameters."""
    return node.partition("[")[0]


def failed(outcomes: Mapping[str, str] | None) -> list[str]:
    """Node ids, sorted."""
    return sorted(name for name, outcome in (outcomes or {}).items() if outcome == "failed")


def as_toml(rows: Mapping[str, Any]) -> str:
    """One bug's facts as they stand in the file."""
    return "\n[[bug]]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in rows.items())


def _read(kind: Any, row: Mapping[str, Any]) -> Any:
    return kind(**{key: _frozen(value) for key, value in row.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


# --- trees ------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str, check: bool = True) -> bytes:
    """What git prints, of a bare directory or a checkout."""
    where = ["--git-dir", str(folder)] if (folder / "HEAD").is_file() else ["-C", str(folder)]
    done = subprocess.run(["git", *where, *arguments], check=check, capture_output=True)
    return done.stdout


def repository(mirror: Path, name: str) -> Path:
    """The git directory of `owner/name` in the folder of mirrors."""
    plain = mirror / name.replace("/", "+")
    return plain / "repo" if (plain / "repo" / "HEAD").is_file() else plain


def unpack(stored: Path, commit: str, folder: Path) -> None:
    """The files of a commit, all of them, whatever its attributes keep from archives."""
    with tempfile.TemporaryDirectory() as place:
        env = {**os.environ, "GIT_INDEX_FILE": f"{place}/index", "GIT_DIR": str(stored)}
        for argv in (
            ["read-tree", commit],
            ["--work-tree", str(folder), "checkout-index", "-a", "-q", f"--prefix={folder}/"],
        ):
            subprocess.run(["git", *argv], check=True, env=env, cwd=place, capture_output=True)


def lay(stored: Path, commit: str, paths: Iterable[str], folder: Path) -> None:
    """Files of another commit over those that are there; one that is absent there goes."""
    for path in paths:
        target = folder / path
        if git(stored, "ls-tree", commit, "--", path):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(git(stored, "cat-file", "blob", f"{commit}:{path}"))
        else:
            target.unlink(missing_ok=True)


def write_extra(project: Project, folder: Path) -> None:
    """The files that the project's build would have written."""
    for path, text in project.extra.items():
        (folder / path).write_text(text)


# --- runs -------------------------------------------------------------------------------------


def run_tests(
    folder: Path, python: Path, project: Project, arguments: Sequence[str], limit: float = 300
) -> dict[str, str] | None:
    """How each test ended (node id to outcome), or None where nothing ran to its end.

    `limit` is in seconds; one test may take ten.
    """
    with tempfile.TemporaryDirectory() as place:
        rows = _told(folder, python, project, arguments, Path(place), "OUTCOMES", limit)
    if rows is None:
        return None
    found: dict[str, str] = {}
    for name, outcome in rows:
        if found.get(name) != "failed":
            found[name] = outcome
    return found


def reached(
    folder: Path, python: Path, project: Project, arguments: Sequence[str]
) -> dict[tuple[str, int], set[str]]:
    """Which tests call a function; by its file and first line (that of its first decorator)."""
    with tempfile.TemporaryDirectory() as place:
        rows = _told(folder, python, project, arguments, Path(place), "REACHED", 300)
    found: dict[tuple[str, int], set[str]] = {}
    for name, places in rows or ():
        for path, line in places:
            found.setdefault((path, line), set()).add(name)
    return found


def _told(
    folder: Path, python: Path, project: Project, arguments: Sequence[str], place: Path,
    which: str, limit: float,
) -> list[Any] | None:  # fmt: skip
    env = {
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "HOME": str(place),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": f"{project.path}:{PLUGIN}",
        "OUTCOMES": str(place / "OUTCOMES"),
        which: str(place / which),
    }
    argv = [str(python), "-m", "pytest", "-p", "no:cacheprovider", "-q", "--timeout=10"]
    argv += ["-p", PLUGIN_NAME, *arguments]
    try:
        done = subprocess.run(
            argv, cwd=folder, env=env, capture_output=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode not in (0, 1) or not (place / which).is_file():
        return None
    return [json.loads(row) for row in (place / which).read_text().splitlines()]


PLUGIN_NAME = "gatekeeper_outcomes"
