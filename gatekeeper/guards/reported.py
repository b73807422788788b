"""Guard of `paths` by evidence: files that a report of the unchanged commit names as tests.

Names alone do not tell every test (`checks/check_cart.py`, `spec.mjs`), but a report does. A
product file with doctests stays free as long as the examples in it stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, CaseResult, Finding, Level, RunReport
from gatekeeper.ports import Guard, Tree


def reported_tests(report: RunReport) -> Guard:
    """A guard on the files in which the cases of `report` stand."""
    cases: dict[str, list[CaseResult]] = {}
    for case in report.cases:
        if case.file:
            cases.setdefault(case.file.replace("\\", "/").removeprefix("./"), []).append(case)

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for change in candidate.changes:
            inside = _inside(change.path, cases) if change.status != "A" else []
            if inside:
                yield from _judge(change.path, inside, before, after)

    return look


def _inside(path: str, cases: dict[str, list[CaseResult]]) -> list[CaseResult]:
    """The cases of a file, which a report may name from the root of another machine."""
    return cases.get(path) or next(
        (found for file, found in cases.items() if file.endswith(f"/{path}")), []
    )


def _judge(path: str, cases: list[CaseResult], before: Tree, after: Tree) -> Iterator[Finding]:
    old, new = (_text(tree.read(path)) for tree in (before, after))
    if not path.endswith(".py") or any(_defined(case, old) for case in cases):
        what = f"which holds the test `{cases[0].id}`"
    elif not _examples(old) <= _examples(new):
        what = "and an example in it that is run as a test (doctest)"
    else:
        return
    message = f"changes `{path}`, {what}: make the fix in product code, or let a person change it."
    yield Finding("paths", Level.BLOCK, message, path)


def _defined(case: CaseResult, source: str) -> bool:
    """Whether the test's function, or its class where that inherits it, stands in the file."""
    if f"{case.id.name}.".startswith(f"{case.id.classname}."):  # a doctest is named by its module
        return False
    names = (case.id.name.partition("[")[0], case.id.classname.rpartition(".")[2])
    return any(
        re.search(rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{name}\b", source, re.MULTILINE)
        for name in names
        if name.isidentifier()
    )


def _examples(source: str) -> frozenset[tuple[str, str]]:
    """What a doctest runs, and what it wants to see."""
    import doctest  # noqa: PLC0415 -- brings a debugger and unittest along

    try:
        examples = doctest.DocTestParser().get_examples(source)
    except ValueError:  # its own complaint; the file as a whole then stands for its examples
        return frozenset({(source, "")})
    return frozenset((example.source, _before_quotes(example.want)) for example in examples)


def _before_quotes(want: str) -> str:
    """What is wanted, without the end of the docstring and the code that follows."""
    return re.split(r"\"{3}|'{3}", want)[0].strip()


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
