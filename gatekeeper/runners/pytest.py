"""pytest: node ids from what its own JUnit report says."""

from __future__ import annotations

import configparser
import itertools
import re
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import PurePosixPath

from gatekeeper.domain import SUITE_LEVEL, CaseResult
from gatekeeper.ports import Tree
from gatekeeper.runners import shell
from gatekeeper.runners.model import JUNIT, MOST_SELECTED, Found, Reporting, Runner

IMAGE = "python:3.12"
# The older family writes file and line of each case. A module that cannot be imported, or
# `-x` in the project's addopts, must not hide the other cases: the inventory needs them all.
# The cache plugin stays on: `--ff` and `--lf` in addopts are errors without it.
FLAGS = f"--junitxml={JUNIT} -o junit_family=xunit1 --continue-on-collection-errors --maxfail=0"

# Options whose value is a word of its own, which could be mistaken for a path to collect.
_VALUED = re.compile(
    r"-[ckmnopWr]|--(ignore(-glob)?|deselect|rootdir|confcutdir|basetemp|cov(-config|-report)?"
    r"|durations|maxfail|tb|timeout)"
)


def find(tree: Tree) -> Found | None:
    """By its configuration, a conftest.py, test files that import it, or a requirement."""
    why = _reason(tree)
    if why is None:
        return None
    return Found("python3 -m pytest", why, IMAGE, setup=install(tree))


def _reason(tree: Tree) -> str | None:
    for path, section in (
        ("pytest.ini", "pytest"),
        ("tox.ini", "pytest"),
        ("setup.cfg", "tool:pytest"),
    ):
        if path in tree.paths() and _has_section(_text(tree, path), section):
            return f"{path} has [{section}]"
    if "pytest" in _tools(_text(tree, "pyproject.toml")):
        return "pyproject.toml has [tool.pytest]"
    ordered = sorted(tree.paths())
    for path in ordered:
        if path.rpartition("/")[2] == "conftest.py":
            return f"there is {path}"
    for path in ordered:
        if is_test_file(path) and re.search(r"(?m)^\s*(import|from) pytest\b", _text(tree, path)):
            return f"{path} imports pytest"
    return _plain_tests(tree, ordered)


def _plain_tests(tree: Tree, ordered: Sequence[str]) -> str | None:
    for path in ordered:
        if is_test_file(path) and re.search(r"(?m)^(async )?def test_", _text(tree, path)):
            return f"{path} has test functions"
    return None


def is_test_file(path: str) -> bool:
    """Whether pytest would collect it by name."""
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def install(tree: Tree) -> tuple[str, ...]:
    """Commands that install the project's requirements and pytest."""
    paths = tree.paths()
    wanted = [name for name in sorted(paths) if re.fullmatch(r"requirements[\w.-]*\.txt", name)]
    steps = [f"python3 -m pip install -r {shlex.quote(name)}" for name in wanted]
    if {"pyproject.toml", "setup.py"} & paths:
        steps.append("python3 -m pip install -e .")
    return (*steps, "python3 -m pip install pytest")


def _text(tree: Tree, path: str) -> str:
    return (tree.read(path) or b"").decode("utf-8", "replace")


def _has_section(text: str, section: str) -> bool:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return False
    return parser.has_section(section)


def _tools(text: str) -> frozenset[str]:
    try:
        tools = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError:
        return frozenset()
    return frozenset(tools) if isinstance(tools, dict) else frozenset()


# --- commands ---------------------------------------------------------------------------


def is_program(word: str) -> bool:
    """Whether a word of a command is pytest itself."""
    return word.rpartition("/")[2] in ("pytest", "py.test")


def report(command: str) -> Reporting | None:
    """Our report in place of any that the command asks for."""
    found = shell.calls(command, is_program)
    for number, words in reversed(tuple(enumerate(found))):
        given = shell.options(words, "--junitxml", "--junit-xml", "--maxfail")
        stops = [word for word in words if word.text in ("-x", "--exitfirst")]
        command = shell.without(command, given + stops)
        # A second call would overwrite the report of the first.
        flags = FLAGS.replace(JUNIT, f"{JUNIT}.{number}.xml") if number else FLAGS
        command = shell.insert(command, words[0], flags)
    return Reporting(command, (JUNIT, f"{JUNIT}.*.xml")) if found else None


def report_through(command: str) -> Reporting:
    """For a command that starts pytest somewhere inside, such as `make test`.

    What the environment asks for already is kept: it comes first, and ours wins.
    """
    return Reporting(
        command, env={"PYTEST_ADDOPTS": f"${{PYTEST_ADDOPTS:+$PYTEST_ADDOPTS }}{FLAGS}"}
    )


def narrow(command: str, cases: Sequence[CaseResult], tree: Tree) -> str | None:
    """Node ids in place of the paths that the command names."""
    ids = node_ids(cases, tree)
    found = shell.calls(command, is_program)
    if ids is None or len(found) != 1 or shell.changes_folder(command):
        return None
    words = found[0]
    command = shell.without(command, _paths(words, tree))
    return shell.insert(command, words[0], " ".join(map(shlex.quote, ids)))


def _paths(words: list[shell.Word], tree: Tree) -> list[shell.Word]:
    """The words that choose what to collect."""
    chosen = []
    for before, word in itertools.pairwise(words):
        path = word.text.strip("'\"").partition("::")[0].removeprefix("./").rstrip("/")
        named = path == "." or any(p == path or p.startswith(f"{path}/") for p in tree.paths())
        if named and path and not _VALUED.fullmatch(before.text):
            chosen.append(word)
    return chosen


def node_ids(cases: Sequence[CaseResult], tree: Tree) -> tuple[str, ...] | None:
    """What to write on pytest's command line; None where one case cannot be told."""
    found = dict.fromkeys(_node_id(case, tree) for case in cases[: MOST_SELECTED + 1])
    if None in found or not found or len(found) > MOST_SELECTED:
        return None
    return tuple(id_ for id_ in found if id_)


def _node_id(case: CaseResult, tree: Tree) -> str | None:
    if case.id.name == SUITE_LEVEL:
        return None
    if case.id.classname in ("", case.suite):
        # A module that could not be collected has no class, and is named like a module.
        return _file(case.id.name, case.file, tree)
    path = _file(case.id.classname, case.file, tree)
    if path is None:
        return None
    classes = _classes(case.id.classname, path)
    name = case.id.name
    # A parameter that may be escaped or masked is left out: that runs a few cases more.
    if not re.fullmatch(r"\w+(\[[\w.-]+\])?", name):
        name = name.partition("[")[0]
    return "::".join((path, *classes, name)) if name.isidentifier() or "[" in name else path


def _file(dotted: str, said: str, tree: Tree) -> str | None:
    """The test file: the one that the report names, else the longest module that exists."""
    paths = tree.paths()
    said = said.removeprefix("./")
    if said in paths:
        return said
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        path = "/".join(parts[:end]) + ".py"
        if path in paths:
            return path
        below = [each for each in paths if each.endswith(f"/{path}")]
        if len(below) == 1:
            return below[0]
    return None


def _classes(classname: str, path: str) -> tuple[str, ...]:
    """What follows the module in `classname`, however much of its path it names."""
    module = PurePosixPath(path).with_suffix("").parts
    for start in range(len(module)):
        prefix = ".".join(module[start:])
        if classname == prefix:
            return ()
        if classname.startswith(f"{prefix}."):
            return tuple(classname[len(prefix) + 1 :].split("."))
    return ()


RUNNER = Runner(
    "pytest",
    find,
    report,
    narrow,
    {4: "pytest was called wrongly, or a test it was asked for is gone", 5: "pytest found no test"},
)
