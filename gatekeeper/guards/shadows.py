"""Guard `shadows`: files that are loaded or started instead of the runner or a library.

A new `pytest.py`, `sitecustomize.py` or `json.py` at a place from which modules are imported
runs in the test process before any test does; so does a class in the runner's own package, and a
program called `node` in a folder of programs. A module of the same name inside a package
(`shop/json.py`) shadows nothing and is no finding; nor is one that was there before.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, FileChange, Finding, Level
from gatekeeper.ports import Guard, Tree

_STARTUP = frozenset({"sitecustomize", "usercustomize"})
_RUNNERS = frozenset({
    "_pytest", "pytest", "pluggy", "iniconfig", "unittest", "unittest2", "nose", "nose2", "doctest",
    "coverage", "hypothesis", "xdist", "tox", "nox", "behave", "robot", "mock", "trial", "twisted",
    "pytest_cov", "pytest_mock", "pytest_asyncio", "pytest_django", "pytest_timeout", "anyio", "py",
})  # fmt: skip
_LIBRARIES = frozenset({
    "requests", "responses", "freezegun", "factory", "faker", "six", "attr", "attrs", "packaging",
    "typing_extensions", "exceptiongroup", "tomli", "colorama", "pygments", "setuptools",
    "pkg_resources", "pip", "importlib_metadata", "zipp", "httpx", "numpy", "yaml", "django",
    "flask", "pydantic", "click", "sqlalchemy", "werkzeug", "jinja2", "aiohttp", "parameterized",
})  # fmt: skip
_NAMESPACES = frozenset({"pytest", "_pytest", "pluggy", "iniconfig", "unittest", "hypothesis"})
_CLASSPATH = re.compile(
    r"(?:.*/)?(?:src/main/(?:java|kotlin|groovy|scala|resources)|src)/"
    r"(?:org/(?:junit|testng|mockito|hamcrest|assertj|apache/maven|gradle|spockframework)"
    r"|junit|javax|java/(?:lang|util|io|net|nio|time|math|security)|kotlin/test|io/kotest)/.+"
    r"|(?:.*/)?phpunit/(?:framework|runner|textui)/.+\.php"
    r"|(?:.*/)?lib/(?:rspec|minitest|test-unit|bundler|rake)(?:/.+)?(?:\.rb|/.+\.rb)"
    r"|(?:.*/)?minitest/\w+_plugin\.rb",
    re.IGNORECASE,
)
_PROGRAMS = frozenset({
    "python", "python2", "python3", "pytest", "py.test", "pip", "pip3", "tox", "nox", "coverage",
    "uv", "poetry", "pipenv", "hatch", "pdm", "node", "npm", "npx", "yarn", "pnpm", "bun", "bunx",
    "deno", "jest", "vitest", "mocha", "tsc", "tsx", "ts-node", "sh", "bash", "dash", "zsh", "env",
    "go", "gotestsum", "cargo", "rustc", "mvn", "gradle", "java", "javac", "php", "phpunit",
    "composer", "ruby", "rspec", "bundle", "rake", "make", "git", "timeout", "xargs", "find", "cat",
})  # fmt: skip
_PROGRAM_FOLDERS = frozenset({"", "bin", "sbin", ".bin", "scripts", "script", "tools", "exe"})
_SCRIPT_RUNNERS = re.compile(r"(?:jest|vitest|mocha|karma|ava|jasmine|chai)\.[cm]?[jt]sx?")
_ROOT_NAMES = frozenset({"", "src", "lib", "python"})
_ROOT_SIGNS = ("pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "conftest.py",
               "manage.py", "requirements.txt")  # fmt: skip
_MODULE = re.compile(r"(?P<name>\w+)(?:\.[\w-]+)*\.(?:py|pyc|pyo|so|pyd)")


def no_shadowing() -> Guard:
    """A guard on new names that take the place of the interpreter's and the runner's own."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for change in candidate.changes:
            if change.status != "D":
                reason = _reason(change, before, after)
                if reason:
                    message = f"`{change.path}` {reason}: choose another name or place."
                    yield Finding("shadows", Level.BLOCK, message, change.path)

    return look


def _reason(change: FileChange, before: Tree, after: Tree) -> str:
    path, added = change.path, change.status == "A"
    if reason := _of_the_interpreter(path):
        return reason
    if _is_program(change):
        return "has the name of a program that runs the tests, and may be started in its place"
    return _in_place_of(path, before, after) if added else ""


def _of_the_interpreter(path: str) -> str:
    """Files that Python reads by itself, changed or new."""
    name = path.rpartition("/")[2]
    if name.endswith((".pth", "._pth")) or name.partition(".")[0] in _STARTUP:
        return "is run by Python before anything else, the test runner included"
    if "/sitecustomize/" in f"/{path}" or "/usercustomize/" in f"/{path}":
        return "is run by Python before anything else, the test runner included"
    if name.endswith((".pyc", ".pyo")) or "__pycache__" in path.split("/"):
        return "is compiled code that Python may run in place of the source"
    if any(part.endswith((".dist-info", ".egg-info", ".egg-link")) for part in path.split("/")):
        return "describes an installed package, by which a plugin can enter the test runner"
    return ""


def _is_program(change: FileChange) -> bool:
    """Whether it may be started by the name of a program that a test command calls."""
    folder, _, name = change.path.rpartition("/")
    stem = re.sub(r"\.(?:exe|cmd|bat|ps1)$", "", name.lower())
    if stem not in _PROGRAMS:
        return False
    runs = change.new_mode == "100755" or stem != name.lower()
    return runs or folder.rpartition("/")[2].lower() in _PROGRAM_FOLDERS


def _in_place_of(path: str, before: Tree, after: Tree) -> str:
    """What a new file is loaded in place of, by its place and name."""
    if _CLASSPATH.fullmatch(path) or _SCRIPT_RUNNERS.fullmatch(path):
        return "lies where the test runner's own code is looked for, and is loaded in its place"
    if path == "build.rs" or path.endswith("/build.rs"):
        return "is run by Cargo before the tests, with every right they have"
    folder, _, name = path.rpartition("/")
    wanted = _LIBRARIES | _declared(before)
    for root, module in _importable(folder, name):
        taken = _taken(module) or module in wanted
        if taken and _is_root(root, before, after) and not _existed(root, module, before):
            return f"takes the place of the module `{module}` for everything that runs from here"
    return ""


def _declared(before: Tree) -> frozenset[str]:
    """Modules that the project's own manifests say are installed, as far as names tell."""
    found: set[str] = set()
    for path in before.paths():
        if _REQUIREMENTS.fullmatch(path):
            text = (before.read(path) or b"").decode("utf-8", "replace")
            found.update(match[1] for match in _REQUIRED.finditer(text))
    return frozenset(re.sub(r"[-.]+", "_", name).lower() for name in found)


_REQUIREMENTS = re.compile(
    r"(?:requirements/)?[\w-]*(?:requirements|dev|test|base)[\w-]*\.(?:txt|in)"
)
_REQUIRED = re.compile(r"^([A-Za-z][\w.-]*)", re.MULTILINE)


def _importable(folder: str, name: str) -> Iterator[tuple[str, str]]:
    """(import root, top-level module) as which the file may be loaded."""
    found = _MODULE.fullmatch(name)
    if not found:
        return
    if found["name"] == "__init__":
        root, _, module = folder.rpartition("/")
        yield root, module
        return
    yield folder, found["name"]
    parts = folder.split("/")
    for depth, part in enumerate(parts):
        if part in _NAMESPACES:  # without an `__init__.py` as well, a package of many folders
            yield "/".join(parts[:depth]), part


def _taken(module: str) -> bool:
    return module in _STARTUP or module in _RUNNERS or module in sys.stdlib_module_names


def _is_root(folder: str, before: Tree, after: Tree) -> bool:
    """Whether modules are likely imported from this folder: no package, and signs of a root."""
    prefix = f"{folder}/" if folder else ""
    if f"{prefix}__init__.py" in after.paths():
        return False
    if folder.rpartition("/")[2] in _ROOT_NAMES:
        return True
    present = before.paths()
    return any(f"{prefix}{sign}" in present for sign in _ROOT_SIGNS)


def _existed(root: str, module: str, before: Tree) -> bool:
    prefix = f"{root}/{module}" if root else module
    return not before.paths().isdisjoint((f"{prefix}.py", f"{prefix}/__init__.py"))
