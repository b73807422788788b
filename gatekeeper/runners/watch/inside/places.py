"""Whose code a frame runs: the project's, its tests', or somebody else's.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any, Callable, Dict

PRODUCT, TEST, OTHER = "product", "test", "other"
_FOLDERS = frozenset(
    {
        "test",
        "tests",
        "_test",
        "_tests",
        "spec",
        "specs",
        "unittest",
        "unittests",
        "unit_tests",
        "integration_tests",
        "functional_tests",
        "testdata",
        "test_data",
        "e2e",
    }
)
_NAME = re.compile(r"test_.*\.py|.*_tests?\.py|tests?\.py|conftest\.py", re.IGNORECASE)
_INSTALLED = frozenset(
    {
        "site-packages",
        "dist-packages",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        ".eggs",
        "node_modules",
        "lib64",
    }
)


class Places:
    """Sorts file names; remembers what it found."""

    def __init__(self, root: str) -> None:
        self._root = os.path.join(os.path.realpath(root), "")
        self._plain = os.path.join(root, "")
        self._known: Dict[str, str] = {}
        self._modules = sys.modules

    def relative(self, path: str) -> str:
        """The path in the workspace; a file outside of it stays absolute."""
        for root in (self._plain, self._root):
            if path.startswith(root):
                return path[len(root) :]
        return path

    def kind(self, path: str) -> str:
        """Of a source file."""
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._sorted(path)
        return found

    def _sorted(self, path: str) -> str:
        if not path.startswith((self._plain, self._root)):
            return OTHER
        *folders, name = self.relative(path).split("/")
        if _INSTALLED.intersection(folders):
            return OTHER
        if _FOLDERS.intersection(map(str.lower, folders)) or _NAME.fullmatch(name):
            return TEST
        return PRODUCT

    def module(self, frame: Any) -> str:
        """Name of the module that really holds a frame's globals, else ""."""
        names = frame.f_globals
        name = names.get("__name__")
        module = self._modules.get(name) if type(name) is str else None
        return name if module is not None and getattr(module, "__dict__", None) is names else ""

    def owner(self, frame: Any) -> str:
        """Kind of the code of a frame; text that was compiled at run time is its module's."""
        path = frame.f_code.co_filename
        kind = self.kind(path)
        if kind == OTHER and path.startswith("<"):
            origin = frame.f_globals.get("__file__")
            kind = self.kind(origin) if type(origin) is str else OTHER
        return kind

    def within(self, frame: Any) -> bool:
        """Whether code of the project or its tests is on the stack."""
        while frame is not None:
            if self.owner(frame) != OTHER:
                return True
            frame = frame.f_back
        return False

    def actor(self, frame: Any, through: Callable[[str, Any], bool]) -> Any:
        """The frame of the product on whose behalf something is done, or None.

        Frames of modules that `through` names are looked through, and so is code that belongs to
        no module: neither can hide who asked for it.
        """
        while frame is not None:
            owner = self.owner(frame)
            if owner == PRODUCT:
                return frame
            if owner == TEST:
                return None
            module = self.module(frame)
            if module and not through(module, frame):
                return None
            frame = frame.f_back
        return None
