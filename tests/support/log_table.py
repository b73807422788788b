"""Makes docs/log-categories.md: python -m tests.support.log_table > docs/log-categories.md."""

from __future__ import annotations

from collections import Counter

from gatekeeper.domain import Category
from tests.support.logs import Judged, judge, labelled

MEANINGS = {
    Category.PRODUCT_BUG: "tests that fail, exceptions and crashes of the project's own code, "
    "a module of its own that cannot be loaded",
    Category.TEST_BUG: "an error whose whole stack trace is in tests, a missing fixture",
    Category.BUILD: "compiler, linker, make, CMake, syntax, Dockerfile, merge conflict",
    Category.DEPENDENCY: "a package, library, header or module of somebody else is missing, "
    "or excludes another",
    Category.CONFIGURATION: "command or option unknown, right or login missing, variable not set, "
    "image or reference not there, settings file wrong, wrong version of the language",
    Category.INFRASTRUCTURE: "network, name resolution, registry or service down, certificate, "
    "rate limit, runner lost, job cancelled",
    Category.TIMEOUT: "the job, a command or a test ran longer than it may",
    Category.RESOURCE: "memory, disk, open files, processes",
    Category.LINT: "linters, formatters, type checkers",
    Category.UNKNOWN: "no line says why",
}
BEGIN = """\
# What a raw log says

Where a job fails outside of its tests, `gatekeeper analyze --log FILE` reads its log. The
categories:

| category | what is taken for it |
|---|---|"""
MEASURED = """
Measured on {} logs of real tools (`tests/assets/logs`; `labels.toml` says how each was made; a
few hold words of GitLab's runner, written as it writes them). A third was held out before the
rules were written. A passage is right where the first one that is shown holds a line that says
why; a line, where it is the very line that is marked.

| logs | number | category right | passage right | line right |
|---|---|---|---|---|"""
HELD_OUT = """
When the held-out third was first looked at, 45 of its 47 categories were right (95.7 %), all
passages, and 93.6 % of the lines. The two that were wrong (an index that is down, a name that
cannot be imported) led to two rules, so its figures above are no longer those of logs that nobody
had seen. Who wrote the rules had written the scripts that made the logs, too.

Rows are what people say it is, columns what the rules say.
"""
END = """\
This page is made by `python -m tests.support.log_table`; a test compares.
"""
ORDER = tuple(MEANINGS)


def markdown() -> str:
    """The whole page."""
    judged = [judge(label) for label in labelled()]
    halves = {
        "developed on": [one for one in judged if not one.label.held_out],
        "held out": [one for one in judged if one.label.held_out],
        "all": judged,
    }
    parts = (
        BEGIN,
        *(f"| `{category}` | {meaning} |" for category, meaning in MEANINGS.items()),
        MEASURED.format(len(judged)),
        *(_row(name, half) for name, half in halves.items()),
        HELD_OUT,
        *_table(judged),
        "",
        *_wrong(judged),
        END,
    )
    return "\n".join(parts)


def _row(name: str, half: list[Judged]) -> str:
    shares = (
        f"{sum(told) / len(half):.1%}"
        for told in (
            [one.right for one in half], [one.found for one in half], [one.exact for one in half],
        )
    )  # fmt: skip
    return f"| {name} | {len(half)} | " + " | ".join(shares) + " |"


def _table(judged: list[Judged]) -> list[str]:
    counts = Counter((one.label.category, one.diagnosis.category) for one in judged)
    rows = [
        "| | " + " | ".join(ORDER) + " |",
        "|---|" + "---|" * len(ORDER),
    ]
    for wanted in ORDER:
        cells = (str(counts[wanted, said]) if counts[wanted, said] else "." for said in ORDER)
        rows.append(f"| **{wanted}** | " + " | ".join(cells) + " |")
    return rows


def _wrong(judged: list[Judged]) -> list[str]:
    wrong = [one for one in judged if not one.right]
    if not wrong:
        return []
    rows = [
        f"- `{one.label.name}` ({one.label.tool}): {one.diagnosis.category} instead of"
        f" {one.label.category}"
        for one in wrong
    ]
    return ["Taken for something else:", "", *rows, ""]


if __name__ == "__main__":
    print(markdown(), end="")
