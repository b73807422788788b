"""Reads a log of 1 GB: time over plain reading and over grep, and peak memory.

    python benchmarks/log_throughput.py [megabytes] [one line in N bears a sign]

The log is like that of a big build: time stamps, passed tests, progress, warnings; one line in N
(2,000) looks like an error, and the cause is in the middle. Each measurement is a child process;
the least of three CPU times is taken. Goal: < 64 MB whatever the size.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gatekeeper.diagnosis.log_signs import WORDS, recognise
from gatekeeper.intake.logs.passages import BLOCK, Alphabet, read_log

GOAL_MB = 64
CAUSE = "src/money.c:7:12: error: expected ';' before 'return'\n"
GREP = "error|fail|fatal|exception|panic|denied|refused|timed out|killed|no space left"
LINES = (
    "2026-11-21T04:{0:02}:00.123456Z 00O [INFO] com.acme.shop.Worker - page {1} in {0} ms\n",
    "tests/area/test_module_{1}.py::test_it_does_what_it_says[{0}] PASSED      [ {0}%]\n",
    "\x1b[32mgcc\x1b[0m -O2 -Wall -Iinclude -c src/part_{1}.c -o build/part_{1}.o\n",
    "src/part_{1}.c:{0}:9: warning: unused variable 'left' [-Wunused-variable]\n",
    "Downloading https://artifacts.example.org/shop/part-{1}.tar.gz ({0} kB) {0}%\r100%\n",
)


def write_log(path: Path, megabytes: int, errors: int) -> None:
    """Write the log, its cause in the middle."""
    lines = [LINES[number % 5].format(number % 60, number) for number in range(10_000)]
    for number in range(0, 10_000, errors):
        lines[number] = f"ERROR: page {number} was not found, trying the next\n"
    text = "".join(lines).encode()
    with path.open("wb") as file:
        for number in range(copies := max(1, megabytes * 1_000_000 // len(text))):
            file.write(text)
            if number == copies // 2:
                file.write(CAUSE.encode())


def measure(mode: str, path: Path) -> tuple[float, float]:
    """CPU seconds and peak resident MB of one child process."""
    child = subprocess.run(
        [sys.executable, __file__, mode, str(path)], capture_output=True, text=True, check=True
    )
    seconds, peak = child.stdout.split()
    return float(seconds), float(peak)


def child(mode: str, path: Path) -> None:
    """Do one thing in this process, or in one of its own, and print CPU seconds and peak MB."""
    whose = resource.RUSAGE_CHILDREN if mode == "grep" else resource.RUSAGE_SELF
    before = resource.getrusage(whose)
    {"plain": plain, "grep": grep, "ours": ours}[mode](path)
    after = resource.getrusage(whose)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(seconds, after.ru_maxrss / 1024)


def plain(path: Path) -> None:
    """Every line read and counted, nothing else."""
    with path.open("rb") as file:
        sum(1 for _ in file)


def grep(path: Path) -> None:
    """What people do by hand."""
    subprocess.run(
        ["grep", "-icE", GREP, str(path)],
        check=True,
        capture_output=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )


def ours(path: Path) -> None:
    """The product's reader with its signs."""
    with path.open("rb") as file:
        log = read_log(file, path.name, Alphabet(WORDS, recognise))
    if not any(passage.said == CAUSE.strip() for passage in log.passages):
        raise SystemExit("the cause was not found")


def main() -> None:
    """Write the log, measure all three, print."""
    given = [int(value) for value in sys.argv[1:3]]
    megabytes, errors = given + [1000, 2000][len(given) :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.log"
        write_log(path, megabytes, errors)
        runs = [{mode: measure(mode, path) for mode in ("plain", "grep", "ours")} for _ in range(3)]
    best = {mode: min(run[mode][0] for run in runs) for mode in runs[0]}
    peak = max(run["ours"][1] for run in runs)
    begun = time.strftime("%Y-%m-%d")
    print(f"{begun}: a log of {megabytes} MB, one line in {errors} looks like an error")
    print(", ".join(f"{mode} {seconds:.1f} s" for mode, seconds in best.items()))
    print(f"over plain reading: {best['ours'] / best['plain']:.1f}", end="; ")
    print(f"over grep -ciE: {best['ours'] / best['grep']:.2f}", end="; ")
    print(f"peak: {peak:.0f} MB (goal < {GOAL_MB}; blocks of {BLOCK // 1024} KB)")


if __name__ == "__main__":
    if sys.argv[1:2] in (["plain"], ["grep"], ["ours"]):
        child(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
