"""Which files of the workspace a file can reach through its imports."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from gatekeeper.intake import script_code
from gatekeeper.intake.code.ranking import ALIKE_FROM, named_alike, stem_words
from gatekeeper.intake.places import is_test, is_vendored
from gatekeeper.intake.python_code import PythonCode

_GO_IMPORT = re.compile(r'^\s*(?:import\s+)?(?:[\w.]+\s+)?"([^"\s]+)"', re.MULTILINE)
_NAMESPACED = re.compile(r"^\s*(?:use|using|import(?: static)?)\s+([\w.\\]+)", re.MULTILINE)
_JVM = (".java", ".kt", ".groovy", ".scala")


class Modules:
    """Python modules of the workspace by their dotted name."""

    def __init__(self, known: Iterable[str]) -> None:
        self._paths: dict[str, list[str]] = {}
        for path in known:
            if path.endswith(".py") and not is_vendored(path):
                self._paths.setdefault(_stem(path).rpartition("/")[2], []).append(path)

    def path(self, module: str, level: int, importer: str) -> str | None:
        """The file of a module as `importer` sees it, the nearest where several fit."""
        wanted = module.replace(".", "/")
        if level:
            folder = importer.rsplit("/", level)[0] if importer.count("/") >= level else ""
            wanted = f"{folder}/{wanted}".strip("/")
            fits = [p for p in self._named(wanted) if _stem(p) == wanted]
        else:
            fits = [p for p in self._named(wanted) if f"/{_stem(p)}".endswith(f"/{wanted}")]
        return min(fits, key=lambda p: (-_common(p, importer), len(p), p), default=None)

    def imported(self, path: str, code: PythonCode) -> Iterator[str]:
        """The files that a file imports."""
        for found in dict.fromkeys(code.imports.values()):
            below = f"{found.module}.{found.name}" if found.module else found.name
            for dotted in (below if found.name else "", found.module):
                target = self.path(dotted, found.level, path) if dotted or found.level else None
                if target:
                    yield target

    def _named(self, wanted: str) -> list[str]:
        return self._paths.get(wanted.rpartition("/")[2], []) if wanted else []


class Neighbours:
    """Files of other languages that a file can see: by import, by package, by folder."""

    def __init__(self, known: Collection[str], read: Callable[[str], str]) -> None:
        self._known, self._read = known, read
        self._folders: dict[str, list[str]] = {}
        for path in sorted(known):
            if not is_vendored(path):
                self._folders.setdefault(posixpath.dirname(path), []).append(path)

    def imported(self, path: str, text: str) -> Iterator[str]:
        """The files that a file imports or sees without an import; no test's file."""
        yield from script_code.imported(path, text, self._known, self._read)
        if path.endswith(".go"):
            yield from self._folder(posixpath.dirname(path), (".go",))
            for written in _GO_IMPORT.findall(text):
                yield from self._package(written)
        elif path.endswith(_JVM):
            yield from self._folder(self._product(posixpath.dirname(path)), _JVM)
        elif path.endswith((".rs", ".php", ".cs", ".rb", ".c", ".cc", ".cpp")):
            for written in _NAMESPACED.findall(text):
                yield from self._class(re.split(r"[.\\]", written)[-1], path)

    def _folder(self, folder: str, endings: tuple[str, ...]) -> Iterator[str]:
        for path in self._folders.get(folder, ()):
            if path.endswith(endings) and not is_test(path):
                yield path

    def _package(self, written: str) -> Iterator[str]:
        """Go: the folder that the import's path ends with; the module's name stands before."""
        parts = written.split("/")
        for start in range(1, len(parts)):
            folder = "/".join(parts[start:])
            if folder in self._folders:
                yield from self._folder(folder, (".go",))
                return

    def _product(self, folder: str) -> str:
        return re.sub(r"(^|/)src/test/", r"\1src/main/", folder)

    def _class(self, name: str, path: str) -> Iterator[str]:
        ending = "." + path.rpartition(".")[2]
        for files in self._folders.values():
            yield from (p for p in files if p.endswith(f"/{name}{ending}") and not is_test(p))


def alike(path: str, known: Iterable[str], most: int = 20) -> list[str]:
    """Product files that are named as a test is, nearest first: where no import leads anywhere."""
    ending = f".{path.rpartition('.')[2]}"
    begins = tuple(word[:ALIKE_FROM] for word in stem_words(path))
    written = (other for other in known if other.endswith(ending))
    possible = (other for other in written if any(map(other.lower().__contains__, begins)))
    fits = [
        (-named_alike(path, other), -_common(other, path), len(other), other)
        for other in possible
        if not is_test(other) and not is_vendored(other)
    ]
    return [other for score, *_, other in sorted(fits) if score][:most]


def _stem(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__")


def _common(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
