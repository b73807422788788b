"""A Python file with the positions of its syntax tree, and the names that each place knows."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from gatekeeper.repair.donors import Donors, Function


@dataclass(frozen=True, slots=True)
class Variant:
    """One edit: the bytes `start` to `end` of `path` become `text`.

    `words` say it to a person. `prior` is how likely such an edit is a repair, in 0..1. `live`:
    it lies within the body of a function, so its code can be exchanged in a running process;
    `first` is the line with which that function begins, its decorators included.
    """

    path: str
    start: int
    end: int
    text: str
    line: int
    words: str
    prior: float
    function: str = ""
    first: int = 0
    live: bool = True
    score: float = 0.0

    @property
    def size(self) -> int:
        """Characters taken away and put in; the smaller edit is the likelier one."""
        return self.end - self.start + len(self.text)


@dataclass(frozen=True)
class Place:
    """Where a node stands: its function and class, None at the level of the module."""

    node: ast.AST
    parents: tuple[ast.AST, ...]
    function: Function | None
    owner: ast.ClassDef | None
    in_body: bool  # of a function: not in its defaults, decorators or annotations

    @property
    def parent(self) -> ast.AST | None:
        """The node above."""
        return self.parents[-1] if self.parents else None


@dataclass
class Source:
    """One file: `content` as it is, parsed. Raises SyntaxError or ValueError where it cannot be."""

    path: str
    content: bytes
    tree: ast.Module = field(init=False)
    _lines: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.content.decode("utf-8")
        self.tree = ast.parse(self.content)
        self._lines = [0]
        for line in self.content.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def start(self, node: ast.AST) -> int:
        """Offset of the first byte of a node."""
        return self._lines[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined,no-any-return]

    def end(self, node: ast.AST) -> int:
        """Offset behind the last byte of a node."""
        return self._lines[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined,no-any-return]

    def line_start(self, line: int) -> int:
        """Offset of the first byte of a line, which is counted from 1."""
        return self._lines[min(line, len(self._lines)) - 1]

    def text(self, node: ast.AST) -> str:
        """The node as it is written."""
        return self.content[self.start(node) : self.end(node)].decode("utf-8")

    def line(self, number: int) -> str:
        """A line as it is written, without its end; counted from 1."""
        rows = self._rows
        return rows[number - 1] if 0 < number <= len(rows) else ""

    @cached_property
    def _rows(self) -> list[str]:
        return [row.decode("utf-8", "replace") for row in self.content.splitlines()]

    def indentation(self, number: int) -> str:
        """The blanks before a line."""
        row = self.line(number)
        return row[: len(row) - len(row.lstrip())]

    def lines_replaced(
        self, start: int, end: int, text: str, line: int, words: str, prior: float
    ) -> Variant:
        """The lines from `start` up to `end` (counted from 0) replaced by whole lines."""
        return self._spanned(self._lines[start], self._lines[end], text, line, words, prior)

    def part_of_line(
        self, line: int, start: int, end: int, text: str, words: str, prior: float
    ) -> Variant:
        """The characters `start` to `end` of a line replaced."""
        row, at = self.line(line), self.line_start(line)
        first, last = len(row[:start].encode()), len(row[:end].encode())
        return self._spanned(at + first, at + last, text, line, words, prior)

    def _spanned(
        self, start: int, end: int, text: str, line: int, words: str, prior: float
    ) -> Variant:
        inside = [f for f in self.all_functions if f[0] <= start and end <= f[1]]
        node = inside[-1][2] if inside else None
        first = min(n.lineno for n in (node, *node.decorator_list)) if node else 0
        name = node.name if node else ""
        return Variant(
            self.path, start, end, text, line, words, prior, name, first, node is not None
        )

    @cached_property
    def all_functions(self) -> list[tuple[int, int, Function]]:
        """Offsets of each function's body, and the function; an inner one after its outer one."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                first = self._lines[node.body[0].lineno - 1]
                found.append((first, self.end(node) + 1, node))
        return sorted(found, key=lambda one: (one[0], -one[1]))

    def between(self, start: int, end: int) -> str:
        """The text between two offsets."""
        return self.content[start:end].decode("utf-8", "replace")

    def places(self) -> Iterator[Place]:
        """Every node that has a position, from the top."""
        yield from self._walk(self.tree, (), None, None, in_body=False)

    def _walk(
        self,
        node: ast.AST,
        parents: tuple[ast.AST, ...],
        function: Function | None,
        owner: ast.ClassDef | None,
        *,
        in_body: bool,
    ) -> Iterator[Place]:
        if hasattr(node, "lineno"):
            yield Place(node, parents, function, owner, in_body)
        above = (*parents, node)
        for name, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST):
                    continue
                if isinstance(node, Function) and name == "body":
                    yield from self._walk(child, above, node, owner, in_body=True)
                elif isinstance(node, ast.ClassDef) and name == "body":
                    yield from self._walk(child, above, function, node, in_body=in_body)
                else:
                    yield from self._walk(child, above, function, owner, in_body=in_body)

    @cached_property
    def donors(self) -> Donors:
        """What the file has that may be right elsewhere in it."""
        return Donors(self.tree, self.text)

    @cached_property
    def names(self) -> Counter[str]:
        """How often each name is used in the file."""
        return Counter(n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name))

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Functions and methods by name; of several the last."""
        return {n.name: n for n in ast.walk(self.tree) if isinstance(n, Function)}

    @cached_property
    def module_names(self) -> frozenset[str]:
        """What is defined or imported at the level of the module."""
        found: set[str] = set()
        for node in self.tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                found |= {(a.asname or a.name).partition(".")[0] for a in node.names}
            else:
                found |= _stored(node)
        return frozenset(found)

    def local_names(self, function: Function | None) -> tuple[str, ...]:
        """Parameters and assigned names of a function, in order."""
        if function is None:
            return ()
        names = dict.fromkeys(parameters(function))
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.setdefault(node.id)
        return tuple(names)

    def attributes(self, owner: ast.ClassDef | None) -> dict[str, bool]:
        """Names after `self.` in a class; whether each is called."""
        if owner is None:
            return {}
        found: dict[str, bool] = {}
        for node in ast.walk(owner):
            if isinstance(node, ast.Call) and _own(node.func):
                found[node.func.attr] = True  # type: ignore[attr-defined]
        for node in ast.walk(owner):
            if _own(node):
                found.setdefault(node.attr, False)  # type: ignore[attr-defined]
            elif isinstance(node, Function) and node in owner.body:
                found.setdefault(node.name, True)
        return found


def parameters(function: Function) -> list[str]:
    """All parameters of a function by name."""
    args = function.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return [a.arg for a in (*every, *filter(None, (args.vararg, args.kwarg)))]


def _own(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
    )


def _stored(node: ast.AST) -> set[str]:
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
