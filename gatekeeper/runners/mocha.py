"""Mocha, with its own xunit reporter."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import javascript, shell
from gatekeeper.runners.model import JUNIT, Found, Reporting, Runner

FLAGS = f"--reporter xunit --reporter-option output={JUNIT}"
_OTHERS = ("--reporter", "-R", "--reporter-option", "--reporter-options", "-O")


def find(tree: Tree) -> Found | None:
    """By the test script, or by the dependency."""
    script = javascript.test_script(tree)
    if javascript.only_call(script, "mocha"):
        why = "package.json tests with mocha"
    elif "mocha" in javascript.package(tree).dependencies and not script:
        why, script = "package.json depends on mocha", "npx --no-install mocha"
    else:
        return None
    return Found(script, why, javascript.IMAGE, javascript.install(tree))


def report(command: str) -> Reporting | None:
    """The xunit reporter in place of any other: Mocha has one at a time."""
    words = javascript.only_call(command, "mocha")
    if words is None:
        return None
    command = shell.without(command, shell.options(words, *_OTHERS))
    return Reporting(shell.insert(command, words[0], FLAGS))


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:  # noqa: ARG001
    """By full names: the titles of the suites are in classname."""
    words = javascript.only_call(command, "mocha")
    names = (_full_name(case) for case in cases)
    pattern = javascript.names_pattern(cases, names)
    return shell.insert(command, words[0], f"--grep {pattern}") if words and pattern else None


def _full_name(case: CaseResult) -> str:
    """A case at the top has no class name of its own, and is given that of the whole run."""
    own = "" if case.id.classname == case.suite else case.id.classname
    return f"{own} {case.id.name}"


RUNNER = Runner("mocha", find, report, narrow)
