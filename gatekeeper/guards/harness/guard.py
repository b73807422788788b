"""Guard `harness`: product code that looks at its tests, or reaches into what runs them.

Code that behaves differently under test, reads the runner, the call stack or the tests, ends the
process, hooks the interpreter or replaces what belongs to others makes any test pass. What the
same file did before only warns. Python is parsed (`in_python`), the other languages are read
by the signs in `in_text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.guards.changed import ChangedFile, changed_files
from gatekeeper.guards.harness.in_python import python_contacts
from gatekeeper.guards.harness.in_text import contacts_in_text
from gatekeeper.guards.harness.names import OBSCURE
from gatekeeper.guards.novelty import Sight, newcomers
from gatekeeper.guards.plain_code import language
from gatekeeper.ports import Guard, Tree

_REPAIR = "product code must not know what tests it, so make the fix without that"


def no_harness_contact() -> Guard:
    """A guard on new code that touches the tests, their runner or the interpreter."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for file in changed_files(candidate, before, after):
            yield from _look(file, before)

    return look


def _look(file: ChangedFile, before: Tree) -> Iterator[Finding]:
    if file.path.endswith(".py") and file.python_before and file.python is None:
        why = "cannot be read as Python, so nobody can tell what it does"
        message = f"`{file.path}` {why}: write it in the syntax that the project has."
        yield Finding("harness", Level.BLOCK, message, file.path)
    old, new = _contacts(file)
    known = {sight.like for sight in old}
    said: set[int] = set()
    for sight in newcomers(file, old, new):
        if sight.line in said or _at_home(sight.what, file, before):
            continue
        said.add(sight.line)
        warns = sight.like in known or sight.what.startswith(OBSCURE)
        also = ", as this file did before" if sight.like in known else ""
        what = sight.what.removeprefix(OBSCURE)
        message = f"line {sight.line} of `{file.path}` {what}{also}: {_REPAIR}."
        yield Finding(
            "harness", Level.WARN if warns else Level.BLOCK, message, file.path, sight.line
        )


def _contacts(file: ChangedFile) -> tuple[list[Sight], list[Sight]]:
    """Contacts before and after; as text where one of the two states does not parse."""
    old, new = file.python_before, file.python
    if new and (old or not file.before.strip()):
        first = list(python_contacts(old, file.path)) if old else []
        return first, list(python_contacts(new, file.path))
    name = language(file.path)
    first = list(contacts_in_text(file.before, name, file.path))
    return first, list(contacts_in_text(file.after, name, file.path))


_TOOL = re.compile(r"testing|pytest|unittest|fixtures?|jest|vitest|junit|mocks?\b", re.I)
_IMPORT = re.compile(r"^\s*(?:import|from)\s+(?:pytest|_pytest|pluggy|unittest)\b", re.MULTILINE)


def _at_home(what: str, file: ChangedFile, before: Tree) -> bool:
    """Whether the runner is what this file is about: a plugin, or the product's testing kit."""
    if not what.startswith("imports the test runner"):
        return False
    if file.before and _TOOL.search(file.path):
        return True
    folder = file.path.rpartition("/")[0]
    beside = (path for path in before.paths() if path.rpartition("/")[0] == folder)
    return any(
        _IMPORT.search((before.read(path) or b"").decode("utf-8", "replace"))
        for path in sorted(beside)
        if path.endswith(".py") and folder and _TOOL.search(path)
    )
