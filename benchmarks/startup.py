"""How long a command takes that runs no tests, over `python -c pass`.

python benchmarks/startup.py [rounds]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import scene
from measure import GATEKEEPER, interleaved, machine, run, show

REPORT = (
    '<testsuite name="s"><testcase classname="t" name="a"><failure message="wrong">\n'
    "code.py:2: AssertionError</failure></testcase></testsuite>"
)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    machine()
    with tempfile.TemporaryDirectory(prefix="gatekeeper-bench-") as name:
        folder = Path(name)
        project = scene.quick(folder / "project")
        (project.folder / "report.xml").write_text(REPORT, encoding="utf-8")
        analyze = ["analyze", "--workspace", str(project.folder), "--junit", "report.xml"]
        analyze += ["--out", str(folder / "out")]
        actions: dict[str, Callable[[], object]] = {
            "python -c pass": lambda: run([sys.executable, "-c", "pass"]),
            "gatekeeper --version": lambda: run([*GATEKEEPER, "--version"]),
            "gatekeeper --help": lambda: run([*GATEKEEPER, "--help"]),
            "gatekeeper validate --help": lambda: run([*GATEKEEPER, "validate", "--help"]),
            "gatekeeper analyze, 100 files": lambda: run([*GATEKEEPER, *analyze]),
        }
        show("start-up", interleaved(actions, rounds))


if __name__ == "__main__":
    main()
