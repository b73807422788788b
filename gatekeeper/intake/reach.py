"""The code that a failure touches: the failing tests, the frames, then what the tests import.

Every step reads only the files that it needs. The order is that of the value for somebody
who looks for the cause.
"""

from __future__ import annotations

import functools
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from gatekeeper.domain import CaseId, CaseResult, Frame
from gatekeeper.intake import python_code, script_code
from gatekeeper.intake.places import is_test, is_vendored
from gatekeeper.intake.stacktrace import Locator
from gatekeeper.ports import Tree

MAX_CASES = 10  # failing cases whose code is looked for; the others are only named
_MAX_PLACES = 80
_MAX_DEPTH = 3
_MAX_FILE = 1_000_000  # bytes; a larger file is no source that a person wrote
_LONG = 150  # lines; of a longer class or file only what is used is taken
_ALIKE = 0.5  # nearer by this for each of file and symbol that is named as the test is
_WITHIN = 0.25  # how far a definition is from one in the same file; another file is 1 away


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file, 1-based and inclusive; `start` None is the whole file."""

    path: str
    start: int | None
    end: int | None
    why: str
    symbol: str = ""
    depth: int = 0  # 0: test or frame; 1..3: so many files away; 4: a long file as a whole
    distance: float = 0.0  # the same with shades: nearer within a file, or where names are alike


def reach(
    failing: Sequence[CaseResult], frames: Sequence[Frame], tree: Tree, roots: Sequence[str] = ()
) -> tuple[Place, ...]:
    """Places in the order of their value; a place is listed once."""
    walk = _Walk(tree, roots)
    places = [
        *(place for case in failing[:MAX_CASES] for place in walk.case(case)),
        *walk.frames([frame for frame in frames if not is_test(frame.path)], "in the stack trace"),
        *walk.frames([frame for frame in frames if is_test(frame.path)], "test code in the trace"),
    ]
    further = sorted(walk.around(places), key=lambda place: (place.distance, is_test(place.path)))
    return tuple(dict.fromkeys((*places, *further)))[:_MAX_PLACES]


def own_source(
    cases: Sequence[CaseResult], tree: Tree, roots: Sequence[str] = ()
) -> dict[CaseId, Place]:
    """The lines of each case's own test function; a case where they cannot be told is left out."""
    walk = _Walk(tree, roots)
    found: dict[CaseId, Place] = {}
    for case in cases:
        for place in walk.case(case):
            if place.start is not None:
                found[case.id] = replace(place, why="")
    return found


class _Walk:
    """Reads each file at most once."""

    def __init__(self, tree: Tree, roots: Sequence[str]) -> None:
        self._tree = tree
        self._known = tree.paths()
        self._locator = Locator(self._known, roots)
        self._modules = _Modules(self._known)
        self.text = functools.cache(self._text)
        self.code = functools.cache(self._code)

    def _text(self, path: str) -> str:
        data = self._tree.read(path) or b""
        return "" if len(data) > _MAX_FILE or b"\0" in data else data.decode("utf-8", "replace")

    def _code(self, path: str) -> python_code.PythonCode | None:
        return python_code.parse(self.text(path).encode()) if path.endswith(".py") else None

    # --- where it starts ---

    def case(self, case: CaseResult) -> Iterator[Place]:
        """The source of one failing case."""
        path, inner = self._test_file(case)
        if path is None:
            return
        name = re.split(r"[\[( ]", case.id.name, maxsplit=1)[0]
        code = self.code(path)
        for symbol in (f"{inner}.{name}" if inner else name, name):
            span = code.span(symbol) if code else None
            if span:
                yield Place(path, *span, f"the failing test {case.id}", symbol)
                return
        if case.line:
            start, end = script_code.block(self.text(path).split("\n"), case.line)
            yield Place(path, start, end, f"the failing test {case.id}", name)
            return
        yield Place(path, None, None, f"the file of the failing test {case.id}")

    def _test_file(self, case: CaseResult) -> tuple[str | None, str]:
        """File of a case, and the classes inside it as the class name writes them."""
        dotted = case.id.classname.split(".")
        for length in range(len(dotted), 0, -1):
            stem, inner = "/".join(dotted[:length]), ".".join(dotted[length:])
            for ending in (".py", ".java", ".kt"):
                path, ours = self._locator.locate(stem + ending)
                if ours:
                    return path, inner
        if case.file:
            path, ours = self._locator.locate(case.file)
            if ours:
                return path, ""
        return None, ""

    def frames(self, frames: Iterable[Frame], why: str) -> Iterator[Place]:
        """The definitions around frames of the workspace."""
        for frame in frames:
            if not frame.ours or frame.line is None:
                continue
            code = self.code(frame.path)
            around = code.enclosing(frame.line) if code else None
            if around:
                yield Place(frame.path, around[1], around[2], why, around[0])
            elif code is None and self.text(frame.path):
                lines = self.text(frame.path).split("\n")
                start, end = script_code.block(lines, frame.line)
                yield Place(frame.path, start, end, why, frame.function)

    # --- what it refers to ---

    def around(self, starts: Sequence[Place]) -> Iterator[Place]:
        """Through references and imports, to a distance of three files."""
        words = frozenset(
            word
            for place in starts
            if is_test(place.path)
            for word in _words(place.path, place.symbol)
        )
        queue = deque((place.path, place.symbol, 0.0) for place in starts)
        seen = {(path, symbol) for path, symbol, _ in queue}
        while queue and len(seen) < 4 * _MAX_PLACES:
            path, symbol, distance = queue.popleft()
            for target, name in self._next(path, symbol):
                further = distance + (_WITHIN if target == path else 1)
                if (target, name) in seen or is_vendored(target) or further > _MAX_DEPTH + 0.5:
                    continue
                seen.add((target, name))
                for place in self._place(target, name, int(further), (path, symbol)):
                    shade = _ALIKE * len(_alike(place, words))
                    yield replace(place, distance=max(further, place.depth) - shade)
                queue.append((target, name, further))

    def _next(self, path: str, symbol: str) -> Iterator[tuple[str, str]]:
        code = self.code(path)
        if code is None:
            for target in script_code.imported(path, self.text(path), self._known):
                yield target, ""
            return
        owner = symbol.rpartition(".")[0]
        for name, attribute in dict.fromkeys(code.references(symbol)):
            if name == "self" and attribute and owner and code.span(f"{owner}.{attribute}"):
                yield path, f"{owner}.{attribute}"
            elif name in code.imports:
                yield from self._imported(path, code.imports[name], attribute)
            elif name != symbol and code.span(name):
                yield path, name
            elif is_test(path):
                yield from self._fixture(path, name)

    def _imported(
        self, path: str, found: python_code.Import, attribute: str, hops: int = 5
    ) -> Iterator[tuple[str, str]]:
        """Where an imported name is defined, re-exports followed."""
        module, name = found.module, found.name
        below = f"{module}.{name}" if module else name
        submodule = self._modules.path(below, found.level, path) if name else None
        if submodule:
            module, name = below, ""
        target = submodule or self._modules.path(module, found.level, path)
        if target is None:
            return
        name = name or attribute
        code = self.code(target)
        if code and name and not code.span(name) and name in code.imports and hops:
            yield from self._imported(target, code.imports[name], attribute, hops - 1)
        else:
            yield target, name if code and name and code.span(name) else ""

    def _fixture(self, path: str, name: str) -> Iterator[tuple[str, str]]:
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            conftest = f"{folder}/conftest.py" if folder else "conftest.py"
            code = self.code(conftest) if conftest in self._known else None
            if code and code.span(name):
                yield conftest, name
                return

    def _place(self, path: str, name: str, depth: int, user: tuple[str, str]) -> Iterator[Place]:
        why = f"{'used' if name else 'imported'} by {user[0]}"
        code = self.code(path)
        span = code.span(name) if code and name else None
        if code and span:
            for symbol, (start, end) in self._pieces(code, name, span, user):
                yield Place(path, start, end, why, symbol, depth)
            return
        lines = self.text(path).split("\n")
        if len(lines) <= _LONG:
            yield Place(path, None, None, why, "", depth)
        elif code is None:
            names = set(re.findall(r"[A-Za-z_$][\w$]*", self.text(user[0])))
            for line in script_code.defining(lines, names):
                yield Place(path, *script_code.block(lines, line), why, "", depth)
        else:
            yield Place(path, None, None, why, "", _MAX_DEPTH + 1)

    def _pieces(
        self,
        code: python_code.PythonCode,
        name: str,
        span: tuple[int, int],
        user: tuple[str, str],
    ) -> Iterator[tuple[str, tuple[int, int]]]:
        """The definition, or of a long class the methods that its user names."""
        user_code = self.code(user[0])
        methods = []
        if span[1] - span[0] > _LONG and user_code:
            used = {attribute for _, attribute in user_code.references(user[1]) if attribute}
            symbols = [f"{name}.{method}" for method in ("__init__", *sorted(used))]
            methods = [(one, inner) for one in symbols if (inner := code.span(one))]
        yield from methods or [(name, span)]


def _words(path: str, symbol: str) -> frozenset[str]:
    """The words of a file's name and of a symbol, in lower case, `test` aside."""
    name = path.rpartition("/")[2].partition(".")[0]
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", f"{name} {symbol}").lower()
    return frozenset(re.findall(r"[a-z]{4,}", spaced)) - {"test", "tests", "spec", "init"}


def _alike(place: Place, words: frozenset[str]) -> set[str]:
    """Whether file and symbol share a word with the failing tests: `test_price.py`, `price.py`."""
    parts = {"path": _words(place.path, ""), "name": _words("", place.symbol)}
    return {part for part, own in parts.items() if own & words}


class _Modules:
    """Python modules of the workspace by their dotted name."""

    def __init__(self, known: Iterable[str]) -> None:
        self._paths: dict[str, list[str]] = {}
        for path in known:
            if path.endswith(".py") and not is_vendored(path):
                stem = path.removesuffix(".py").removesuffix("/__init__")
                self._paths.setdefault(stem.rpartition("/")[2], []).append(path)

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

    def _named(self, wanted: str) -> list[str]:
        return self._paths.get(wanted.rpartition("/")[2], []) if wanted else []


def _stem(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__")


def _common(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count
