"""Context for a failure in a tree of 60,000 files, as a ratio to `git ls-files` and `git grep`.

    PYTHONPATH=. python benchmarks/context_scale.py [--files 60000] [--rounds 5]

One Python test fails among that many files (half of them Python). `context` is the whole command,
its start and its reading of git included; memory is the most that the process held.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import GATEKEEPER, machine

TEST = "from shop.api import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
REPORT = (
    '<testsuite tests="1"><testcase classname="tests.test_api" name="test_total">'
    '<failure message="assert 4 == 3">tests/test_api.py:5: AssertionError</failure>'
    "</testcase></testsuite>"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    machine()
    with tempfile.TemporaryDirectory(prefix="context-scale-") as scratch:
        folder = Path(scratch) / "shop"
        _workspace(folder, chosen.files)
        out = f"{scratch}/out"
        context = [*GATEKEEPER, "context", "-q", "--junit", "r.xml", "--out", out]
        commands = {
            "git ls-files": ["git", "ls-files"],
            "git grep": ["git", "grep", "-n", "total("],
            "gatekeeper --version": [*GATEKEEPER, "--version"],
            "gatekeeper context": context,
        }
        rows: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for number in range(chosen.rounds + 1):
            for name, argv in commands.items():
                sample = _measured(argv, folder)
                if number:  # the first round warms the caches
                    rows[name].append(sample)
        shown = (Path(out) / "context.txt").read_text()
        assert "return sum(prices) + 1" in shown, "the definition is not in the context"
        _show(rows, chosen.files)


def _workspace(folder: Path, files: int) -> None:
    for number in range(files):
        ending = ("py", "json")[number % 2]
        path = folder / f"pkg{number // 200}" / f"part{number % 200}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"def part_{number}():\n    return {number}\n" if number % 2 == 0 else "{}\n"
        )
    for name, text in {
        "shop/__init__.py": "",
        "shop/api.py": "def total(prices):\n    return sum(prices) + 1\n",
        "tests/test_api.py": TEST,
        "r.xml": REPORT,
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "gc.auto=0"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *arguments], cwd=folder, check=True)


def _measured(argv: list[str], folder: Path) -> tuple[float, float]:
    """Wall seconds, and MB of the process that held most (its own children apart)."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CI", "GITLAB", "JENKINS"))}
    env["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
    begun = time.perf_counter()
    done = subprocess.Popen(argv, cwd=folder, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(done.pid, 0)
    seconds = time.perf_counter() - begun
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"`{' '.join(argv)}` failed")
    return seconds, used.ru_maxrss / 1024


def _show(rows: dict[str, list[tuple[float, float]]], files: int) -> None:
    print(f"\n  {files} files")
    print(f"  {'':33}{'median s':>9}{'x ls-files':>11}{'x grep':>8}{'MB':>7}{'x grep':>8}")
    middle = {name: statistics.median(s for s, _ in taken) for name, taken in rows.items()}
    memory = {name: statistics.median(mb for _, mb in taken) for name, taken in rows.items()}
    for name, seconds in middle.items():
        print(
            f"  {name:33}{seconds:9.3f}{seconds / middle['git ls-files']:11.1f}"
            f"{seconds / middle['git grep']:8.1f}{memory[name]:7.0f}"
            f"{memory[name] / memory['git grep']:8.1f}"
        )


if __name__ == "__main__":
    main()
