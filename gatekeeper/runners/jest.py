"""Jest, with the reporter jest-junit, which the project must have."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import javascript, shell
from gatekeeper.runners.model import JUNIT, Found, Reporting, Runner

FLAGS = "--ci --reporters=default --reporters=jest-junit"
ENV = {"JEST_JUNIT_OUTPUT_FILE": JUNIT, "JEST_JUNIT_ADD_FILE_ATTRIBUTE": "true"}


def find(tree: Tree) -> Found | None:
    """By the test script, or by the dependency."""
    script = javascript.test_script(tree)
    package = javascript.package(tree)
    if _call(script):
        why = "package.json tests with jest"
    elif "jest" in package.dependencies and not script:
        why, script = "package.json depends on jest", "npx --no-install jest"
    else:
        return None
    missing = "" if "jest-junit" in package.dependencies else "add jest-junit to devDependencies"
    return Found(script, why, javascript.IMAGE, javascript.install(tree), missing)


def _call(command: str) -> shell.Word | None:
    """The word behind which Jest's options go."""
    if words := javascript.only_call(command, "jest"):
        return words[0]
    words = javascript.only_call(command, "react-scripts")
    return words[1] if words and len(words) > 1 and words[1].text == "test" else None


def report(command: str) -> Reporting | None:
    """Both the usual reporter and jest-junit, whose settings are read from the environment."""
    word = _call(command)
    return Reporting(shell.insert(command, word, FLAGS), env=ENV) if word else None


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:  # noqa: ARG001
    """By the ends of full names."""
    word = _call(command)
    pattern = javascript.names_pattern(cases, (case.id.name for case in cases))
    return shell.insert(command, word, f"-t {pattern}") if word and pattern else None


RUNNER = Runner("jest", find, report, narrow)
