"""Go, through gotestsum: `go test` itself writes no JUnit."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import shell
from gatekeeper.runners.model import JUNIT, MOST_SELECTED, Found, Reporting, Runner

IMAGE = "golang:1"
TOOL = "gotest.tools/gotestsum"


def find(tree: Tree) -> Found | None:
    """By go.mod at the root; gotestsum as a tool of the module if it is one."""
    if "go.mod" not in tree.paths():
        return None
    module = (tree.read("go.mod") or b"").decode("utf-8", "replace")
    own = re.search(rf"(?m)^\s*(tool\s+)?{re.escape(TOOL)}\b", module)
    program = f"go run {TOOL}" if own else "gotestsum"
    missing = "" if own else f"gotestsum must be in the image (go install {TOOL}@latest)"
    return Found(
        f"{program} -- ./...",
        "there is go.mod",
        IMAGE,
        setup=("go mod download",) if own else ("go mod download", f"go install {TOOL}@latest"),
        missing=missing,
    )


def _call(command: str) -> list[shell.Word] | None:
    found = shell.calls(command, shell.called("gotestsum"))
    found = found or [
        words[2:]
        for words in shell.calls(command, shell.called("go"))
        if len(words) > 2 and words[1].text == "run" and words[2].text.startswith(TOOL)
    ]
    return found[0] if len(found) == 1 else None


def report(command: str) -> Reporting | None:
    """Our report in place of another."""
    words = _call(command)
    if words is None:
        return None
    command = shell.without(command, shell.options(words, "--junitfile"))
    return Reporting(shell.insert(command, words[0], f"--junitfile={JUNIT}"))


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:  # noqa: ARG001
    """By `-run` with the names of the functions; subtests run with their function."""
    words = _call(command) or []
    names = sorted({case.id.name.partition("/")[0] for case in cases})
    plain = all(re.fullmatch(r"(Test|Example|Fuzz)\w*", name) for name in names)
    dashes = next((word for word in words if word.text == "--"), None)
    if dashes is None or not names or not plain or len(names) > MOST_SELECTED:
        return None
    pattern = shlex.quote(f"^({'|'.join(names)})$")
    return shell.insert(command, dashes, f"-run {pattern}")


RUNNER = Runner("go", find, report, narrow)
