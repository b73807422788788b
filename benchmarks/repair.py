"""What the repair search makes of bugs that it was not written against: see repairbugs.toml.

    python benchmarks/repair.py run MIRRORS PYTHON RESULTS [--part develop] [--delta] [--every 3]
    python benchmarks/repair.py table RESULTS
    python benchmarks/repair.py prove MIRRORS PYTHON [--only NAME]

`run` adds a line to RESULTS for each bug and goes on where it stopped. MIRRORS holds git
directories, `owner+name/repo`; PYTHON is an interpreter with `needs` of the facts installed. Each
bug is one call of `gatekeeper run` with the search, on the process engine: accepted by the gate
means plausible. Correct is a plausible patch with which the hidden tests pass too; where the fix
has only one test, one that leaves the same syntax tree as the true fix. Run it where nothing can
be lost: edits of code that removes files remove files. `prove` runs no search: it shows that the
tests named in the facts are those that fail, and that the right source turns all green.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mutants import seeded
from repairbugs import (
    Bug,
    Project,
    failed,
    lay,
    load,
    repository,
    run_tests,
    test_of,
    unpack,
    write_extra,
)

SECONDS = 60
"""What the search may take."""
GOAL = 90
"""What the whole call should take, with the runs before the search and the gate behind it."""
LIMIT = 300.0
"""Seconds after which one call is ended: it has no candidate then."""
NAMED = ["-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-c", "gc.auto=0"]


@dataclass(frozen=True)
class Result:
    """What became of one bug; `seconds` of the whole call, `tries` and `searched` to the first."""

    name: str
    kind: str
    part: str
    delta: bool
    order: str
    outcome: str
    exit_code: int
    plausible: bool
    same: bool
    correct: bool | None
    seconds: float
    tries: int
    searched: float
    label: str
    note: str


@dataclass(frozen=True)
class Place:
    """Where one bug is tried."""

    folder: Path
    mirrors: Path
    python: Path

    @property
    def workspace(self) -> Path:
        """The checkout."""
        return self.folder / "workspace"


def build(bug: Bug, project: Project, place: Place, *, delta: bool) -> bytes:
    """A checkout with the bug, committed alone or on top of the clean tree; the right source."""
    stored = repository(place.mirrors, project.repository)
    folder = place.workspace
    folder.mkdir()
    unpack(stored, bug.fix or bug.commit, folder)
    write_extra(project, folder)
    right = (folder / bug.source).read_bytes()
    _git(folder, "init", "-q", "-b", "main", ".")
    if delta:
        _commit(folder, "Everything")
    if bug.fix:
        lay(stored, bug.commit, [bug.source], folder)
    else:
        (folder / bug.source).write_bytes(seeded(right, bug.places))
    _commit(folder, "Simpler")
    return right


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *NAMED, *arguments], cwd=folder, check=True, capture_output=True)


def _commit(folder: Path, message: str) -> None:
    _git(folder, "add", "-A", "-f")
    _git(folder, "commit", "-q", "--no-verify", "-m", message)


def settings(bug: Bug, project: Project, order: str) -> dict[str, Any]:
    """The configuration of the call; hidden tests are not run in it."""
    words = ["python", "-m", "pytest", "-p", "no:cacheprovider", "--timeout=10"]
    words += project.arguments(bug.tests, bug.hidden)
    return {
        "tests": {"command": f"{shlex.join(words)} --junitxml={{junit}}", "runner": "pytest"},
        "sandbox": {"engine": "process", "jobs": 2, "env": {"PYTHONPATH": project.path}},
        "backend": {"name": "edits"},
        # What nobody would choose in a pipeline is chosen here, to see how good the best one is.
        "clarification": {"policy": "off"},
        "edits": {"order": order, "seconds": SECONDS, "unisolated": True},
    }


def run(bug: Bug, project: Project, place: Place, *, delta: bool, order: str) -> Result:
    """One call, and what its patch is worth."""
    right = build(bug, project, place, delta=delta)
    config, out = place.folder / "gatekeeper.json", place.folder / "out"
    config.write_text(json.dumps(settings(bug, project, order)))
    begun = time.monotonic()
    code = _call(place, config, out)
    seconds = time.monotonic() - begun
    verdict = _read(out / "verdict.json")
    outcome = str(verdict.get("outcome", "none"))
    patch = out / "patch.diff"
    plausible = outcome == "accepted" and patch.is_file()
    same, correct = judged(bug, project, place, patch, right) if plausible else (False, False)
    return Result(
        bug.name, bug.kind, bug.part, delta, order, outcome, code, plausible, same, correct,
        round(seconds, 1), *first_of(out), _label(verdict), _note(verdict),
    )  # fmt: skip


ORDERS = ("ranked", "random")


def _call(place: Place, config: Path, out: Path) -> int:
    env = {**os.environ, "PATH": f"{place.python.parent}:{os.environ['PATH']}", "CI": ""}
    argv = [sys.executable, "-m", "gatekeeper", "run", "-w", str(place.workspace)]
    argv += ["--config", str(config), "-o", str(out), "-q"]
    with (place.folder / "said.log").open("wb") as said:
        try:
            return subprocess.run(
                argv, env=env, stdout=said, stderr=said, timeout=LIMIT, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return -1


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return found


def first_of(out: Path) -> tuple[int, float]:
    """Tries and seconds of the search until its first plausible one, or all where there is none."""
    for stored in sorted(out.glob("attempts/*/response.json")):
        facts = _read(stored)
        first = facts.get("first")
        first = first if isinstance(first, dict) else {}
        if "tries" in facts:
            return int(first.get("tries", facts["tries"])), float(
                first.get("seconds", facts.get("seconds", 0))
            )
    return 0, 0.0


def _label(verdict: dict[str, Any]) -> str:
    """What the accepted candidate is called."""
    wanted = verdict.get("accepted")
    found = [one for one in verdict.get("attempts", ()) if one.get("id") == wanted]
    return str(found[0].get("label", "")) if found else ""


def _note(verdict: dict[str, Any]) -> str:
    return str(verdict.get("reason", verdict.get("reasons", "")))[:300]


def judged(
    bug: Bug, project: Project, place: Place, patch: Path, right: bytes
) -> tuple[bool, bool | None]:
    """Whether the tree is that of the true fix; whether it is correct, None where nobody knows."""
    _git(place.workspace, "apply", "--whitespace=nowarn", str(patch))
    ours = (place.workspace / bug.source).read_bytes()
    same = ast.dump(ast.parse(ours)) == ast.dump(ast.parse(right))
    if same or not bug.hidden:
        return same, True if same else None
    arguments = project.arguments(bug.tests)
    found = run_tests(place.workspace, place.python, project, arguments) or {}
    held = [outcome for name, outcome in found.items() if name.startswith(bug.hidden)]
    return same, bool(held) and "failed" not in found.values()


def proven(bug: Bug, project: Project, place: Place) -> str:
    """Why the facts of a bug do not hold; empty where they do."""
    right = build(bug, project, place, delta=False)
    arguments = project.arguments(bug.tests)
    named = {*bug.visible, *bug.hidden}
    red = failed(run_tests(place.workspace, place.python, project, arguments))
    if {test_of(one) for one in red} != {test_of(one) for one in named}:
        return f"other tests fail: {', '.join(red) or 'none'}"
    (place.workspace / bug.source).write_bytes(right)
    after = run_tests(place.workspace, place.python, project, arguments)
    return ", ".join(failed(after)) if after else "nothing runs with the right source"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("run", "prove"):
        runs = verbs.add_parser(verb)
        runs.add_argument("mirrors", type=Path)
        runs.add_argument("python", type=lambda said: Path(said).absolute())
        runs.add_argument("--part", choices=("develop", "held-out", "all"), default="all")
        runs.add_argument("--kind", choices=("seeded", "real", "all"), default="all")
        runs.add_argument("--only", default="", help="bugs whose name contains this")
        runs.add_argument("--every", type=int, default=1, help="each n-th bug only")
    runs = verbs.choices["run"]
    runs.add_argument("results", type=Path)
    runs.add_argument("--delta", action="store_true", help="the bug as a change of a clean tree")
    runs.add_argument("--order", choices=ORDERS, default="ranked")
    runs.add_argument("--keep", type=Path, help="folder for what the calls left")
    tables = verbs.add_parser("table")
    tables.add_argument("results", type=Path)
    chosen = parser.parse_args()
    if chosen.verb == "run":
        _run_all(chosen)
    elif chosen.verb == "prove":
        _prove_all(chosen)
    else:
        table([Result(**json.loads(row)) for row in chosen.results.read_text().splitlines()])


def _wanted(chosen: argparse.Namespace) -> Iterator[tuple[Bug, Project]]:
    projects, bugs = load()
    wanted = [bug for bug in bugs if chosen.part in ("all", bug.part)]
    wanted = [bug for bug in wanted if chosen.kind in ("all", bug.kind) and chosen.only in bug.name]
    for bug in wanted[:: chosen.every]:
        yield bug, projects[bug.project]


def _prove_all(chosen: argparse.Namespace) -> None:
    for bug, project in _wanted(chosen):
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder), chosen.mirrors.absolute(), chosen.python)
            print(bug.name, proven(bug, project, place) or "holds", flush=True)


def _run_all(chosen: argparse.Namespace) -> None:
    rows = chosen.results.read_text().splitlines() if chosen.results.is_file() else []
    known = [json.loads(row) for row in rows]
    done = {(row["name"], row["delta"], row["order"]) for row in known}
    for bug, project in _wanted(chosen):
        if (bug.name, chosen.delta, chosen.order) in done:
            continue
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder), chosen.mirrors.absolute(), chosen.python)
            result = run(bug, project, place, delta=chosen.delta, order=chosen.order)
            if chosen.keep:
                _keep(place.folder, chosen.keep / f"{bug.name}-{chosen.order}-{chosen.delta:d}")
        with chosen.results.open("a") as file:
            file.write(json.dumps(asdict(result)) + "\n")
        print(result, flush=True)


def _keep(folder: Path, kept: Path) -> None:
    kept.mkdir(parents=True, exist_ok=True)
    for name in ("out/verdict.json", "out/patch.diff", "said.log", "gatekeeper.json"):
        if (folder / name).is_file():
            (kept / Path(name).name).write_bytes((folder / name).read_bytes())


COLUMNS = (
    "bugs", "delta", "order", "n", "plausible", "correct", "same tree", "not known",
    "plausible, the call under 90 s", "tries", "seconds of the search", "of the call",
)  # fmt: skip


def table(results: Sequence[Result]) -> None:
    """Shares by kind, delta and order."""
    groups: dict[tuple[str, bool, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.kind, result.delta, result.order), []).append(result)
        groups.setdefault(("all", result.delta, result.order), []).append(result)
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for (kind, delta, order), rows in sorted(groups.items(), key=str):
        found = [row for row in rows if row.plausible]
        print(
            f"| {kind} | {'with' if delta else 'without'} | {order} | {len(rows)} "
            f"| {_share(row.plausible for row in rows)} "
            f"| {_share(row.correct is True for row in rows)} "
            f"| {_share(row.same for row in rows)} | {sum(row.correct is None for row in rows)} "
            f"| {_share(row.plausible and row.seconds <= GOAL for row in rows)} "
            f"| {_spread([row.tries for row in found])} "
            f"| {_spread([row.searched for row in found])} "
            f"| {_spread([row.seconds for row in found])} |"
        )
    print(dict(Counter(f"{row.outcome} ({row.exit_code})" for row in results)))
    _by_operator([row for row in results if row.kind == "seeded" and not row.delta])


def _by_operator(results: Sequence[Result]) -> None:
    """Which kinds of seeded bugs are found: plausible of all, without the delta."""
    made = {bug.name: "+".join(sorted(place[0] for place in bug.places)) for bug in load()[1]}
    counts: dict[str, list[bool]] = {}
    for row in results:
        name = made[row.name] if "+" not in made[row.name] else "two at once"
        counts.setdefault(f"{name}, {row.order}", []).append(row.plausible)
    print("; ".join(f"{name}: {sum(e)} of {len(e)}" for name, e in sorted(counts.items())))


def _share(flags: Iterable[bool]) -> str:
    every = list(flags)
    return f"{100 * sum(every) / len(every):.0f} %"


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f} (most {max(values):.0f})" if values else "-"


if __name__ == "__main__":
    main()
