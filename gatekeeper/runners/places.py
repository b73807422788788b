"""In which files of a tree a testcase may be written, by what its report says of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from gatekeeper.domain import CaseResult
from gatekeeper.ports import Tree

MOST = 400
"""So many test files are looked through for a test whose report does not name its file."""

_SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")
_SCRIPT_TEST = re.compile(r"(^|[/._-])(tests?|specs?|__tests__)([/._-])")


def script_files(failing: Sequence[CaseResult], tree: Tree) -> list[str]:
    """Files of JavaScript or TypeScript that hold the cases: named by the report, else tests."""
    paths = tree.paths()
    named = {said for case in failing if (said := said_file(case, paths)) and _SCRIPT.search(said)}
    if named and all(said_file(case, paths) for case in failing):
        return sorted(named)
    there = [path for path in sorted(paths) if _SCRIPT.search(path) and _SCRIPT_TEST.search(path)]
    return [path for path in there if "node_modules/" not in path and path[-5:] != ".d.ts"][:MOST]


def said_file(case: CaseResult, paths: frozenset[str]) -> str:
    """The file of the tree that the report names for a case, as its file or as its class."""
    for said in (case.file, case.id.classname, case.suite):
        parts = PurePosixPath(said.removeprefix("file://")).parts
        for start in range(len(parts)):
            path = "/".join(parts[start:])
            if path in paths and (start == 0 or said.startswith(("/", "file:", "./", "../"))):
                return path
    return ""


def java_files(case: CaseResult, tree: Tree) -> list[str]:
    """The file of the class, in any module and source folder."""
    path = case.id.classname.partition("$")[0].replace(".", "/")
    if not path:
        return []
    ends = tuple(f"/{path}{ending}" for ending in (".java", ".kt"))
    return sorted(each for each in tree.paths() if f"/{each}".endswith(ends))


def go_files(case: CaseResult, tree: Tree) -> list[str]:
    """The test files of the package, whose import path ends in its folder."""
    tests = [path for path in sorted(tree.paths()) if path.endswith("_test.go")]
    module = re.search(rb"(?m)^module\s+(\S+)", tree.read("go.mod") or b"")
    root = module[1].decode("utf-8", "replace") if module else ""
    folder = case.id.classname.removeprefix(root).strip("/")
    if root and case.id.classname.startswith(root):
        return [path for path in tests if path.rpartition("/")[0] == folder]
    return tests


def php_files(case: CaseResult, tree: Tree) -> list[str]:
    """The file that the report names, else the one that is called as the class."""
    if said := said_file(case, tree.paths()):
        return [said]
    owner = re.split(r"[\\.]", case.id.classname)[-1]
    return sorted(path for path in tree.paths() if path.endswith(f"/{owner}.php"))
