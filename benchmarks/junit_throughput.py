"""Reads a 100 MB JUnit report: time over a bare defusedxml iterparse of it, and peak memory.

    python benchmarks/junit_throughput.py [megabytes] [one case in N fails]

The report is like that of a big suite: one case in N (100) fails with a stack trace and captured
output, one in 50 is skipped, one in 5 passed and has output, the others just passed. Each
measurement is a child process; the least of five CPU times is taken. Goal: ratio <= 1.3, < 64 MB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from defusedxml.ElementTree import iterparse

from gatekeeper.intake.junit import read_files

GOAL_RATIO = 1.3
GOAL_MB = 64
LINE = "a line of output, as it is printed &amp; kept\n"
TRACE = "".join(
    f"tests/area/test_module.py:{line}: in step_{line}\n    assert left == {line}\n"
    for line in range(30)
)


def write_report(path: Path, megabytes: int, failing: int) -> int:
    """Write the report; how many cases it has."""
    cases, size = 0, 0
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<testsuites>')
        while size < megabytes * 1_000_000:
            suite = "".join(case(number, failing) for number in range(cases, cases + 1000))
            text = f'<testsuite name="suite{cases}" tests="1000">\n{suite}</testsuite>\n'
            cases += 1000
            size += file.write(text)
        file.write("</testsuites>\n")
    return cases


def case(number: int, failing: int) -> str:
    """One testcase element."""
    head = (
        f'<testcase classname="tests.area{number // 5000}.test_module{number // 40}.TestThing"'
        f' name="test_it_does_what_it_says[{number}-value]" time="0.{number % 1000:03}"'
    )
    if number % failing == 7:
        failure = f'<failure message="AssertionError: {number}" type="AssertionError">'
        body = f"{failure}<![CDATA[{TRACE}]]></failure><system-out>{LINE * 100}</system-out>"
    elif number % 50 == 3:
        body = '<skipped message="not on this platform" type="pytest.skip"/>'
    elif number % 5 == 0:
        body = f"<system-out>{LINE * 30}</system-out>"
    else:
        return f"{head} />\n"
    return f"{head}>{body}</testcase>\n"


def measure(mode: str, path: Path) -> tuple[float, float]:
    """CPU seconds and peak resident MB of one child process."""
    child = subprocess.run(
        [sys.executable, __file__, mode, str(path)], capture_output=True, text=True, check=True
    )
    seconds, peak = child.stdout.split()
    return float(seconds), float(peak)


def child(mode: str, path: Path) -> None:
    """Read the report in this process and print CPU seconds and peak MB."""
    read = bare if mode == "bare" else ours
    begin = time.process_time()
    read(path)
    seconds = time.process_time() - begin
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def bare(path: Path) -> None:
    """Nothing but the parser, elements cleared."""
    for _, element in iterparse(str(path)):
        element.clear()


def ours(path: Path) -> None:
    """The product's reader."""
    report = read_files([path], path.parent)
    if not len(report.cases):
        raise SystemExit("the report was not read")


def main() -> None:
    """Write the report, measure both, print."""
    given = [int(value) for value in sys.argv[1:3]]
    megabytes, failing = given + [100, 100][len(given) :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xml"
        cases = write_report(path, megabytes, failing)
        runs = [(measure("bare", path), measure("ours", path)) for _ in range(5)]
    best = {"bare": min(bare[0] for bare, _ in runs), "ours": min(ours[0] for _, ours in runs)}
    peak = max(ours[1] for _, ours in runs)
    ratio = best["ours"] / best["bare"]
    print(f"report: {megabytes} MB, {cases} cases, one in {failing} fails")
    print(f"bare iterparse: {best['bare']:.2f} s; gatekeeper: {best['ours']:.2f} s")
    print(f"ratio: {ratio:.2f} (goal <= {GOAL_RATIO}); peak: {peak:.0f} MB (goal < {GOAL_MB})")


if __name__ == "__main__":
    if sys.argv[1:2] in (["bare"], ["ours"]):
        child(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
