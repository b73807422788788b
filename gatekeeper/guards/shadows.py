"""Guard `shadows`: new files that Python would load instead of the runner or the library.

A new `pytest.py`, `sitecustomize.py` or `json.py` at a place from which modules are imported
runs in the test process before any test does. A module of the same name inside a package
(`shop/json.py`) shadows nothing and is no finding; nor is one that was there before.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator

from gatekeeper.domain import Candidate, Finding, Level
from gatekeeper.ports import Guard, Tree

_STARTUP = frozenset({"sitecustomize", "usercustomize"})
_RUNNERS = frozenset({
    "_pytest", "pytest", "pluggy", "iniconfig", "unittest", "unittest2", "nose", "nose2", "doctest",
    "coverage", "hypothesis", "xdist", "tox", "nox", "behave", "robot", "mock", "trial", "twisted",
    "pytest_cov", "pytest_mock", "pytest_asyncio", "pytest_django", "pytest_timeout", "anyio", "py",
})  # fmt: skip
_ROOT_NAMES = frozenset({"", "src", "lib", "python"})
_ROOT_SIGNS = ("pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "conftest.py",
               "manage.py", "requirements.txt")  # fmt: skip
_MODULE = re.compile(r"(?P<name>\w+)(?:\.[\w-]+)*\.(?:py|pyc|pyo|so|pyd)")


def no_shadowing() -> Guard:
    """A guard on new names that take the place of the interpreter's and the runner's own."""

    def look(candidate: Candidate, before: Tree, after: Tree) -> Iterable[Finding]:
        for change in candidate.changes:
            if change.status != "D":
                reason = _reason(change.path, change.status == "A", before, after)
                if reason:
                    message = f"`{change.path}` {reason}: choose another name or place."
                    yield Finding("shadows", Level.BLOCK, message, change.path)

    return look


def _reason(path: str, added: bool, before: Tree, after: Tree) -> str:
    folder, _, name = path.rpartition("/")
    if name.endswith(".pth") or name.partition(".")[0] in _STARTUP:
        return "is run by Python before anything else, the test runner included"
    if name.endswith((".pyc", ".pyo")) or "__pycache__" in path.split("/"):
        return "is compiled code that Python may run in place of the source"
    if any(part.endswith((".dist-info", ".egg-info")) for part in path.split("/")):
        return "describes an installed package, by which a plugin can enter the test runner"
    if not added:
        return ""
    for root, module in _importable(folder, name):
        if _taken(module) and _is_root(root, before, after) and not _existed(root, module, before):
            return f"takes the place of the module `{module}` for everything that runs from here"
    return ""


def _importable(folder: str, name: str) -> Iterator[tuple[str, str]]:
    """(import root, top-level module) as which the file may be loaded."""
    found = _MODULE.fullmatch(name)
    if not found:
        return
    if found["name"] == "__init__":
        root, _, module = folder.rpartition("/")
        yield root, module
    else:
        yield folder, found["name"]


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
