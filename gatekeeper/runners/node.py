"""Node's own test runner, `node --test`; needs Node 20 or newer for its JUnit reporter."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import javascript, shell
from gatekeeper.runners.model import JUNIT, Found, Reporting, Runner

FLAGS = (
    "--test-reporter=spec --test-reporter-destination=stdout"
    f" --test-reporter=junit --test-reporter-destination={JUNIT}"
)
_IMPORT = re.compile(r"""(?:require\(|from |import )['"]node:test['"]""")


def find(tree: Tree) -> Found | None:
    """By the test script, or by a test file that loads node:test."""
    script = javascript.test_script(tree)
    setup = javascript.install(tree)
    if _call(script):
        return Found(script, "package.json tests with `node --test`", javascript.IMAGE, setup)
    if script:
        return None
    for path in sorted(tree.paths()):
        if not re.search(r"\.[cm]?js$", path) or not re.search(r"(^|[/._-])tests?([/._-])", path):
            continue
        if _IMPORT.search((tree.read(path) or b"").decode("utf-8", "replace")):
            return Found("node --test", f"{path} loads node:test", javascript.IMAGE, setup)
    return None


def _call(command: str) -> list[shell.Word] | None:
    """The words from `--test` on, where node is called with it exactly once."""
    calls = shell.calls(command, shell.called("node"))
    found = [
        words[at:] for words in calls for at, word in enumerate(words) if word.text == "--test"
    ]
    return found[0] if len(found) == 1 else None


def report(command: str) -> Reporting | None:
    """Our two reporters in place of any others; their number and their targets' must agree."""
    words = _call(command)
    if words is None:
        return None
    given = [word for call in shell.calls(command, shell.called("node")) for word in call]
    others = shell.options(given, "--test-reporter", "--test-reporter-destination")
    command = shell.without(command, others)
    words = _call(command)
    return Reporting(shell.insert(command, words[0], FLAGS)) if words else None


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:  # noqa: ARG001
    """By the ends of full names; the report does not say in which file a case is."""
    words = _call(command)
    # Node 22 escapes quotes in names twice, so a parser gives them back escaped once.
    pattern = javascript.names_pattern(cases, (html.unescape(case.id.name) for case in cases))
    if words is None or pattern is None:
        return None
    return shell.insert(command, words[0], f"--test-name-pattern={pattern}")


RUNNER = Runner("node", find, report, narrow)
