"""Vitest, which has a JUnit reporter of its own."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import javascript, shell
from gatekeeper.runners.model import JUNIT, Found, Reporting, Runner

FLAGS = f"--reporter=default --reporter=junit --outputFile.junit={JUNIT}"
_MODES = ("run", "watch", "dev", "related", "bench", "list")


def find(tree: Tree) -> Found | None:
    """By the test script, or by the dependency."""
    script = javascript.test_script(tree)
    if javascript.only_call(script, "vitest"):
        why = "package.json tests with vitest"
    elif "vitest" in javascript.package(tree).dependencies and not script:
        why, script = "package.json depends on vitest", "npx --no-install vitest run"
    else:
        return None
    return Found(script, why, javascript.IMAGE, javascript.install(tree))


def report(command: str) -> Reporting | None:
    """Our reporters in place of any others, and one run instead of watching."""
    words = javascript.only_call(command, "vitest")
    if words is None:
        return None
    mode = words[1] if len(words) > 1 and words[1].text in _MODES else None
    others = shell.options(words, "--reporter", "--outputFile", "--outputFile.junit")
    flags = FLAGS if mode else f"run {FLAGS}"
    command = shell.without(command, others)
    return Reporting(shell.insert(command, mode or words[0], flags))


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:  # noqa: ARG001
    """By full names, whose parts the report joins by ` > ` and the pattern by a blank."""
    words = javascript.only_call(command, "vitest")
    names = (case.id.name.replace(" > ", " ") for case in cases)
    pattern = javascript.names_pattern(cases, names)
    if words is None or pattern is None:
        return None
    mode = len(words) > 1 and words[1].text in _MODES
    return shell.insert(command, words[1] if mode else words[0], f"-t {pattern}")


RUNNER = Runner("vitest", find, report, narrow)
