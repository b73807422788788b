"""Guard `runner_config`: files of which only some parts say how the tests run.

Such a file may be changed by an honest fix; the parts that select, configure or start tests
must stay as they are. Files with a known syntax are read on both sides and compared part by
part; build scripts are compared by the lines that mention tests.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import tostring

from gatekeeper.domain import Candidate, FileChange, Finding, Level
from gatekeeper.guards.parts import (
    Broken,
    Parts,
    Reader,
    child,
    differing,
    first_line,
    ini,
    lines_about,
    table,
    tag,
    xml,
)
from gatekeeper.ports import Guard, Tree

_TEST_TOOLS = ("pytest", "tox", "nox", "coverage", "hatch", "pdm", "poe", "taskipy", "unittest",
               "hypothesis", "nose", "behave", "robot", "green")  # fmt: skip


def _pyproject(text: str) -> Parts:
    data = tomllib.loads(text)
    tool = table(data, "tool")
    parts: dict[str, object] = {f"tool.{name}": tool[name] for name in _TEST_TOOLS if name in tool}
    parts["project.entry-points.pytest11"] = table(data, "project", "entry-points").get("pytest11")
    parts["tool.poetry.plugins.pytest11"] = table(tool, "poetry", "plugins").get("pytest11")
    return parts


def _cargo(text: str) -> Parts:
    data = tomllib.loads(text)
    parts = {name: data.get(name) for name in ("test", "dev-dependencies", "bench", "example")}
    parts["lib.test"] = {key: table(data, "lib").get(key) for key in ("test", "doctest", "harness")}
    parts["bin.test"] = [
        {key: one.get(key) for key in ("name", "test", "harness")}
        for one in data.get("bin", [])
        if isinstance(one, dict) and {"test", "harness"} & set(one)
    ]
    parts["profile.test"] = table(data, "profile").get("test")
    parts["package.autotests"] = table(data, "package").get("autotests")
    return parts


_INI_SECTION = re.compile(r"(?:tool:)?pytest|tox(?::.*)?|testenv.*|test|unittest|nosetests|aliases|"
                          r"coverage:.*|behave|options\.entry_points")  # fmt: skip


def _setup_cfg(text: str) -> Parts:
    parser = ini(text)
    parts: dict[str, object] = {}
    for section in parser.sections():
        if _INI_SECTION.fullmatch(section):
            items = dict(parser.items(section))
            if section == "options.entry_points":
                items = {key: value for key, value in items.items() if key == "pytest11"}
            parts[f"[{section}]"] = items
    return parts


def _package_json(text: str) -> Parts:
    data = json.loads(text or "{}")
    names = ("scripts", "jest", "mocha", "ava", "vitest", "nyc", "c8", "tap", "karma", "cypress",
             "playwright", "wireit", "nx", "jasmine", "babel", "_moduleAliases", "husky",
             "pre-commit", "simple-git-hooks", "lint-staged")  # fmt: skip
    return {name: data.get(name) for name in names}


def _composer_json(text: str) -> Parts:
    data = json.loads(text or "{}")
    return {name: data.get(name) for name in ("scripts", "autoload-dev")}


def _deno_json(text: str) -> Parts:
    data = json.loads(text or "{}")
    return {name: data.get(name) for name in ("tasks", "test")}


def _pom(text: str) -> Parts:
    if not text:
        return {}
    parts: dict[str, list[object]] = {}
    for element in xml(text).iter():
        name = tag(element)
        plugin = child(element, "artifactId") if name == "plugin" else None
        if plugin in _MAVEN_PLUGINS:
            parts.setdefault(f"<plugin> {plugin}", []).append(tostring(element))
        elif _MAVEN_NAMES.search(name) and len(element) == 0:
            parts.setdefault(f"<{name}>", []).append(element.text)
    return parts


_MAVEN_NAMES = re.compile(r"test|surefire|failsafe|^argLine$", re.IGNORECASE)
_MAVEN_PLUGINS = ("maven-surefire-plugin", "maven-failsafe-plugin", "maven-antrun-plugin",
                  "exec-maven-plugin", "gmavenplus-plugin", "build-helper-maven-plugin",
                  "jacoco-maven-plugin", "maven-invoker-plugin")  # fmt: skip


_BUILD = lines_about("tests", r"test|junit|spec|check|cover|taskGraph|jvmArgs|javaagent|systemProp")
_MAKE = lines_about(
    "tests",
    r"test|junit|spec|check|cover|^\s*-?include\b|^export\b|^(?:override\s+)?\.?(?:SHELL|SHELLFLAGS"
    r"|MAKEFLAGS|PATH|DEFAULT_GOAL|PY\w*|NODE\w*|NPM|GO|CARGO|MVN|RUN)\s*[:?+]?=",
)
_READERS: tuple[tuple[str, Reader], ...] = (
    (r"pyproject\.toml", _pyproject),
    (r"setup\.cfg", _setup_cfg),
    (r"cargo\.toml", _cargo),
    (r"package\.json", _package_json),
    (r"composer\.json", _composer_json),
    (r"deno\.jsonc?", _deno_json),
    (r"pom\.xml", _pom),
    (r".*\.gradle(?:\.kts)?", _BUILD),
    (r"gradle\.properties",
     lines_about("tests", r"test|junit|spec|check|cover|jvmargs|systemprop|javaagent|init")),
    (r"build\.sbt|project\.clj|mix\.exs|build\.xml", _BUILD),
    (r"(?:gnu)?makefile|.*\.mk|justfile|\.justfile|taskfile\.ya?ml|rakefile|gruntfile\.js", _MAKE),
    (r"cmakelists\.txt|meson\.build|build\.bazel|build", _BUILD),
    (r"vite\.config\.[a-z]+",
     lines_about("tests", r"test|setupfiles|include|exclude|alias|plugins")),
    (r"[tj]sconfig(?:[._-].*)?\.json", lines_about(
        "what is loaded and compiled",
        r"\"(?:paths|baseUrl|rootDirs?|typeRoots|types|plugins|ts-node|extends|include|exclude|files"
        r"|references|moduleResolution|customConditions)\"\s*:")),
    (r"(?:turbo|nx|lerna|project|angular|workspace)\.json|pants\.toml|earthfile", _BUILD),
    (r"setup\.py|tasks\.py|dodo\.py|fabfile\.py|pavement\.py|duties\.py|invoke\.ya?ml",
     lines_about("tests", r"pytest|test|cmdclass|unittest|aliases")),
)  # fmt: skip


def runner_configuration() -> Guard:
    """A guard on the parts of shared configuration that say how the tests run."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for change in candidate.changes:
            name = change.path.rpartition("/")[2].lower()
            for pattern, read in _READERS:
                if re.fullmatch(pattern, name):
                    yield from _compare(change, read, before, after)
                    break

    return look


def _compare(change: FileChange, read: Reader, before: Tree, after: Tree) -> Iterator[Finding]:
    path = change.path
    try:
        parts = list(differing(path, read, before, after))
    except Broken:
        yield Finding(
            "runner_config",
            Level.BLOCK,
            f"`{path}` cannot be read after the change, so nobody can say whether it still runs "
            f"the same tests: keep its syntax whole.",
            path,
        )
        return
    for part in parts:
        yield Finding(
            "runner_config",
            Level.BLOCK,
            f"changes {part} in `{path}`, which decides how the tests run: leave that part "
            f"as it is, or let a person change it.",
            path,
            first_line(path, before, after),
        )
