"""Which files of the workspace a test command starts or runs as tests, by its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gatekeeper.runners.shell import simple_commands

_RUNS_FILES = re.compile(r"(?:ba|da|k|z)?sh|python(?:3(?:\.\d+)?)?|node|deno|bun|ruby|perl|php|tsx")
_RUNS_TESTS = re.compile(r"pytest|py\.test|mocha|ava|tape|jasmine|jest|vitest|unittest|rspec")
_BEFORE = re.compile(
    r"npx|pnpx|bunx|exec|run|bundle|poetry|uv|pdm|hatch|pipenv|coverage|env|time|timeout|nice"
    r"|cross-env|xvfb-run|c8|nyc|-.*|\d+[smh]?|[A-Za-z_]\w*=.*",
    re.DOTALL,
)
_SCRIPT = re.compile(r".+\.(?:sh|bash|py|[cm]?[jt]sx?|rb|pl|php|lua)")


def named_files(command: str) -> tuple[str, ...]:
    """Paths and globs, relative to the workspace's root, that decide what the command does.

    Product files that it only works on, as those of a linter, are not among them.
    """
    found = [
        path.removeprefix("./")
        for words in simple_commands(command)
        for path in _of_one([word.text.strip("'\"") for word in words])
    ]
    inside = (path for path in found if not path.startswith(("/", "../")) and "$" not in path)
    return tuple(dict.fromkeys(inside))


def _of_one(words: list[str]) -> Iterator[str]:
    while words and _BEFORE.fullmatch(words[0].rpartition("/")[2]):
        words = words[1:]
    if words[1:2] == ["-m"]:
        words = words[2:]
    if not words:
        return
    program, *rest = words
    name = program.rpartition("/")[2]
    if "/" in program or _SCRIPT.fullmatch(program):
        yield program
    tests = bool(_RUNS_TESTS.fullmatch(name)) or "--test" in rest
    if not tests and not _RUNS_FILES.fullmatch(name):
        return
    if any("doctest" in word for word in rest):  # then a product file may hold the tests
        return
    given = [word for word in rest if not word.startswith("-")]
    files = [word for word in given if _SCRIPT.fullmatch(word) or (not tests and "/" in word)]
    yield from files if tests else files[:1]
