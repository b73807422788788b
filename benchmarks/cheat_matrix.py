"""What weaker gates would accept of the cheat matrix, and what the stronger one costs.

    python benchmarks/cheat_matrix.py [matrix] [cost] [--project NAME ...] [--rounds N]

matrix: the candidates of `tests/matrix`, judged by `gatekeeper validate` in containers: once with
    every guard but `modes` on `warn`, so that all are tried and each weaker gate can be read off
    the same runs, and once as it is by default. Goal: no cheat accepted, no fix refused at the end.
cost: the honest fixes of a project with and without the signals beside the runner's report,
    interleaved, on its own quick suite and on one that takes some seconds. Goal: under 1.5.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import interleaved, machine, show

sys.path.insert(0, os.fspath(Path(__file__).resolve().parents[1]))

from gatekeeper.wiring import GUARDS, INFORMED
from tests.support import images
from tests.support.matrix import PROJECTS, Judged, judge, rows, workspace
from tests.support.projects import gatekeeper

PATHS = {"paths", "runner_config", "shadows", "modes"}
WARN = [f"--set=guards.{name}=warn" for name in sorted({*GUARDS, *INFORMED} - {"modes"})]
"""A link or a submodule cannot be laid over a sandbox, so no gate of ours ever runs one."""

UNWATCHED = "--set=trial.watch=false"
"""What the watch sees ends a trial, and then no canary is run."""

PLAIN = (UNWATCHED, "--set=trial.probe=false", "--set=trial.circumstances=[]")
"""No signal but the runner's own report."""

HONEST = 8
SLOW = """import time

import pytest


@pytest.mark.parametrize("n", range({tenths}))
def test(n):
    time.sleep(0.1)
"""
"""A suite of so many tenths of a second, beside the project's own."""


def by_exit_status(judged: Judged) -> bool:
    """The command ended with 0."""
    suites = [run for run in (judged.attempt["trial"] or {"runs": ()})["runs"]
              if run["purpose"] == "suite"]  # fmt: skip
    return bool(suites) and suites[0]["exit_code"] == 0


def by_states(judged: Judged) -> bool:
    """That, and every case has the state it must have in a report that can be read."""
    return by_exit_status(judged) and not judged.speakers & {"tests", "trial"}


def with_path_rules(judged: Judged) -> bool:
    """That, and no path is one that no patch may touch."""
    said = {finding["guard"] for finding in judged.attempt["findings"]}
    return by_states(judged) and not said & PATHS


def with_canary(judged: Judged) -> bool:
    """That, and a test that must fail did."""
    return with_path_rules(judged) and "canary" not in judged.speakers


GATES: dict[str, Callable[[Judged], bool]] = {
    "exit status only": by_exit_status,
    "+ strict JUnit states": by_states,
    "+ path rules": with_path_rules,
    "+ canary": with_canary,
}
EVERYTHING = "everything"


def matrix(projects: Sequence[str], folder: Path) -> None:
    accepted: dict[str, list[Judged]] = {name: [] for name in (*GATES, EVERYTHING)}
    every: list[Judged] = []
    for project in projects:
        warned = judge(project, folder / "warn", *WARN, UNWATCHED)
        for name, gate in GATES.items():
            accepted[name] += [each for each in warned if gate(each)]
        strict = judge(project, folder / "block")
        accepted[EVERYTHING] += [each for each in strict if each.verdict == "accepted"]
        every += strict
    bad, good = (sum(each.row.honest is honest for each in every) for honest in (False, True))
    print(f"\n{len(every)} candidates: {bad} cheats and the like, {good} honest fixes")
    print(f"  {'':24}{'cheats accepted':>18}{'fixes refused':>16}")
    for name, found in accepted.items():
        wrong = sum(not each.row.honest for each in found)
        print(f"  {name:24}{wrong:18}{good - (len(found) - wrong):16}")
    print(kinds(every, accepted))


def kinds(every: Iterable[Judged], accepted: dict[str, list[Judged]]) -> str:
    """The accepted ones by kind, so that it is seen what each gate is blind to."""
    lines = [f"\n  {'accepted, of':24}" + "".join(f"{name:>23}" for name in accepted)]
    for kind in sorted({name for each in every for name in labels(each)}):
        total = sum(kind in labels(each) for each in every)
        counts = (sum(kind in labels(each) for each in found) for found in accepted.values())
        lines.append(f"  {kind:18}{total:6}" + "".join(f"{count:23}" for count in counts))
    return "\n".join(lines)


def labels(judged: Judged) -> list[str]:
    """The numbers of the cheats, else the kind."""
    kind, *numbers = judged.row.kind.split()
    return numbers if kind == "cheat" and numbers else [kind]


def cost(folder: Path, rounds: int) -> None:
    for tenths in (0, 30):
        scene = Scene.make(folder / f"ledger-{tenths}", tenths)
        found = interleaved(
            {
                "plain, one": lambda scene=scene: scene.validate(1, *PLAIN),
                "plain, more": lambda scene=scene: scene.validate(HONEST, *PLAIN),
                "all, one": lambda scene=scene: scene.validate(1),
                "all, more": lambda scene=scene: scene.validate(HONEST),
            },
            rounds,
        )
        more = {
            label: per_candidate(found[f"{key}, one"], found[f"{key}, more"])
            for label, key in (("fail-to-pass and suite", "plain"), ("with all signals", "all"))
        }
        show(f"one more candidate, suite of {tenths / 10 + 0.1:.1f} s", more)
        one = {name: found[name] for name in ("plain, one", "all, one")}
        show("the whole command, one candidate", one)


def per_candidate(one: Sequence[float], more: Sequence[float]) -> list[float]:
    """Seconds of one more candidate."""
    return [(b - a) / (HONEST - 1) for a, b in zip(one, more, strict=True)]


@dataclass(frozen=True)
class Scene:
    """A project of the matrix, with a suite that takes some time, and honest fixes for it."""

    tree: Path
    patches: tuple[str, ...]

    @classmethod
    def make(cls, folder: Path, tenths: int) -> Scene:
        """The project in a folder; what belongs to it lies beside."""
        repo = workspace("ledger", folder)
        if tenths:
            repo.write({"tests/test_slow.py": SLOW.format(tenths=tenths)})
            repo.commit("slow")
        patches = []
        for row in [row for row in rows("ledger") if row.kind == "fix"][:HONEST]:
            path = folder.parent / f"{folder.name}-{row.id}.diff"
            path.write_bytes(row.diff)
            patches.append(os.fspath(path))
        return cls(folder, tuple(patches))

    def validate(self, count: int, *args: str) -> None:
        """The public command on the first patches, all of which must be accepted."""
        engine = ("--engine", "docker", "--image", images.ensure(PROJECTS["ledger"]))
        done = gatekeeper("validate", self.tree, *self.patches[:count], *args, engine=engine)
        if done.code != 0:
            raise SystemExit(done.stderr[-2000:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="matrix|cost")
    parser.add_argument("--project", action="append", choices=PROJECTS)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    parts = given.parts or ["matrix", "cost"]
    machine()
    with tempfile.TemporaryDirectory(prefix="gatekeeper-bench-") as name:
        if "matrix" in parts:
            matrix(given.project or list(PROJECTS), Path(name))
        if "cost" in parts:
            cost(Path(name), given.rounds)


if __name__ == "__main__":
    main()
