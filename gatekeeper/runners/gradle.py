"""Gradle: its test tasks write JUnit by themselves."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import maven, shell
from gatekeeper.runners.model import Found, Reporting, Runner

IMAGE = "gradle:8-jdk21"
REPORTS = ("**/build/test-results/**/TEST-*.xml",)
_BUILD = ("build.gradle", "build.gradle.kts")
_SETTINGS = ("settings.gradle", "settings.gradle.kts")


def find(tree: Tree) -> Found | None:
    """By its build or settings script at the root."""
    there = [name for name in (*_BUILD, *_SETTINGS) if name in tree.paths()]
    if not there:
        return None
    program = "sh ./gradlew" if "gradlew" in tree.paths() else "gradle"
    return Found(
        f"{program} --offline --no-daemon --continue test",
        f"there is {there[0]}",
        IMAGE,
        setup=(f"{program} --no-daemon testClasses",),
    )


def _call(command: str) -> list[shell.Word] | None:
    for name in ("gradle", "gradlew"):
        if found := shell.calls(command, shell.called(name)):
            return found[0] if len(found) == 1 else None
    return None


def report(command: str) -> Reporting | None:
    """The reports are where Gradle puts them."""
    return Reporting(command, REPORTS) if _call(command) else None


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:
    """By `--tests` behind the task `test`; not where other projects would find no test."""
    words = _call(command) or []
    task = next((word for word in words if word.text == "test"), None)
    chosen = maven.by_class(cases, lambda owner, name: f"{owner}.{name}" if name else owner)
    several = any(path.endswith(name) and "/" in path for path in tree.paths() for name in _BUILD)
    if task is None or chosen is None or several:
        return None
    return shell.insert(command, task, " ".join(f"--tests {shlex.quote(each)}" for each in chosen))


RUNNER = Runner("gradle", find, report, narrow)
