"""Files of a workspace read at most once: text, syntax, outline, and what they import."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from gatekeeper.intake import python_code
from gatekeeper.intake.code import grammar, python, text
from gatekeeper.intake.code.imports import Modules, Neighbours
from gatekeeper.intake.code.outline import Definition
from gatekeeper.intake.places import is_vendored
from gatekeeper.intake.stacktrace import Locator
from gatekeeper.ports import Tree

_MAX_FILE = 1_000_000  # bytes; a larger file is no source that a person wrote
_MAX_POOL = 90  # files that are looked at
_MAX_POOL_BYTES = 3_000_000
_MAX_DEPTH = 4  # files from a test by imports


class Sources:
    """One workspace."""

    def __init__(self, tree: Tree, roots: Sequence[str] = ()) -> None:
        self._tree = tree
        self.known = tree.paths()
        self.locator = Locator(self.known, roots)
        self._modules = functools.cache(lambda: Modules(self.known))
        self._neighbours = functools.cache(lambda: Neighbours(self.known, self.text))
        self.text = functools.cache(self._text)
        self.code = functools.cache(self._code)
        self.outline = functools.cache(self._outline)

    def _text(self, path: str) -> str:
        data = self._tree.read(path) or b""
        return "" if len(data) > _MAX_FILE or b"\0" in data else data.decode("utf-8", "replace")

    def _code(self, path: str) -> python_code.PythonCode | None:
        return python_code.parse(self.text(path).encode()) if path.endswith(".py") else None

    def _outline(self, path: str) -> tuple[Definition, ...]:
        code = self.code(path)
        if code:
            return python.outline(code)
        written = self.text(path)
        return grammar.outline(path, written) or text.outline(written)

    def imported(self, path: str) -> list[str]:
        """The files that a file imports, once each, in order."""
        code = self.code(path)
        if code:
            found = self._modules().imported(path, code)
        else:
            found = self._neighbours().imported(path, self.text(path))
        return [one for one in dict.fromkeys(found) if one != path and not is_vendored(one)]

    def fixtures(self, tests: Iterable[str]) -> list[str]:
        """What pytest loads for tests without an import: `conftest.py` of each folder above."""
        found: dict[str, None] = {}
        for test in tests:
            folders = test.split("/")[:-1]
            for depth in range(len(folders), -1, -1) if test.endswith(".py") else ():
                found["/".join((*folders[:depth], "conftest.py"))] = None
        return [path for path in found if path in self.known]

    def reachable(self, starts: Iterable[str]) -> dict[str, int]:
        """Files that lead from the starts by imports, and how many files away they are."""
        depths = dict.fromkeys(starts, 0)
        wave, size = list(depths), 0
        for depth in range(1, _MAX_DEPTH + 1):
            following = []
            for path in wave:
                for target in self.imported(path):
                    if target in depths or len(depths) >= _MAX_POOL or size > _MAX_POOL_BYTES:
                        continue
                    depths[target] = depth
                    size += len(self.text(target))
                    following.append(target)
            wave = following
        return depths
