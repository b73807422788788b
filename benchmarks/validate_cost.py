"""What `gatekeeper validate` costs over running the tests, and whether that grows with the tree.

    python benchmarks/validate_cost.py [suite] [tiny] [files] [--image NAME] [--rounds N]

suite: one patch on a suite of 30 s, over a plain `docker run` of the same command on the same
    tree. Goal: 1.15, and 2.15 where the cores are busy (the inventory is a second suite run).
tiny: a suite that costs nothing, one candidate over one empty hardened container.
    Goal: at most 1.3, by the engine alone and by the command.
files: the same for 60,000 files over 100, after the snapshot is made. Goal: flat.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import scene
from measure import IMAGE, interleaved, machine, show

from gatekeeper.domain import Limits, Overlay, RunSpec, SnapshotSpec
from gatekeeper.engines.docker import DockerEngine
from gatekeeper.engines.docker.client import connect
from gatekeeper.engines.docker.hardening import create_arguments
from gatekeeper.engines.docker.snapshot import DockerSnapshot

SUITE_SECONDS = 30.0
FILES = (100, 60_000)
OVERLAY = Overlay("code.py", b"def answer():\n    return 42\n", executable=False)
EXTRA = 8
REPEAT = 8
"""Runs of a short action in one round; their mean is one sample."""
TWO_AT_A_TIME = ("tests.reruns=1", "sandbox.jobs=2")
VARIANTS = {
    "one run each, one sandbox at a time": ("tests.reruns=1", "sandbox.jobs=1"),
    "one run each, two at a time": TWO_AT_A_TIME,
    "two runs each (the default), two at a time": ("sandbox.jobs=2",),
}
"""By default a fix must pass as often as the failure was shown: two runs a candidate."""


def suite(folder: Path, image: str, rounds: int, seconds: float) -> None:
    project = scene.slow(folder / "slow", seconds)
    actions: dict[str, Callable[[], object]] = {
        "plain docker run of the tests": lambda: project.plain(image),
        "gatekeeper validate, one patch": lambda: project.validate(image, 1),
        "the same, one sandbox at a time": lambda: project.validate(
            image, 1, "--set", "sandbox.jobs=1"
        ),
    }
    show(f"suite of {seconds:g} s", interleaved(actions, rounds, warm=0))


def tiny(folder: Path, image: str, rounds: int) -> None:
    project = scene.quick(folder / "tiny")
    with prepared(project.folder, image) as snapshot, cycles(image) as cycle:
        actions = {"empty hardened container": cycle, "engine: one candidate": once(snapshot)}
        commands = validations("command", project, image, VARIANTS)
        found = interleaved({**actions, **commands}, rounds, repeat=dict.fromkeys(actions, REPEAT))
    show("tiny suite, one candidate", per_candidate(found, "command", VARIANTS))


def files(folder: Path, image: str, rounds: int) -> None:
    few, many = (scene.quick(folder / f"tree{count}", count) for count in FILES)
    names = [f"{count} files" for count in FILES]
    with prepared(few.folder, image) as small, prepared(many.folder, image) as large:
        actions = {f"engine, {names[0]}": once(small), f"engine, {names[1]}": once(large)}
        found = interleaved(actions, rounds, repeat=dict.fromkeys(actions, REPEAT))
    show("engine: one candidate", found)
    steps: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, project in zip(names, (few, many), strict=True):
            one, more = (steps_of(project, image, count) for count in (1, 1 + EXTRA))
            steps[name].append((more - one) / EXTRA)
    show("command: one more candidate, without the step that makes the snapshot", steps)


def steps_of(project: scene.Project, image: str, patches: int) -> float:
    """Seconds of all steps but the one that makes the snapshot, which varies more than all else."""
    project.validate(image, patches, *(f"--set={setting}" for setting in TWO_AT_A_TIME))
    verdict = json.loads((project.report / "verdict.json").read_text(encoding="utf-8"))
    return sum(float(step["seconds"]) for step in verdict["steps"] if step["name"] != "sandbox")


Variants = Mapping[str, Sequence[str]]


def validations(
    name: str, project: scene.Project, image: str, variants: Variants
) -> dict[str, Callable[[], object]]:
    """`gatekeeper validate` of one patch and of more, for each set of settings."""

    def validate(settings: Sequence[str], patches: int) -> Callable[[], object]:
        options = [f"--set={setting}" for setting in settings]
        return lambda: project.validate(image, patches, *options)

    return {
        f"{name} {variant} {count}": validate(settings, count)
        for variant, settings in variants.items()
        for count in (1, 1 + EXTRA)
    }


def per_candidate(
    found: Mapping[str, list[float]], name: str, variants: Variants
) -> dict[str, list[float]]:
    """The same rows, with seconds of one more patch instead of whole commands."""
    rows = dict(found)
    for variant in variants:
        one, more = (rows.pop(f"{name} {variant} {count}") for count in (1, 1 + EXTRA))
        rows[f"{name}, {variant}"] = [(b - a) / EXTRA for a, b in zip(one, more, strict=True)]
    return rows


@contextlib.contextmanager
def prepared(tree: Path, image: str) -> Iterator[DockerSnapshot]:
    with DockerEngine().prepare(SnapshotSpec(tree=str(tree), image=image)) as snapshot:
        snapshot.run(RunSpec("true"))  # takes the sandbox that was started ahead
        yield snapshot


def once(snapshot: DockerSnapshot) -> Callable[[], object]:
    return lambda: snapshot.run(RunSpec("true", overlays=(OVERLAY,), reports=("report.xml",)))


@contextlib.contextmanager
def cycles(image: str) -> Iterator[Callable[[], None]]:
    """Create, start, wait and remove: the same options as a sandbox, and nothing in it."""
    api = connect()

    def cycle() -> None:
        arguments = create_arguments(api, image, "exit 0", Limits(), {}, network=False, cores=1)
        arguments["entrypoint"] = ["/bin/sh", "-c", "exit 0"]  # a sandbox's own shell is not here
        identity = str(api.create_container(**arguments)["Id"])
        api.start(identity)
        api.wait(identity)
        api.remove_container(identity, force=True, v=True)

    try:
        yield cycle
    finally:
        api.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="suite|tiny|files")
    parser.add_argument("--image", default=IMAGE)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=SUITE_SECONDS)
    given = parser.parse_args()
    parts = given.parts or ["suite", "tiny", "files"]
    machine()
    with tempfile.TemporaryDirectory(prefix="gatekeeper-bench-") as name:
        folder = Path(name)
        if "tiny" in parts:
            tiny(folder, given.image, given.rounds)
        if "files" in parts:
            files(folder, given.image, given.rounds)
        if "suite" in parts:
            suite(folder, given.image, max(1, given.rounds // 2), given.seconds)


if __name__ == "__main__":
    main()
