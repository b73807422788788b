"""Maven: Surefire and Failsafe write JUnit by themselves."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from gatekeeper.domain import SUITE_LEVEL, CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import shell
from gatekeeper.runners.model import MOST_SELECTED, Found, Reporting, Runner

IMAGE = "maven:3-eclipse-temurin-21"
REPORTS = ("**/target/surefire-reports/TEST-*.xml", "**/target/failsafe-reports/TEST-*.xml")


def find(tree: Tree) -> Found | None:
    """By pom.xml at the root."""
    if "pom.xml" not in tree.paths():
        return None
    program = "sh ./mvnw" if "mvnw" in tree.paths() else "mvn"
    return Found(
        # Offline, as the sandbox is; all modules, so that the inventory is complete.
        f"{program} -B -o --fail-at-end test",
        "there is pom.xml",
        IMAGE,
        setup=(f"{program} -B -q -DskipTests test-compile dependency:go-offline",),
    )


def _call(command: str) -> list[shell.Word] | None:
    for name in ("mvn", "mvnw", "mvnd"):
        if found := shell.calls(command, shell.called(name)):
            return found[0] if len(found) == 1 else None
    return None


def report(command: str) -> Reporting | None:
    """The reports are where Maven puts them."""
    return Reporting(command, REPORTS) if _call(command) else None


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:  # noqa: ARG001
    """By `-Dtest=Class#method`; a name that is no method selects its class."""
    words = _call(command)
    chosen = by_class(cases, lambda owner, method: f"{owner}#{method}" if method else owner)
    if words is None or chosen is None:
        return None
    # Both spellings: modules without such a test are no failure, old Surefire or new.
    lenient = "-DfailIfNoTests=false -Dsurefire.failIfNoSpecifiedTests=false"
    return shell.insert(command, words[0], f"-Dtest={shlex.quote(','.join(chosen))} {lenient}")


def by_class(
    cases: Sequence[CaseResult], render: Callable[[str, str], str]
) -> tuple[str, ...] | None:
    """`render(class, method or "")` for each case, None where one has no class."""
    chosen: dict[str, None] = {}
    for case in cases:
        owner, name = case.id.classname, case.id.name
        if name == SUITE_LEVEL or not re.fullmatch(r"[\w.$]+", owner):
            return None
        # JUnit 5 writes m(), m(int)[1] or a display name; only the method's name selects.
        method = re.fullmatch(r"(\w+)(?:[({\[].*)?", name, re.DOTALL)
        chosen[render(owner, method[1] if method else "")] = None
    return tuple(chosen) if 0 < len(chosen) <= MOST_SELECTED else None


RUNNER = Runner("maven", find, report, narrow)
