"""Eight candidates over one: how close to the tests' own time, divided by the cores.

    python benchmarks/many_candidates.py [seconds of the suite] [rounds] [image]

"ideal" is what the suite runs alone would take on all cores, nothing else counted: the
inventory and one for each candidate, each as long as a plain `docker run` of the tests.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import scene
from measure import IMAGE, interleaved, machine, show


def main() -> None:
    defaults = ["6", "3", IMAGE]
    given = sys.argv[1:] + defaults[len(sys.argv) - 1 :]
    seconds, rounds, image = float(given[0]), int(given[1]), given[2]
    cores = len(os.sched_getaffinity(0))
    machine()
    with tempfile.TemporaryDirectory(prefix="gatekeeper-bench-") as name:
        project = scene.slow(Path(name) / "project", seconds)
        actions: dict[str, Callable[[], object]] = {
            "plain docker run of the tests": lambda: project.plain(image),
            "gatekeeper validate, 1 patch": lambda: project.validate(image, 1),
            "gatekeeper validate, 8 patches": lambda: project.validate(image, 8),
        }
        found = interleaved(actions, rounds, warm=0)
    plain, one, eight = found.values()
    show(f"suite of {seconds:g} s", found)
    rows = {
        f"ideal: 9 suite runs on {cores} cores": [9 * value / cores for value in plain],
        "gatekeeper validate, 8 patches": eight,
        "ideal: 7 more": [7 * value / cores for value in plain],
        "what 7 more cost": [b - a for a, b in zip(one, eight, strict=True)],
    }
    show("over the ideal", rows, over={"what 7 more cost": "ideal: 7 more"})


if __name__ == "__main__":
    main()
