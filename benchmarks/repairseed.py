"""Seed bugs by `mutants.py` in the projects of `repairbugs.toml`; sampled by a number, by nobody.

    python benchmarks/repairseed.py MIRRORS PYTHON PROJECT... [--most 5] [--seed 5]

Prints the facts of each bug that two to twelve tests notice: half of them stay hidden from a
search. PYTHON has the projects' dependencies. Each fourth bug is made of two wrong places in one
function.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutants import Way, seeded, ways
from repairbugs import (
    Project,
    as_toml,
    failed,
    load,
    reached,
    repository,
    run_tests,
    split,
    test_of,
    unpack,
    write_extra,
)

FEW = range(2, 13)
"""How many tests (functions, whatever their parameters) must notice a bug."""
REACH = range(2, 80)
"""How many tests (functions) must call the function that gets it: with more, most notice."""
MOST_CASES = 40
TRIES = 60
PAIRS = 4

Called = Mapping[tuple[str, int], Collection[str]]
"""The tests that call a function, by its file and first line."""


def sampled(
    files: dict[str, bytes], called: Called, rng: random.Random
) -> Iterator[tuple[str, tuple[Way, ...]]]:
    """Endless: first the operator, then the file, then the place; each fourth is a pair."""
    table: dict[str, dict[str, list[Way]]] = defaultdict(lambda: defaultdict(list))
    inside: dict[tuple[str, int], list[Way]] = defaultdict(list)
    for path, source in sorted(files.items()):
        for way in (way for way in ways(source) if len(called.get((path, way.first), ())) in REACH):
            table[way.place[0]][path].append(way)
            inside[path, way.first].append(way)
    while True:
        operator = rng.choice(sorted(table))
        path = rng.choice(sorted(table[operator]))
        way = rng.choice(table[operator][path])
        taken: tuple[Way, ...] = (way,)
        if rng.randrange(PAIRS) == 0:
            others = [
                w for w in inside[path, way.first] if w.end <= way.start or way.end <= w.start
            ]
            if not others:
                continue
            taken = (way, rng.choice(others))
        yield path, taken


def seed(project: Project, mirrors: Path, python: Path, most: int, number: int) -> Iterator[str]:
    """The facts of up to `most` bugs."""
    rng = random.Random(f"{number} {project.name}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        unpack(repository(mirrors, project.repository), project.commit, folder)
        write_extra(project, folder)
        good = run_tests(folder, python, project, project.arguments()) or {}
        assert good, project.name
        assert "failed" not in good.values(), f"{project.name}: {failed(good)}"
        calls = reached(folder, python, project, project.arguments())
        called = {key: {test_of(one) for one in names} for key, names in calls.items()}
        samples = sampled(dict(_product(folder, project)), called, rng)
        yield from _tried(Tree(folder, python, project), called, samples, most)


@dataclass(frozen=True)
class Tree:
    """A clean checkout and what runs its tests."""

    folder: Path
    python: Path
    project: Project

    def red(self, *arguments: str) -> list[str]:
        """The tests that fail."""
        whole = self.project.arguments(arguments)
        return failed(run_tests(self.folder, self.python, self.project, whole, limit=90))


def _tried(
    tree: Tree, called: Called, samples: Iterator[tuple[str, tuple[Way, ...]]], most: int
) -> Iterator[str]:  # fmt: skip
    used: set[tuple[str, int]] = set()
    for _ in range(TRIES):
        path, taken = next(samples)
        if (path, taken[0].first) in used:
            continue
        red = _noticed(tree, path, taken, sorted(called[path, taken[0].first]))
        if red:
            used.add((path, taken[0].first))
            yield written(tree.project, path, taken, red)
        if len(used) == most:
            return


def _product(folder: Path, project: Project) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        words = name.split("/")
        if name.startswith(project.sources) and not {"test", "tests", "locales.py"} & set(words):
            yield name, path.read_bytes()


def _noticed(tree: Tree, path: str, taken: Sequence[Way], near: Sequence[str]) -> list[str]:
    """The tests that fail with it, whichever are run; none where they are too few or too many."""
    target = tree.folder / path
    source = target.read_bytes()
    try:
        wrong = seeded(source, tuple(way.place for way in taken))
        compile(wrong, path, "exec")
    except SyntaxError:
        return []
    target.write_bytes(wrong)
    try:
        first = tree.red("--maxfail", str(MOST_CASES), *near)
        if len(first) >= MOST_CASES or len({test_of(one) for one in first}) not in FEW:
            return []
        return first if first == tree.red() else []
    finally:
        target.write_bytes(source)


def written(project: Project, path: str, taken: Sequence[Way], red: Sequence[str]) -> str:
    """The facts."""
    way = taken[0]
    name = f"{project.name}-{way.function.strip('_')}-{way.place[1]}"
    visible, hidden = split(red, name)
    return as_toml(
        {
            "name": name,
            "project": project.name,
            "kind": "seeded",
            "commit": project.commit,
            "source": path,
            "places": [list(each.place) for each in taken],
            "visible": visible,
            "hidden": hidden,
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("python", type=lambda said: Path(said).absolute())
    parser.add_argument("projects", nargs="+")
    parser.add_argument("--most", type=int, default=5, help="bugs of one project")
    parser.add_argument("--seed", type=int, default=5)
    chosen = parser.parse_args()
    projects, _ = load()
    for name in chosen.projects:
        found = seed(projects[name], chosen.mirrors, chosen.python, chosen.most, chosen.seed)
        for facts in found:
            print(facts, flush=True)


if __name__ == "__main__":
    main()
